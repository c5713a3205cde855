/** After an import, a program that calls a front finds its old messages and groups by the ids that it has. */
import { assert, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Serve from "@interline/cli/Serve"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { file } from "../sql/databases.ts"
import { quiet } from "../support/router.ts"
import { numbers } from "../support/sandbox.ts"
import * as Account from "./account.ts"

const apiKey = "a-key-for-the-tests"

const { ada, cleo } = Account

/** A gateway over an account that was imported. New conversations go to the other vendor. */
const openGateway = (vendor: Account.Vendor) =>
  Effect.gen(function*() {
    const account = yield* Account.openAccount(vendor)
    const url = yield* file
    yield* Effect.scoped(Account.importInto(url, account.sandbox, vendor, { apply: true }))
    const port = yield* RecordingServer.freePort
    const database = Option.some(url.slice("file:".length))
    yield* Serve.start({ port: Option.some(port), host: Option.none(), database, embedded: false }).pipe(
      quiet,
      Effect.withConfigProvider(ConfigProvider.fromMap(
        new Map(Object.entries({
          ...Account.variables(account.sandbox),
          INTERLINE_PREFER: vendor === "linq" ? "sendblue, linq" : "linq, sendblue",
          INTERLINE_API_KEYS: `tests=${apiKey}`,
          INTERLINE_DRAIN: "1 seconds",
          INTERLINE_CATCH_UP: "off"
        }))
      ))
    )
    const call = (method: string, path: string, body?: unknown) =>
      Effect.promise(async () => {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
          method,
          headers: {
            "content-type": "application/json",
            authorization: `Bearer ${apiKey}`,
            "sb-api-key-id": "tests",
            "sb-api-secret-key": apiKey
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) })
        })
        const text = await answer.text()
        return { status: answer.status, body: (text.startsWith("{") ? JSON.parse(text) : {}) as Readonly<Record<string, unknown>> }
      })
    const phone = (handle: string) => Effect.map(account.sandbox.network.phone(handle), ({ messages }) => messages)
    return { ...account, call, phone }
  })

it.scopedLive("Sendblue's wire: status, reply and reaction by an old handle, and the old group", () =>
  Effect.gen(function*() {
    const { call, group, inbound, outbound, phone } = yield* openGateway("sendblue")
    for (const handle of [outbound, inbound, inbound.toUpperCase()]) {
      const { body, status } = yield* call("GET", `/sendblue/api/status?handle=${handle}`)
      deepStrictEqual([status, body["message_handle"], body["number"]], [200, handle, ada])
    }
    const reacted = yield* call("POST", "/sendblue/api/send-reaction", {
      from_number: numbers.sendblue,
      message_handle: inbound,
      reaction: "love"
    })
    strictEqual(reacted.status, 200)
    const replied = yield* call("POST", "/sendblue/api/send-message", {
      number: ada,
      from_number: numbers.sendblue,
      content: "You are welcome",
      reply_to: { message_handle: inbound }
    })
    strictEqual(replied.status, 200)
    const answer = (yield* phone(ada)).find(({ text }) => text === "You are welcome")
    // the person knows this number, although new conversations go to the other vendor
    deepStrictEqual([answer?.line, answer?.replyTo?.id], [numbers.sendblue, inbound])
    const told = yield* call("POST", "/sendblue/api/send-group-message", {
      group_id: group,
      from_number: numbers.sendblue,
      content: "Hello again"
    })
    deepStrictEqual([told.status, told.body["group_id"]], [200, group])
    strictEqual((yield* phone(cleo)).filter(({ group: id, text }) => text === "Hello again" && id === group).length, 1)
    const refused = yield* call("POST", "/sendblue/api/send-message", {
      number: Account.bob,
      from_number: numbers.sendblue,
      content: "Are you there?"
    })
    assert((yield* phone(Account.bob)).every(({ text }) => text !== "Are you there?"), String(refused.status))
  }))

it.scopedLive("Linq's wire: a message, a reply, a reaction and a chat by their old ids", () =>
  Effect.gen(function*() {
    const { call, group, inbound, outbound, phone } = yield* openGateway("linq")
    for (const id of [outbound, inbound]) {
      const { body, status } = yield* call("GET", `/linq/v3/messages/${id}`)
      deepStrictEqual([status, body["id"]], [200, id])
    }
    strictEqual((yield* call("POST", `/linq/v3/messages/${inbound}/reactions`, { operation: "add", type: "love" })).status < 300, true)
    const chat = yield* call("GET", `/linq/v3/chats/${group}`)
    deepStrictEqual([chat.status, chat.body["id"], chat.body["is_group"]], [200, group, true])
    const sent = yield* call("POST", `/linq/v3/chats/${group}/messages`, { message: { parts: [{ type: "text", value: "Hello again" }] } })
    strictEqual(sent.status < 300, true)
    strictEqual((yield* phone(cleo)).filter(({ group: id, text }) => text === "Hello again" && id === group).length, 1)
    const { body } = yield* call("GET", `/linq/v3/messages/${outbound}`)
    const direct = String(body["chat_id"])
    const replied = yield* call("POST", `/linq/v3/chats/${direct}/messages`, {
      message: { parts: [{ type: "text", value: "You are welcome" }], reply_to: { message_id: inbound } }
    })
    strictEqual(replied.status < 300, true)
    const answer = (yield* phone(ada)).find(({ text }) => text === "You are welcome")
    deepStrictEqual([answer?.line, answer?.replyTo?.id], [numbers.linq, inbound])
  }))
