/** Addresses that we are made to call, or to have called. */
import * as OutboundHttp from "@interline/gateway/OutboundHttp"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Effect from "effect/Effect"
import type * as Dns from "node:dns"
import { syncBuiltinESMExports } from "node:module"
import { expect } from "vitest"
import { numbers } from "../support/sandbox.ts"
import { until } from "./http.ts"
import type { Line } from "./line.ts"
import { linqBody, standard } from "./signing.ts"
import type { Wire, World } from "./world.ts"

/** Every way to write a place that is not public, and to be read differently by the next parser. */
const inside = [
  "https://127.0.0.1/photo.jpg",
  "https://127.1/photo.jpg",
  "https://0x7f.1/photo.jpg",
  "https://2130706433/photo.jpg",
  "https://017700000001/photo.jpg",
  "https://127.0.0.1./photo.jpg",
  "https://%31%32%37.0.0.1/photo.jpg",
  "https://１２７.0.0.1/photo.jpg",
  "https://10.0.0.1/photo.jpg",
  "https://169.254.169.254/latest/meta-data/photo.jpg",
  "https://[::1]/photo.jpg",
  "https://[::ffff:127.0.0.1]/photo.jpg",
  "https://[::ffff:7f00:1]/photo.jpg",
  "https://[64:ff9b::7f00:1]/photo.jpg",
  "https://[fd00::1]/photo.jpg",
  "https://localhost/photo.jpg",
  "https://localhost./photo.jpg",
  "https://metadata.google.internal/photo.jpg",
  "https://database/photo.jpg",
  "https://user:word@example.com/photo.jpg",
  "https://example.com@127.0.0.1/photo.jpg",
  "https://example.com\\@127.0.0.1/photo.jpg",
  "https://example.com/\r\nx-evil: 1/photo.jpg",
  "file:///etc/passwd",
  "gopher://example.com/photo.jpg",
  "ftp://127.0.0.1/photo.jpg",
  "data:image/png;base64,AAAA"
]

const outside = "https://images.example.com/photo.jpg"

/** A place where a request names an address. */
interface Place {
  readonly wire: Wire
  readonly method: string
  readonly path: string
  readonly body: (url: string) => unknown
  /** A public address that the same request is fine with; `undefined` where nothing is. */
  readonly good: string | undefined
}

const place = (wire: Wire, method: string, path: string, body: (url: string) => unknown, good?: string | null): Place => ({
  wire,
  method,
  path,
  body,
  good: good === null ? undefined : good ?? outside
})

const memo = "https://images.example.com/memo.caf"

const people = ["+12025550141", "+12025550142"]

