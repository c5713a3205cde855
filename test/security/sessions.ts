/** What a cookie of a browser is good for, and for whom. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import type { Line } from "./line.ts"
import { credentials, secrets, type World } from "./world.ts"

type Headers = Readonly<Record<string, string>>

const ours: Headers = { "x-interline-console": "1" }
const evil = "https://evil.example"

const wordOf = (body: string): string => String(JSON.parse(body).type).replace("urn:interline:problem:", "")

const signIn = (world: World, key: string, headers: Headers = ours) =>
  world.ask({
    method: "POST",
    path: "/v1/session",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ key })
  })

/** A key of its own, and the cookie of a session with it. */
const begin = (world: World, name: string) =>
  Effect.gen(function*() {
    const created = yield* world.call("v1", "POST", "/v1/keys", { name, scopes: ["read", "send", "operate", "admin"] })
    const { id, secret } = JSON.parse(created.body) as { readonly id: string; readonly secret: string }
    const { headers, status } = yield* signIn(world, secret)
    expect(status).toBe(200)
    const set = headers["set-cookie"] ?? ""
    return { id, secret, set, cookie: { cookie: set.slice(0, set.indexOf(";")) } }
  })

/** Every request of the description that is not a read. */
const acts = (world: World) =>
  Effect.map(world.ask({ path: "/openapi.json" }), ({ body }) => {
    const { paths } = JSON.parse(body) as { readonly paths: Readonly<Record<string, object>> }
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).filter((method) => method !== "get").map((method) => ({
        method: method.toUpperCase(),
        path: path.replace(/\{[^}]*\}/g, "b3a1c0de-0000-4000-8000-000000000001")
      }))
    )
  })

export const sessions: ReadonlyArray<Line> = [
  {
    threat: "a page of another origin acts with the cookie of a browser that is signed in",
    against:
      "an act with a cookie needs a header that no page of another origin can set, and an origin of our own; scripts cannot read the cookie",
    name: "no act of the description is done with a cookie alone, or for a page of another origin, which can sign nobody in either",
    run: (world) =>
      Effect.gen(function*() {
        const { cookie, secret, set } = yield* begin(world, "browser")
        expect(set).toMatch(/; HttpOnly; SameSite=Strict$/)
        const all = yield* acts(world)
        expect(all.length).toBeGreaterThan(50)
        for (const { method, path } of all) {
          for (const headers of [{}, { ...ours, origin: evil }]) {
            const { body, status } = yield* world.ask({
              method,
              path,
              headers: { "content-type": "application/json", ...cookie, ...headers },
              body: "{}"
            })
            expect([method, path, headers, status, wordOf(body)]).toEqual([method, path, headers, 403, "foreign-page"])
          }
        }
        for (const headers of [{}, { origin: evil }, { ...ours, origin: evil }]) {
          const { headers: answered, status } = yield* signIn(world, secret, headers)
          expect([status, answered["set-cookie"]]).toEqual([403, undefined])
        }
        expect((yield* world.ask({ method: "DELETE", path: "/v1/session", headers: { ...cookie, ...ours } })).status).toBe(204)
        expect((yield* world.ask({ path: "/v1/carriers", headers: cookie })).status).toBe(401)
      })
  },
  {
    threat: "a session outlives the key that it was made from",
    against: "a session has no rights of its own: each request looks up its key",
    name: "after a key was revoked, its sessions are refused, also at the event stream",
    run: (world) =>
      Effect.gen(function*() {
        const { cookie, id } = yield* begin(world, "leaver")
        expect((yield* world.ask({ path: "/v1/carriers", headers: cookie })).status).toBe(200)
        expect((yield* world.call("v1", "DELETE", `/v1/keys/${id}`)).status).toBe(204)
        for (const path of ["/v1/carriers", "/v1/session", "/v1/events", "/metrics"]) {
          expect([path, (yield* world.ask({ path, headers: cookie })).status]).toEqual([path, 401])
        }
      })
  },
  {
    threat: "a cookie makes somebody act as somebody else",
    against: "a key in the header counts alone, also if it is wrong; the fronts take keys only",
    name: "a cookie beside a wrong key opens nothing, and a cookie opens no front",
    run: (world) =>
      Effect.gen(function*() {
        const { cookie } = yield* begin(world, "both")
        const asked = { "/v1/carriers": 401, "/metrics": 401, "/linq/v3/phone_numbers": 401, "/sendblue/api/lines": 401 }
        for (const [path, status] of Object.entries(asked)) {
          const wrong = { ...credentials("v1", secrets.keys.retired), ...credentials("sendblue", secrets.keys.retired) }
          expect([path, (yield* world.ask({ path, headers: { ...cookie, ...wrong } })).status]).toEqual([path, status])
        }
        for (const path of ["/linq/v3/phone_numbers", "/sendblue/api/lines"]) {
          expect([401, 403]).toContain((yield* world.ask({ path, headers: { ...cookie, ...ours } })).status)
        }
      })
  },
  {
    threat: "somebody keeps others from signing in, or fills the audit, with wrong keys",
    against: "a try is checked before it is limited; wrong tries get one row a minute",
    name: "a right key signs in while wrong ones are refused with 429, and the audit has few rows of them",
    run: (world) =>
      Effect.gen(function*() {
        let tries = 0
        let status = 401
        while (status === 401 && tries++ < 100) status = (yield* signIn(world, "guess-0123456789abcdef")).status
        expect(status).toBe(429)
        yield* begin(world, "right")
        const { body } = yield* world.call("v1", "GET", "/v1/audit?act=signInFailed")
        const rows = JSON.parse(body).items.length
        expect([rows > 0, rows < tries / 4]).toEqual([true, true])
      })
  }
]
