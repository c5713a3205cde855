import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { DeliveryId } from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Part from "@interline/core/Part"
import type { State } from "@interline/router/Decision"
import type { Entry } from "@interline/router/Ledger"
import type { Archived } from "@interline/sql/Archive"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { ada, ben, deliveryId, doneState, linq, message, receipt, report, serve, support, toAda } from "./world.ts"

const entryOf = (id: DeliveryId, changed: Partial<State> = {}): Entry => ({
  id,
  conversation: `${support}|${ada}`,
  likenesses: [],
  content: { conversation: toAda, draft: Draft.text("hello"), fidelity: "adapt" },
  state: { ...doneState, deliveryId: id, ...changed },
  epoch: 1,
  createdAt: 5,
  updatedAt: 6,
  version: 1
})

const idOf = (index: number) => DeliveryId.make(`6f1c2f6e-6d0c-4f0e-9a54-0000000000${String(index).padStart(2, "0")}`)

const outbound = (id: DeliveryId, changed?: Partial<State>): Archived => ({
  _tag: "Outbound",
  id,
  at: 5,
  updatedAt: 6,
  entry: entryOf(id, changed),
  report
})

const inbound: Archived = {
  _tag: "Inbound",
  id: "linq:m9",
  at: 7,
  updatedAt: 7,
  conversation: toAda,
  message: { ...message, direction: "inbound" }
}

describe("what is held", () => {
  const saying = (draft: Draft.Draft): Archived => {
    const entry = entryOf(deliveryId)
    return { _tag: "Outbound", id: deliveryId, at: 5, updatedAt: 6, entry: { ...entry, content: { ...entry.content, draft } }, report }
  }

  it.scoped("is listed with whom it is for, how it begins, in whole signs, and since when", () =>
    Effect.gen(function*() {
      const expected = [
        [Draft.text("hello"), "hello"],
        [Draft.text("x".repeat(80)), "x".repeat(80)],
        [Draft.text("👩‍👩‍👧 ".repeat(40)), `${"👩‍👩‍👧 ".repeat(8)}👩‍👩‍👧…`],
        [Draft.text(`${"x".repeat(79)}😀`), `${"x".repeat(79)}…`],
        [Draft.text(`${"x".repeat(79)}e\u0301!`), `${"x".repeat(79)}…`],
        [Draft.make([Part.media("https://example.com/a.png"), Part.text("and a word")]), "and a word"],
        [Draft.make([Part.media("https://example.com/a.png")]), undefined]
      ] as const
      for (const [draft, preview] of expected) {
        const { client } = yield* serve({ archived: [saying(draft)] })
        const { items: [item] } = yield* client.held.listHeld({ urlParams: {} })
        deepStrictEqual([item?.conversation, item?.preview, item?.sinceTime, item?.trial.carrierId], [
          toAda,
          preview,
          "2023-11-14T22:13:20.000Z",
          linq
        ])
        assert.isAtLeast(item?.ageSeconds ?? -1, 0)
        assert.notProperty(item, "draft")
      }
    }))
})

describe("the list of what is held", () => {
  it.scoped("has pages that end where the next one begins, and refuses what it does not know", () =>
    Effect.gen(function*() {
      const ids = [1, 2, 3].map(idOf)
      const { calls, client, http } = yield* serve({ archived: ids.map((id) => outbound(id)), held: ids })
      const page = (cursor: string | undefined) =>
        client.held.listHeld({ urlParams: { limit: 2, ...(cursor === undefined ? {} : { cursor }) } })
      const first = yield* page(undefined)
      const second = yield* page(first.next)
      deepStrictEqual([first, second].map(({ items }) => items.map(({ deliveryId }) => deliveryId)), [ids.slice(0, 2), ids.slice(2)])
      assert.isString(first.next)
      assert.isUndefined(second.next)
      deepStrictEqual(calls.filter(([name]) => name === "held").at(-1), ["held", 3, { createdAt: 2, deliveryId: ids[1] }])
      const refusals = yield* Effect.forEach(["cursor=abc", "line=support", "limit=0"], (query) =>
        Effect.map(http.get(`/v1/held?${query}`), ({ status }) => status))
      deepStrictEqual(refusals, [400, 400, 400])
    }))
})

