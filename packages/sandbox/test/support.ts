/** Plain HTTP against a sandbox, as a client in any language would do it. */
import * as Effect from "effect/Effect"
import * as Sandbox from "../src/Sandbox.ts"

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // Tests read bodies whose shape is what they assert.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const request = (
  method: string,
  url: string,
  options: { readonly headers?: Record<string, string>; readonly body?: unknown } = {}
): Effect.Effect<Answer, Error> =>
  Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(url, {
        method,
        headers: { "content-type": "application/json", ...options.headers },
        signal,
        ...(options.body === undefined
          ? {}
          : { body: typeof options.body === "string" ? options.body : JSON.stringify(options.body) })
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, body: parse(text) }
    },
    catch: (cause) => cause instanceof Error ? cause : new Error(String(cause))
  })

export const linqLine = "+12025550101"
export const sendblueLine = "+12025550201"
export const ada = "+14155550001"
export const bob = "+14155550002"
export const cyd = "+14155550003"
export const dee = "+14155550004"

export const start = (options: Sandbox.SandboxOptions = {}) =>
  Effect.map(Sandbox.make({ clock: "manual", ...options }), (sandbox) => {
    const linq = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      request(method, `${sandbox.linq}/v3${path}`, {
        headers: { authorization: `Bearer ${sandbox.credentials.linqToken}`, ...headers },
        ...(body === undefined ? {} : { body })
      })
    const sendblue = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      request(method, `${sandbox.sendblue}/api${path}`, {
        headers: {
          "sb-api-key-id": sandbox.credentials.sendblueKeyId,
          "sb-api-secret-key": sandbox.credentials.sendblueSecretKey,
          ...headers
        },
        ...(body === undefined ? {} : { body })
      })
    const control = (method: string, path: string, body?: unknown) =>
      request(method, `${sandbox.control}${path}`, body === undefined ? {} : { body })
    const text = (value: string) => ({ parts: [{ type: "text", value }] })
    return {
      ...sandbox,
      linq,
      sendblue,
      control,
      urls: { linq: sandbox.linq, sendblue: sandbox.sendblue, control: sandbox.control },
      createChat: (to: ReadonlyArray<string>, value = "Hello", from = linqLine) =>
        linq("POST", "/chats", { from, to, message: text(value) }),
      sendText: (number: string, content = "Hello", from_number = sendblueLine) =>
        sendblue("POST", "/send-message", { number, from_number, content }),
      phone: sandbox.network.phone
    }
  })
