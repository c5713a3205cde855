/** Lists held deliveries, and settles them. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { DeliveryId } from "@interline/core/DeliveryId"
import type { Draft } from "@interline/core/Draft"
import { Messaging } from "@interline/core/Messaging"
import * as VisibleText from "@interline/core/VisibleText"
import { type Explanation, type HeldDelivery as Held, type HeldLook, Router } from "@interline/router/Router"
import { Archive } from "@interline/sql/Archive"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ProblemDetails from "../../../http/ProblemDetails.ts"
import { GatewayApi } from "../../Api.ts"
import type { HeldDelivery, LookReport, Verdict } from "../../ApiSchema.ts"
import type * as ArchivePages from "../../archivePages.ts"
import * as Authorization from "../../authorization.ts"
import * as PageCursor from "../../pageCursor.ts"
import * as ResolveAddress from "../../resolveAddress.ts"
import * as Settlement from "./settlement.ts"

const pages = PageCursor.make(Schema.Struct({ createdAt: Schema.Int, deliveryId: DeliveryId }))

const previewLength = 80

/** The first characters of a draft, so that a person can find it on a phone or in a vendor's console. */
const previewOf = ({ parts }: Draft): string | undefined => {
  const [text] = parts.flatMap((part) => part._tag === "Text" ? [part.text] : part._tag === "Link" ? [part.url] : [])
  return text === undefined ? undefined : VisibleText.shorten(text, previewLength)
}

const heldRecord = (
  { createdAt: _, ...held }: Held,
  { conversation, draft }: ArchivePages.Outbound["entry"]["content"],
  at: number
): typeof HeldDelivery.Type => {
  const preview = previewOf(draft)
  return {
    ...held,
    conversation,
    sinceTime: new Date(held.since).toISOString(),
    ageSeconds: Math.max(0, Math.floor((at - held.since) / 1000)),
    ...(preview === undefined ? {} : { preview })
  }
}

const mostLooks = 100

const reportOf = (looks: ReadonlyArray<HeldLook>, elsewhere: number): typeof LookReport.Type => {
  const having = (result: HeldLook["result"]) => looks.filter((look) => look.result === result)
  const [failed, notFound, unasked] = [having("failed"), having("not-found"), having("unasked")]
  return {
    found: having("found").length,
    notFound: notFound.length,
    failed: failed.length,
    unasked: unasked.length,
    elsewhere,
    looks: [...failed, ...notFound, ...unasked].slice(0, mostLooks).flatMap(({ result, ...look }) =>
      result === "found" ? [] : [{ ...look, result }]
    )
  }
}

const notHeld = (known: Explanation): Effect.Effect<never, ProblemDetails.ProblemDetails> =>
  Effect.fail(ProblemDetails.make("not-held", { certainty: "not-sent", next: "fix", detail: Settlement.explainNotHeld(known) }))

export const held = HttpApiBuilder.group(
  GatewayApi,
  "held",
  (handlers) =>
    Effect.map(Effect.all([Router, Archive, Messaging]), ([router, archive, messaging]) => {
      const checkVerdict = (id: DeliveryId, verdict: typeof Verdict.Type): Effect.Effect<Settlement.Check, ProblemDetails.ProblemDetails> =>
        verdict.verdict === "not-sent"
          ? Effect.succeed({ checked: false, why: "that nobody got a message cannot be checked" })
          : verdict.unchecked === true
          ? Effect.succeed({ checked: false, why: "the request said not to check it" })
          : Effect.flatMap(archive.find(id), (found) =>
            Option.isSome(found) && found.value._tag === "Outbound"
              ? Settlement.check(messaging, verdict.ref, found.value.entry.content.conversation)
              : Effect.succeed({ checked: false, why: "the conversation of the delivery is not on record" }))
      return handlers
        .handle("listHeld", ({ urlParams: { cursor, limit = 100 } }) =>
          Effect.gen(function*() {
            const at = yield* Clock.currentTimeMillis
            const found = yield* router.held(limit + 1, yield* pages.readIfGiven(cursor))
            const shown = found.slice(0, limit)
            const last = shown.at(-1)
            // The router gives no person and no text, so they are read from the ledger.
            const items = yield* Effect.forEach(shown, (one) =>
              Effect.map(
                archive.find(one.deliveryId),
                Option.match({
                  // It may have been settled and removed meanwhile.
                  onNone: () => [],
                  onSome: (found) => found._tag === "Outbound" ? [heldRecord(one, found.entry.content, at)] : []
                })
              ), { concurrency: 8 })
            return {
              items: items.flat(),
              ...(last === undefined || found.length <= limit
                ? {}
                : { next: pages.write({ createdAt: last.createdAt, deliveryId: last.deliveryId }) })
            }
          }))
        .handle("settle", ({ path: { id }, payload }) =>
          Effect.gen(function*() {
            const known = yield* router.explain(id)
            if (Option.isNone(known)) return yield* ResolveAddress.notFound("no delivery by that id is known here")
            if (known.value.doubt === undefined) return yield* notHeld(known.value)
            const check = yield* checkVerdict(id, payload)
            const verdict = payload.verdict === "arrived" ? { _tag: "Arrived", ref: payload.ref } as const : { _tag: "NotSent" } as const
            const was = yield* Effect.mapError(
              router.settle(id, verdict, yield* Authorization.actor),
              (error) => ProblemDetails.fromMessagingError(error)
            )
            if (was) return { deliveryId: id, verdict: payload.verdict, ...check }
            // somebody else was faster
            return yield* Effect.flatMap(
              router.explain(id),
              Option.match({ onNone: () => ResolveAddress.notFound("no delivery by that id is known here"), onSome: notHeld })
            )
          }))
        .handle("look", () =>
          Effect.gen(function*() {
            const before = yield* router.held(Number.MAX_SAFE_INTEGER)
            const looks = yield* router.look
            const here = new Set(looks.map(({ deliveryId }) => deliveryId))
            return reportOf(looks, before.filter(({ deliveryId }) => !here.has(deliveryId)).length)
          }))
    })
)