describe("the list of opt-outs", () => {
  it.scoped("finds a person in any spelling of the number, and refuses what names nobody", () =>
    Effect.gen(function*() {
      const { http, suppression } = yield* serve()
      for (const handle of [ada, ben]) yield* suppression.add(handle, "explicit")
      const find = (handle: string) =>
        Effect.flatMap(http.get(`/v1/opt-outs?handle=${encodeURIComponent(handle)}`), (response) =>
          Effect.map(response.json, (body) => {
            const { items, problems } = body as { items?: ReadonlyArray<{ handle: string }>; problems?: ReadonlyArray<{ path: unknown }> }
            return [response.status, items?.map(({ handle }) => handle), problems?.map(({ path }) => path)]
          }))
      deepStrictEqual(yield* Effect.forEach([ben, "+1 (202) 555-0124", "+12025550199", "0124", "Ben"], find), [
        [200, [ben], undefined],
        [200, [ben], undefined],
        [200, [], undefined],
        [400, undefined, [["handle"]]],
        [400, undefined, [["handle"]]]
      ])
    }))
})

describe("deliveries", () => {
  it.scoped("are read with what came of them", () =>
    Effect.gen(function*() {
      const { result: _, ...open } = doneState
      const { client } = yield* serve({
        archived: [
          outbound(idOf(1)),
          { ...outbound(idOf(2)), entry: { ...entryOf(idOf(2)), state: { ...open, phase: { _tag: "Sending" } } } } as Archived,
          outbound(idOf(3), { phase: { _tag: "Held" } })
        ]
      })
      const read = (index: number) => client.deliveries.getDelivery({ path: { id: idOf(index) } })
      const first = yield* read(1)
      deepStrictEqual([first.outcome, first.receipts, first.draft.parts, first.report.status], ["accepted", [receipt], [{
        _tag: "Text",
        text: "hello"
      }], "delivered"])
      deepStrictEqual([(yield* read(2)).outcome, (yield* read(3)).outcome], ["pending", "held"])
      const missing = yield* Effect.flip(read(9))
      assert.strictEqual((missing as { readonly status?: number }).status, 404)
    }))

  it.scoped("are listed page by page, and what comes in meanwhile shifts nothing", () =>
    Effect.gen(function*() {
      const { client, queries } = yield* serve({ archived: [1, 2, 3, 4, 5].map((index) => outbound(idOf(index))) })
      yield* TestClock.adjust(1_000)
      const seen: Array<string> = []
      let cursor: string | undefined
      do {
        const page = yield* client.deliveries.listDeliveries({
          urlParams: { limit: 2, peer: ada, ...(cursor === undefined ? {} : { cursor }) }
        })
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.next
        yield* TestClock.adjust(1_000)
      } while (cursor !== undefined)
      deepStrictEqual(seen, [1, 2, 3, 4, 5].map(idOf))
      deepStrictEqual(
        queries,
        [undefined, 2, 4].map((last) => ({
          direction: "outbound",
          only: "deliveries",
          peer: ada,
          until: 1_001,
          countTo: 1_000,
          limit: 2,
          offset: 0,
          ...(last === undefined ? {} : { after: { at: 5, id: idOf(last) } })
        }))
      )
      const wrong = yield* Effect.flip(client.deliveries.listDeliveries({ urlParams: { cursor: "nonsense" } }))
      assert.strictEqual((wrong as { readonly status?: number }).status, 400)
    }))

  it.scoped("are listed by what came of them, how far they got and who has them, together", () =>
    Effect.gen(function*() {
      const { client, queries } = yield* serve()
      yield* client.deliveries.listDeliveries({
        urlParams: { outcome: "not-sent", status: "failed", carrier: linq, line: support, until: 50 }
      })
      yield* client.messages.listArchive({ urlParams: { carrier: linq, until: 50 } })
      deepStrictEqual(queries, [
        {
          direction: "outbound",
          only: "deliveries",
          outcome: "not-sent",
          status: "failed",
          carrierId: linq,
          line: support,
          until: 50,
          countTo: 0,
          lookFor: 50,
          limit: 50,
          offset: 0
        },
        { carrierId: linq, until: 50, countTo: 1_000, limit: 50, offset: 0 }
      ])
    }))

  it.scoped("stand beside what came in", () =>
    Effect.gen(function*() {
      const { client, queries } = yield* serve({ archived: [inbound, outbound(idOf(1))] })
      const page = yield* client.messages.listArchive({
        urlParams: { chat: "6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c03", order: "oldest", until: 50 }
      })
      deepStrictEqual(page.items.map(({ direction, id }) => [direction, id]), [["inbound", "linq:m9"], ["outbound", idOf(1)]])
      deepStrictEqual(queries, [{ conversation: `${support}|${ada}`, order: "oldest", until: 50, countTo: 1_000, limit: 50, offset: 0 }])
    }))
})