const fetched = (world: World) =>
  Effect.gen(function*() {
    const parse = (text: string) => JSON.parse(text) as Record<string, never>
    const opened = yield* world.call("linq", "POST", "/linq/v3/chats", {
      from: numbers.linq,
      to: people,
      message: { parts: [{ type: "text", value: "a group" }] }
    })
    expect(opened.status, opened.body).toBeLessThan(300)
    const { chat } = parse(opened.body) as unknown as { readonly chat: { readonly id: string } }
    const [known] = (parse((yield* world.call("v1", "GET", "/v1/deliveries?limit=1")).body) as unknown as {
      readonly items: ReadonlyArray<
        { readonly receipts: ReadonlyArray<{ readonly chat?: string }>; readonly conversation: { readonly id: string } }
      >
    }).items
    const group = known?.conversation.id ?? expect.fail("no group")
    const media = (url: string) => ({ parts: [{ _tag: "Media", url }] })
    return [
      place("v1", "POST", "/v1/send", (url) => ({ to: { line: "support", handle: people[0] }, ...media(url) })),
      place("v1", "POST", "/v1/send", (url) => ({ to: { chat: group }, parts: [{ _tag: "Text", text: "look" }, ...media(url).parts] })),
      place("v1", "POST", "/v1/plan", (url) => ({ to: { line: "support", handle: people[0] }, ...media(url) })),
      place("v1", "POST", "/v1/voice-memos", (url) => ({ to: { line: "support", handle: people[0] }, url }), memo),
      place("v1", "PATCH", `/v1/chats/${group}`, (url) => ({ icon: url })),
      place("v1", "PUT", "/v1/lines/support/contact-card", (url) => ({ firstName: "Ada", imageUrl: url })),
      place("v1", "POST", "/v1/webhooks", (url) => ({ url, events: ["message.received"], lines: ["+442071838750"] })),
      place(
        "sendblue",
        "POST",
        "/sendblue/api/send-message",
        (url) => ({ number: people[0], from_number: numbers.sendblue, media_url: url })
      ),
      place(
        "sendblue",
        "POST",
        "/sendblue/api/send-message",
        (url) => ({ number: people[0], from_number: numbers.sendblue, content: "look", media_url: url, send_style: "confetti" })
      ),
      place(
        "sendblue",
        "POST",
        "/sendblue/api/send-group-message",
        (url) => ({ numbers: people, from_number: numbers.sendblue, media_url: url })
      ),
      place(
        "sendblue",
        "POST",
        "/sendblue/api/send-carousel",
        (url) => ({ number: people[0], from_number: numbers.sendblue, media_urls: [outside, url] }),
        null
      ),
      place("sendblue", "POST", "/sendblue/api/upload-media-object", (url) => ({ media_url: url }), null),
      place("sendblue", "POST", `/sendblue/api/v2/groups/${group}/photo`, (url) => ({ photo_url: url, from_number: numbers.sendblue })),
      place(
        "linq",
        "POST",
        "/linq/v3/chats",
        (url) => ({ from: numbers.linq, to: [people[0]], message: { parts: [{ type: "media", url }] } })
      ),
      place("linq", "POST", "/linq/v3/messages", (url) => ({ to: [people[0]], message: { parts: [{ type: "media", url }] } })),
      place(
        "linq",
        "POST",
        `/linq/v3/chats/${chat.id}/messages`,
        (url) => ({ message: { parts: [{ type: "text", value: "look" }, { type: "media", url }] } })
      ),
      place("linq", "POST", `/linq/v3/chats/${chat.id}/voicememo`, (url) => ({ voice_memo_url: url }), memo),
      place("linq", "PUT", `/linq/v3/chats/${chat.id}`, (url) => ({ group_chat_icon: url })),
      place("sendblue", "POST", "/sendblue/api/v2/contact-sharing/profile", (url) => ({
        fromNumber: numbers.sendblue,
        firstName: "Ada",
        photoUrl: url
      })),
      place("linq", "POST", "/linq/v3/contact_card", (url) => ({ phone_number: numbers.linq, first_name: "Ada", image_url: url }), null),
      place(
        "linq",
        "PATCH",
        `/linq/v3/contact_card?phone_number=${encodeURIComponent(numbers.linq)}`,
        (url) => ({ first_name: "Ada", image_url: url })
      )
    ]
  })

const called = (world: World) =>
  Effect.gen(function*() {
    const made = JSON.parse((yield* world.call("v1", "POST", "/v1/callbacks", { url: outside })).body) as { readonly id: string }
    const subscribed = JSON.parse(
      (yield* world.call("linq", "POST", "/linq/v3/webhook-subscriptions", {
        target_url: outside,
        subscribed_events: ["message.received"]
      })).body
    ) as { readonly id: string }
    return [
      place("v1", "POST", "/v1/callbacks", (url) => ({ url })),
      place("v1", "POST", "/v1/callbacks", (url) => ({ url, dialect: "sendblue", active: false })),
      place("v1", "PATCH", `/v1/callbacks/${made.id}`, (url) => ({ url })),
      place(
        "sendblue",
        "POST",
        "/sendblue/api/send-message",
        (url) => ({ number: people[0], from_number: numbers.sendblue, content: "told of", status_callback: url })
      ),
      place(
        "sendblue",
        "POST",
        "/sendblue/api/send-group-message",
        (url) => ({ numbers: people, from_number: numbers.sendblue, content: "told of", status_callback: url })
      ),
      place("sendblue", "POST", "/sendblue/api/account/webhooks", (url) => ({ webhooks: [url] })),
      place("sendblue", "POST", "/sendblue/api/account/webhooks", (url) => ({ webhooks: [{ url }], type: "outbound" })),
      place("sendblue", "PUT", "/sendblue/api/account/webhooks", (url) => ({ webhooks: { receive: [url] } })),
      place(
        "linq",
        "POST",
        "/linq/v3/webhook-subscriptions",
        (url) => ({ target_url: url, subscribed_events: ["message.received"] }),
        `${outside}?another`
      ),
      place("linq", "PUT", `/linq/v3/webhook-subscriptions/${subscribed.id}`, (url) => ({ target_url: url }))
    ]
  })

