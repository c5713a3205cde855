/** What vendors do to an account: they take lines away, switch webhooks off and end credentials, and Linq tells it. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { ada, linqLine, sendblueLine, start } from "./support.ts"

const at = (text: string): string => encodeURIComponent(text)

/** A sandbox, and a webhook at Linq for all of its events. Its address is on another machine, so calls are only logged. */
const listening = Effect.gen(function*() {
  const sandbox = yield* start()
  const events: ReadonlyArray<string> = (yield* sandbox.linq("GET", "/webhook-events")).body.events
  const subscribe = (path: string) =>
    Effect.map(
      sandbox.linq("POST", "/webhook-subscriptions", { target_url: `https://gw.example${path}`, subscribed_events: events }),
      ({ body }): string => body.id
    )
  const id = yield* subscribe("/a")
  let read = 0
  /** What was called since the last time: the path, the event and its data. */
  const told = Effect.map(sandbox.network.webhooks, (all) => {
    const fresh = all.slice(read)
    read = all.length
    return fresh.map(({ body, url }) => {
      const { data, event_type: type } = JSON.parse(body)
      return { path: new URL(url).pathname, type: String(type), data }
    })
  })
  yield* told
  return { ...sandbox, subscribe, id, told, events }
})

describe("an account at Linq", () => {
  it.scopedLive("has 75 events", () =>
    Effect.gen(function*() {
      const { events } = yield* listening
      deepStrictEqual([events.length, new Set(events).size], [75, 75])
    }))

  it.scopedLive("loses a line: it is not listed, it cannot send, and it comes back when it is assigned", () =>
    Effect.gen(function*() {
      const { control, createChat, linq, network, told } = yield* listening
      strictEqual((yield* control("POST", `/lines/${at(linqLine)}/release`)).status, 204)
      const [released] = yield* told
      deepStrictEqual([released?.type, released?.data.phone_number, Object.keys(released?.data)], [
        "phone_number.released",
        linqLine,
        ["phone_number", "changed_at"]
      ])
      const { phone_numbers } = (yield* linq("GET", "/phone_numbers")).body
      deepStrictEqual(phone_numbers.map((line: { phone_number: string }) => line.phone_number), ["+12025550102"])
      const refused = yield* createChat([ada])
      deepStrictEqual([refused.status, refused.body.error.code], [403, 2006])
      yield* network.addLine("linq", linqLine)
      deepStrictEqual((yield* told).map(({ type }) => type), ["phone_number.assigned"])
      strictEqual((yield* createChat([ada])).status, 201)
      strictEqual((yield* control("POST", `/lines/${at(linqLine)}/release`, { afterMs: 1000 })).status, 400, "Linq announces nothing")
      yield* control("POST", `/lines/${at(linqLine)}/move`, { environment: "Staging" })
      const moved = (yield* told).find(({ type }) => type === "environment.line_moved")
      deepStrictEqual([moved?.data.phone_number, moved?.data.change], [linqLine, { from: "Production", to: "Staging" }])
    }))

  it.scopedLive("has a webhook switched off, which hears nothing of it, while another one does", () =>
    Effect.gen(function*() {
      const { control, id, linq, subscribe, told } = yield* listening
      const other = yield* subscribe("/b")
      yield* told
      strictEqual((yield* control("POST", `/subscriptions/${id}`, { vendor: "linq", on: false })).status, 204)
      deepStrictEqual((yield* told).map(({ path, type }) => [path, type]), [["/b", "webhook_subscription.disabled"]])
      strictEqual((yield* linq("GET", `/webhook-subscriptions/${id}`)).body.is_active, false)
      yield* control("POST", `/subscriptions/${id}`, { vendor: "linq", on: true })
      deepStrictEqual((yield* told).map(({ path, type }) => [path, type]), [
        ["/a", "webhook_subscription.enabled"],
        ["/b", "webhook_subscription.enabled"]
      ])
      yield* linq("PUT", `/webhook-subscriptions/${other}`, { subscribed_events: ["message.sent"] })
      deepStrictEqual((yield* told).map(({ path, type }) => [path, type]), [["/a", "webhook_subscription.events.updated"]])
      strictEqual((yield* linq("PUT", `/webhook-subscriptions/${id}`, { routing_id_header: "Linq-Chat-Id" })).status, 200)
      const { routing_id_header, routing_key_header } = (yield* linq("GET", `/webhook-subscriptions/${id}`)).body
      deepStrictEqual([routing_id_header, routing_key_header], ["Linq-Chat-Id", null])
      yield* linq("PUT", `/webhook-subscriptions/${id}`, { routing_id_header: null })
      deepStrictEqual((yield* told).map(({ path, type }) => [path, type]), [
        ["/a", "webhook_subscription.routing_headers_set"],
        ["/a", "webhook_subscription.routing_headers_cleared"]
      ])
      strictEqual((yield* linq("PUT", `/webhook-subscriptions/${id}`, { routing_id_header: "a b" })).status, 400)
      strictEqual((yield* control("POST", `/subscriptions/${id}`, { vendor: "sendblue", on: false })).status, 400)
      strictEqual((yield* control("POST", "/subscriptions/none", { vendor: "linq", on: false })).status, 404)
    }))

  it.scopedLive("has a token that ends on the announced day", () =>
    Effect.gen(function*() {
      const { control, linq, network, told } = yield* listening
      yield* control("POST", "/credentials/end", { vendor: "linq", afterMs: 60_000 })
      const [scheduled] = yield* told
      deepStrictEqual([scheduled?.type, scheduled?.data.change.to], [
        "api_token.expiry_scheduled",
        new Date((yield* network.now).getTime() + 60_000).toISOString()
      ])
      strictEqual((yield* linq("GET", "/phone_numbers")).status, 200)
      yield* network.advance("1 minute")
      deepStrictEqual((yield* told).map(({ type }) => type), ["api_token.expired"])
      const refused = yield* linq("GET", "/phone_numbers")
      deepStrictEqual([refused.status, refused.body.error.code], [401, 2004])
      yield* network.reset
      strictEqual((yield* linq("GET", "/phone_numbers")).status, 200)
    }))

  it.scopedLive("recovers a message that came late, and marks it", () =>
    Effect.gen(function*() {
      const { control, linq, told } = yield* listening
      const { id } =
        (yield* control("POST", `/people/${at(ada)}/messages`, { to: linqLine, text: "are you open", lateBy: 86_400_000 })).body
      const received = (yield* told).find(({ type }) => type === "message.received")
      const day = Date.parse(received?.data.reconciled_at) - Date.parse(received?.data.sent_at)
      strictEqual(day, 86_400_000)
      strictEqual((yield* linq("GET", `/messages/${id}`)).body.reconciled_at, received?.data.reconciled_at)
      const other = (yield* control("POST", `/people/${at(ada)}/messages`, { to: linqLine, text: "hello" })).body
      strictEqual("reconciled_at" in (yield* linq("GET", `/messages/${other.id}`)).body, false)
    }))
})

