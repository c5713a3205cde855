/** Manages the addresses that are called for events, and the calls that were given up. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type { LineName } from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import * as NearestWord from "@interline/core/NearestWord"
import type { Endpoint } from "@interline/sql/EndpointTable"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { randomBytes } from "node:crypto"
import type { OutboundError } from "../../egress/OutboundHttp.ts"
import { Callbacks } from "../../events/Callbacks.ts"
import * as EventTypes from "../../events/eventTypes.ts"
import * as Renderer from "../../events/Renderer.ts"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import { GatewayApi } from "../Api.ts"
import type { CallbackRecord } from "../ApiSchema.ts"
import * as ResolveAddress from "../resolveAddress.ts"

const decodeDialect = Schema.decodeUnknown(Renderer.Dialect)

/** The endpoint without its secret. Only the answer that created the secret shows it. */
const withoutSecret = ({ secret: _, ...endpoint }: Endpoint): Effect.Effect<CallbackRecord> =>
  Effect.map(Effect.orDie(decodeDialect(endpoint.dialect)), (dialect) => ({ ...endpoint, dialect }))

const toAddressProblem = (error: OutboundError): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("address-refused", { certainty: "not-sent", next: "fix", detail: error.why })

const unknownCallback = ResolveAddress.notFound("no callback address by that id is known here")

const unknownLetter = ResolveAddress.notFound("no dead letter by that id is known here")

/** Makes a secret in the form of Standard Webhooks. */
const mintSecret = Effect.sync(() => Redacted.make(`whsec_${randomBytes(24).toString("base64")}`))

const malformed = (detail: string) => Effect.fail(ProblemDetails.make("malformed", { detail, certainty: "not-sent", next: "fix" }))

/**
 * Refuses unknown events and lines, because no event would ever come. For another dialect the events are the vendor's names, and they are
 * not checked.
 */
const checkAwaited = (
  dialect: string,
  { events = [], lines = [] }: { readonly events?: ReadonlyArray<string>; readonly lines?: ReadonlyArray<LineName> },
  known: ReadonlySet<LineName>
): Effect.Effect<void, ProblemDetails.ProblemDetails> => {
  const wrong = dialect === "neutral" ? EventTypes.findUnknownType(events) : undefined
  if (wrong !== undefined) return malformed(`events names something that no event is called; ${wrong}`)
  const unknown = lines.find((line) => !known.has(line))
  if (unknown === undefined) return Effect.void
  const names = Array.from(known)
  return malformed(
    `lines names a line that no carrier in use has; lines are ${names.join(", ") || "none"}; ${NearestWord.noneOf(unknown, names)}`
  )
}

export const callbacks = HttpApiBuilder.group(
  GatewayApi,
  "callbacks",
  (handlers) =>
    Effect.map(Effect.all([Callbacks, Messaging]), ([callbacks, { carriers }]) => {
      const known = new Set(carriers.flatMap(({ lines }) => Array.from(lines.keys())))
      return handlers
        .handle("listCallbacks", () =>
          Effect.map(Effect.flatMap(callbacks.list(), (endpoints) => Effect.forEach(endpoints, withoutSecret)), (items) => ({ items })))
        .handle("createCallback", ({ payload: { active = true, dialect = "neutral", events = [], lines = [], secret, url, version } }) =>
          Effect.gen(function*() {
            yield* checkAwaited(dialect, { events, lines }, known)
            const made = secret ?? (dialect === "neutral" ? yield* mintSecret : undefined)
            const created = yield* Effect.mapError(
              callbacks.create({
                url,
                dialect,
                events,
                lines,
                active,
                ...(made === undefined ? {} : { secret: made }),
                ...(version === undefined ? {} : { version })
              }),
              toAddressProblem
            )
            return { ...created, dialect }
          }))
        .handle("getCallback", ({ path }) =>
          Effect.flatMap(
            callbacks.find(path.id),
            Option.match({
              onNone: () =>
                unknownCallback,
              onSome: withoutSecret
            })
          ))
        .handle("updateCallback", ({ path, payload }) =>
          Effect.gen(function*() {
            const endpoint = yield* callbacks.find(path.id)
            if (Option.isSome(endpoint)) {
              yield* checkAwaited(endpoint.value.dialect, payload, known)
            }
            const updated = yield* Effect.mapError(callbacks.update(path.id, payload), toAddressProblem)
            return yield* Option.match(updated, {
              onNone: () =>
                unknownCallback,
              onSome: withoutSecret
            })
          }))
        .handle("deleteCallback", ({ path }) =>
          Effect.flatMap(callbacks.remove(path.id), (was) =>
            was ? Effect.void : unknownCallback))
        .handle("testCallback", ({ path }) =>
          Effect.flatMap(
            Effect.mapError(callbacks.test(path.id), toAddressProblem),
            Option.match({ onNone: () => unknownCallback, onSome: Effect.succeed })
          ))
        .handle("listDeadLetters", ({ urlParams: { limit = 100 } }) => Effect.map(callbacks.deadLetters(limit), (items) => ({ items })))
        .handle("redeliver", ({ path }) => Effect.flatMap(callbacks.queue.retry(path.id), (was) => was ? Effect.void : unknownLetter))
        .handle("dropDeadLetter", ({ path }) => Effect.flatMap(callbacks.queue.drop(path.id), (was) => was ? Effect.void : unknownLetter))
    })
)
