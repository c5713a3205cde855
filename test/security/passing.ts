/** Requests that are passed on to a vendor's account with the account's credentials. */
import type { LoggedRequest } from "@interline/sandbox/Network"
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { ada, numbers } from "../support/sandbox.ts"
import type { Line } from "./line.ts"
import { secrets, type World } from "./world.ts"

/** What an attack asked the account for. The gateway itself asks for other paths. */
const askedDuring = (
  { network }: World,
  attack: Effect.Effect<void, unknown>
): Effect.Effect<ReadonlyArray<LoggedRequest>, unknown> =>
  Effect.gen(function*() {
    const before = (yield* network.requests({ vendor: "sendblue" })).length
    yield* attack
    return (yield* network.requests({ vendor: "sendblue" })).slice(before)
  })

const carousel = {
  number: "+12025550188",
  from_number: numbers.sendblue,
  media_urls: ["https://example.com/1.jpg", "https://example.com/2.jpg"]
}

export const passing: ReadonlyArray<Line> = [
  {
    threat: "a key of the gateway reads or changes the secrets of the vendor's account",
    against:
      "only endpoints with a row of a table are passed on, and only if the configuration names their group; tokens, secrets and webhooks have no group",
    name: "no token, no secret and no webhook of the account is read or changed through a front",
    run: (world) =>
      Effect.gen(function*() {
        const asked = yield* askedDuring(
          world,
          Effect.gen(function*() {
            for (
              const [method, path] of [
                ["POST", "/v3/auth/tokens"],
                ["DELETE", "/v3/auth/tokens"],
                ["DELETE", "/v3/auth/tokens/one"],
                ["GET", "/api/v2/totp/secrets"],
                ["GET", "/api/v2/totp/code/one"],
                ["POST", "/accounts/settings/auto-typing-indicator"],
                ["GET", "/api/account/webhooks"],
                ["DELETE", "/api/account/webhooks"]
              ] as const
            ) yield* world.call("sendblue", method, `/sendblue${path}`, method === "GET" ? undefined : {})
          })
        )
        expect(asked).toEqual([])
      })
  },
  {
    threat: "a request that is passed on gives credentials away",
    against: "the vendor gets the account's credentials and no header of the program; the program gets listed headers of the answer only",
    name: "neither the gateway's key nor a cookie reaches the vendor, and nothing of the account's credentials comes back",
    run: (world) =>
      Effect.gen(function*() {
        let said = ""
        const asked = yield* askedDuring(
          world,
          Effect.map(
            world.call("sendblue", "GET", "/sendblue/api/v2/contacts", undefined, {
              cookie: "session=stolen",
              authorization: "Bearer stolen"
            }),
            (answer) => {
              expect(answer.status).toBe(200)
              said = JSON.stringify(answer)
            }
          )
        )
        expect(asked.length).toBe(1)
        const sent = JSON.stringify(asked)
        for (const word of [secrets.keys.first, "stolen"]) expect(sent).not.toContain(word)
        for (const secret of world.vendorSecrets) expect(said).not.toContain(secret)
      })
  },
  {
    threat: "a request that is passed on becomes another request of the vendor",
    against: "the path is written anew from its pattern; a part that could be another path is refused",
    name: "no odd path below an endpoint that is passed on reaches the vendor",
    run: (world) =>
      Effect.gen(function*() {
        const asked = yield* askedDuring(
          world,
          Effect.gen(function*() {
            for (const piece of ["..", "%2e%2e", "..%2flines", "%2e%2e%2f%2e%2e%2faccount", "a%2fb", "a%5cb", "%00", ".", "", "a/b"]) {
              const { status } = yield* world.call("sendblue", "GET", `/sendblue/api/v2/contacts/${piece}`)
              expect([404, 400]).toContain(status)
            }
          })
        )
        expect(asked).toEqual([])
      })
  },
  {
    threat: "a request that is passed on opts a person in, or reaches a person who opted out",
    against: "fields that speak of opting out are not passed on; what reaches a person passes the same last check as a message",
    name: "no contact is opted in past the gateway, and nothing that is passed on reaches a person whom no message would reach",
    run: (world) =>
      Effect.gen(function*() {
        const asked = yield* askedDuring(
          world,
          Effect.gen(function*() {
            expect((yield* world.call("sendblue", "PUT", `/sendblue/api/v2/contacts/${ada}`, { opt_out: false })).status).toBe(400)
            expect((yield* world.call("sendblue", "POST", "/sendblue/api/send-carousel", carousel)).status).toBe(422)
            expect((yield* world.call("sendblue", "POST", "/sendblue/api/v2/contacts/verify", { number: ada })).status).toBe(501)
          })
        )
        expect(asked).toEqual([])
      })
  },
  {
    threat: "a request that is passed on makes the vendor fetch from our network",
    against: "every address in the query and the body is checked, at any depth",
    name: "no private address goes to the vendor with a request that is passed on",
    run: (world) =>
      Effect.gen(function*() {
        const asked = yield* askedDuring(
          world,
          Effect.gen(function*() {
            for (const url of ["https://169.254.169.254/latest", "https://localhost/x", "file:///etc/passwd", "https://[::1]/x"]) {
              const { status } = yield* world.call("sendblue", "POST", "/sendblue/api/upload-media-object", { media_url: url })
              expect(status).toBe(400)
            }
          })
        )
        expect(asked).toEqual([])
      })
  }
]