describe("an account at Sendblue", () => {
  it.scopedLive("shows until when it has a line that is replaced, and loses it then", () =>
    Effect.gen(function*() {
      const { control, network, sendText, sendblue } = yield* start()
      const stateOf = Effect.map(
        sendblue("GET", "/v2/lines/state"),
        ({ body }) => body.data.find((line: { sendblue_number: string }) => line.sendblue_number === sendblueLine)
      )
      strictEqual((yield* stateOf).assignment, "assigned")
      yield* control("POST", `/lines/${at(sendblueLine)}/release`, { afterMs: 60_000 })
      const state = yield* stateOf
      deepStrictEqual([state.assignment, state.effective_until], [
        "grace_period",
        new Date((yield* network.now).getTime() + 60_000).toISOString()
      ])
      strictEqual((yield* sendText(ada)).status, 200)
      yield* network.advance("1 minute")
      strictEqual(yield* stateOf, undefined)
      strictEqual((yield* sendText(ada)).status >= 400, true)
      strictEqual((yield* control("POST", `/lines/${at("+12025550202")}/move`, { environment: "Staging" })).status, 400)
    }))

  it.scopedLive("does not take credentials that have ended", () =>
    Effect.gen(function*() {
      const { network, sendText } = yield* start()
      yield* network.endCredentials("sendblue")
      strictEqual((yield* sendText(ada)).status, 401)
    }))
})
