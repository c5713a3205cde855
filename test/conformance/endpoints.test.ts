/** The sandbox plays every endpoint that the adapters' clients call. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as LinqEndpoints from "@interline/linq/LinqEndpoints"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as SendblueClient from "@interline/sendblue/SendblueClient"
import * as SendblueEndpoints from "@interline/sendblue/SendblueEndpoints"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { ada, numbers } from "../support/sandbox.ts"

interface Endpoint {
  readonly method: string
  readonly path: string
}

/** The endpoints of a table for which the sandbox has no route. An address that a vendor gives with an answer is none of its paths. */
const findMissing = (
  endpoints: Iterable<Endpoint>,
  { headers, isMissing, url }: {
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly isMissing: (body: string) => boolean
  }
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(
    Effect.forEach(
      Array.from(endpoints).filter(({ path }) => path.startsWith("/")),
      ({ method, path }) =>
        Effect.promise(async () => {
          const abort = new AbortController()
          const target = `${url}${path.replace(/\{[^}]*\}/g, "0")}`
          const response = await fetch(target, { method, headers, signal: abort.signal })
          // the answer of an event stream does not end
          const body = response.status === 404 ? await response.text() : ""
          abort.abort()
          return isMissing(body) ? [`${method} ${path}`] : []
        })
    ),
    (found) => found.flat()
  )

describe("the sandbox", () => {
  it.scopedLive("has a route for every endpoint of both clients", () =>
    Effect.gen(function*() {
      const { credentials, linq, sendblue } = yield* Sandbox.make({ clock: "manual" })
      const atLinq = {
        url: linq,
        headers: { authorization: `Bearer ${credentials.linqToken}` },
        isMissing: (body: string) => body.includes("\"Resource not found\"")
      }
      const atSendblue = {
        url: sendblue,
        headers: { "sb-api-key-id": credentials.sendblueKeyId, "sb-api-secret-key": credentials.sendblueSecretKey },
        isMissing: (body: string) => body.startsWith("Cannot ")
      }
      deepStrictEqual(yield* findMissing(Object.values(LinqEndpoints.endpoints), atLinq), [])
      deepStrictEqual(yield* findMissing(Object.values(SendblueEndpoints.endpoints), atSendblue), [])
      const invented = { method: "GET", path: "/v3/invented" }
      deepStrictEqual(yield* findMissing([invented], atLinq), ["GET /v3/invented"])
      deepStrictEqual(yield* findMissing([invented], atSendblue), ["GET /v3/invented"])
    }))

  it.scopedLive("rings the phone of a person who is called by FaceTime, and hands out and takes back tokens, as the adapter's client asks", () =>
    Effect.gen(function*() {
      const { credentials, network, sendblue } = yield* Sandbox.make({ clock: "manual" })
      const client = SendblueClient.make({
        carrierId: CarrierId.make("sendblue"),
        client: yield* HttpClient.HttpClient,
        apiKey: Redacted.make(credentials.sendblueKeyId),
        apiSecret: Redacted.make(credentials.sendblueSecretKey),
        baseUrl: sendblue
      })
      const { agora } = yield* client.startFaceTime(ada, numbers.sendblue)
      strictEqual(typeof agora?.channelName, "string")
      deepStrictEqual((yield* network.phone(ada)).calls.map(({ line }) => line), [numbers.sendblue])
      strictEqual((yield* Effect.flip(client.startFaceTime(ada, "+19995550100"))).status, 400)
      deepStrictEqual((yield* client.createVerifiedContact(ada)).data.contact?.verification_status, "pending")
      yield* network.say({ from: ada, to: numbers.sendblue, text: "Hi" })
      deepStrictEqual((yield* client.listVerifiedContacts()).data.contacts.map(({ verified }) => verified), [true])
      const { phone_numbers, token_id } = yield* client.createToken({ phone_number: numbers.sendblue })
      deepStrictEqual(phone_numbers, [numbers.sendblue])
      yield* client.revokeToken(token_id ?? "")
      strictEqual((yield* Effect.flip(client.revokeToken(token_id ?? ""))).status, 404)
    }).pipe(Effect.provide(FetchHttpClient.layer)))
})
