import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import * as Part from "@interline/core/Part"
import { Raw } from "@interline/core/Raw"
import * as Effect from "effect/Effect"
import { direct, from, group, person, run, send } from "./support.ts"

const accepted = { status: "QUEUED", message_handle: "handle-1", service: "iMessage", group_id: "" }

describe("send", () => {
  it.effect("posts a text and names the message", () =>
    run([{ body: accepted }], (carrier, requests) =>
      Effect.gen(function*() {
        const outcome = yield* send(carrier, Draft.text("Hello"))
        expect(requests).toHaveLength(1)
        expect(requests[0]).toMatchObject({
          method: "POST",
          url: "https://api.sendblue.co/api/send-message",
          headers: { "sb-api-key-id": "key-id-1", "sb-api-secret-key": "secret-key-1" },
          body: { number: person, from_number: from, content: "Hello" }
        })
        expect(outcome).toMatchObject({
          _tag: "Accepted",
          receipts: [{
            ref: { carrierId: "sendblue", id: "handle-1" },
            parts: [0],
            status: "queued",
            rawStatus: "QUEUED",
            service: "iMessage"
          }]
        })
        if (outcome._tag !== "Accepted") return
        const raw = outcome.receipts[0].raw
        expect(raw && Raw.value(raw)).toEqual(accepted)
      })))

  it.effect("learns a group's id from the first send and uses it in the next", () =>
    run([{ body: { ...accepted, group_id: "group-1" } }], (carrier, requests) =>
      Effect.gen(function*() {
        yield* send(carrier, Draft.text("one"), group)
        yield* send(carrier, Draft.text("two"), group)
        expect(requests.map(({ body }) => body)).toEqual([
          { numbers: group.members, from_number: from, content: "one" },
          { group_id: "group-1", from_number: from, content: "two" }
        ])
      })))

  it.effect("stops a split draft at the first refusal and says which parts are left", () =>
    run([{ body: accepted }, { status: 400, body: { status: "ERROR", error_code: 4000 } }], (carrier, requests) =>
      Effect.gen(function*() {
        const outcome = yield* send(carrier, Draft.make([Part.text("a"), Part.text("b"), Part.text("c")]))
        expect(requests).toHaveLength(2)
        expect(outcome).toMatchObject({
          _tag: "Partial",
          receipts: [{ parts: [0] }],
          rest: { _tag: "Rejected", error: { reason: "InvalidInput" } },
          remaining: [1, 2]
        })
      })))

  it.effect("sends once when the answer is lost, and says that it is unknown", () =>
    run([{ status: 502, body: "<html>bad gateway</html>" }], (carrier, requests) =>
      Effect.gen(function*() {
        const outcome = yield* send(carrier, Draft.text("Hello"), direct)
        expect(requests).toHaveLength(1)
        expect(outcome).toMatchObject({ _tag: "Unknown", evidence: { error: { reason: "Unavailable" } } })
      })))
})