const refusesInside = (world: World, places: ReadonlyArray<Place>) =>
  Effect.gen(function*() {
    for (const { body, good, method, path, wire } of places) {
      const said = `${method} ${path}`
      if (good !== undefined) {
        const control = yield* world.call(wire, method, path, body(good))
        expect(control.status, `${said}: ${control.body}`).toBeLessThan(300)
      }
      yield* world.network.clearRequests
      for (const url of inside) {
        const { body: answer, status } = yield* world.call(wire, method, path, body(url))
        expect(status, `${said} with ${url}: ${answer}`).toBeGreaterThanOrEqual(400)
        expect(status, `${said} with ${url}: ${answer}`).toBeLessThan(502)
        if (good !== undefined) expect(answer, `${said} with ${url}`).toMatch(/address|https/)
        expect(answer, said).not.toContain(url)
      }
      const acts = (yield* world.network.requests()).filter(({ method }) => method !== "GET")
      expect(acts.map(({ body, path }) => [path, body]), said).toEqual([])
    }
  })

const lookupsThrough = <A, E, R>(addresses: ReadonlyArray<string>, use: Effect.Effect<A, E, R>) => {
  const dns = process.getBuiltinModule("node:dns")
  const genuine = dns.lookup
  const put = (lookup: unknown) =>
    Effect.sync(() => {
      Object.assign(dns, { lookup })
      syncBuiltinESMExports()
    })
  const found = addresses.map((address): Dns.LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 }))
  return Effect.acquireUseRelease(
    put((_: string, __: unknown, done: (error: null, found: ReadonlyArray<Dns.LookupAddress>) => void) => done(null, found)),
    () => use,
    () => put(genuine)
  )
}

export const addresses: ReadonlyArray<Line> = [
  {
    threat: "the address of a file leads into a private network",
    against: "an address that is not a public https address is passed to no vendor",
    name: "no wire passes on a file, an icon, a card or a voice memo at a private address, however it is written",
    run: (world) => Effect.flatMap(fetched(world), (places) => refusesInside(world, places))
  },
  {
    threat: "the address of a callback leads into our network",
    against: "an address that is not a public https address is not stored",
    name: "no wire takes a callback or a webhook at a private address, however it is written",
    run: (world) => Effect.flatMap(called(world), (places) => refusesInside(world, places))
  },
  {
    threat: "a public name leads to a private address, at once or later",
    against: "the name is resolved when the connection is made; the address that was checked is the one that is called",
    name: "a name that leads to a private address is not called",
    run: () =>
      Effect.gen(function*() {
        const server = yield* RecordingServer.make()
        for (const addresses of [["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["10.0.0.1", "192.168.0.1"], ["169.254.169.254"], []]) {
          const error = yield* lookupsThrough(
            addresses,
            // it takes the lookup when it is made
            Effect.flatMap(Effect.suspend(() => OutboundHttp.make()), (egress) =>
              Effect.zipRight(
                egress.check(`https://rebound.example.com:${server.port}/hook`),
                Effect.flip(egress.post({ url: `https://rebound.example.com:${server.port}/hook`, headers: {}, body: "{}" }))
              ))
          )
          expect(error.why).toContain("private or reserved")
          expect(error.why).not.toContain("rebound")
        }
        expect(server.connections()).toBe(0)
      }).pipe(Effect.scoped)
  },
  {
    threat: "the address of a callback redirects to a private address",
    against: "redirects are not followed",
    name: "a redirect of a callback is not followed",
    over: "open",
    run: (world) =>
      Effect.gen(function*() {
        const target = yield* RecordingServer.make()
        const redirecting = yield* RecordingServer.make(() => ({ status: 307, headers: { location: `${target.origin}/inside` } }))
        const straight = yield* RecordingServer.make()
        for (const { origin } of [redirecting, straight]) {
          expect((yield* world.call("v1", "POST", "/v1/callbacks", { url: `${origin}/hook`, events: ["Received"] })).status).toBe(201)
        }
        const body = linqBody("redirected")
        yield* world.ask({ method: "POST", path: "/webhooks/linq", body, headers: standard(body) })
        yield* until(() => straight.received.length > 0 && redirecting.received.length > 0)
        expect(straight.received[0]?.body).toContain("redirected")
        expect(target.connections()).toBe(0)
      }).pipe(Effect.scoped)
  }
]
