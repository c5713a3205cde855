/** Lines, people who opted out, carriers, subscriptions at carriers, and the addresses that are called for events. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Capabilities from "@interline/core/Capabilities"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import * as NearestWord from "@interline/core/NearestWord"
import * as Suppression from "@interline/core/Suppression"
import type { Webhook } from "@interline/core/Webhook"
import { Router } from "@interline/router/Router"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { randomBytes } from "node:crypto"
import { CatchUp } from "../../consent/CatchUp.ts"
import type { OutboundError } from "../../egress/OutboundHttp.ts"
import { Callbacks } from "../../events/Callbacks.ts"
import type { Dialect, Endpoint } from "../../events/EndpointTable.ts"
import * as EventTypes from "../../events/eventTypes.ts"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import { GatewayApi } from "../Api.ts"
import type { CallbackRecord } from "../ApiSchema.ts"
import * as ResolveAddress from "../resolveAddress.ts"
import { told } from "./messages.ts"

export const lines = HttpApiBuilder.group(GatewayApi, "lines", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const router = yield* Router
    return handlers
      .handle("listLines", () =>
        Effect.zipWith(told(messaging.listLines()), router.health, (lines, standings) => ({
          items: lines.map((line) => {
            const standing = standings.find(({ carrierId, line: name }) => carrierId === line.carrierId && name === line.name)
            return standing === undefined ? line : { ...line, newContacts: standing.newContacts }
          })
        })))
      .handle("checkLines", () => told(router.checkLines))
      .handle("setForwarding", ({ path, payload }) => told(messaging.setForwarding(path.line, payload.number)))
      .handle("getContactCard", ({ path }) =>
        Effect.flatMap(
          told(messaging.getContactCard(path.line)),
          Option.match({ onNone: () => ResolveAddress.notFound("the line has no contact card"), onSome: Effect.succeed })
        ))
      .handle("setContactCard", ({ path, payload }) => told(messaging.setContactCard(path.line, payload)))
      .handle("lookupService", ({ payload }) => told(messaging.lookupService(payload.handle, payload.line)))
  }))

/** Where a page of the list ends: its last entry, by when it was written down and its number, which only its own reader sees. */
const cursorOf = ({ handle, since }: Suppression.Entry): string => Encoding.encodeBase64Url(`${since} ${handle}`)

const notACursor = Effect.fail(
  ProblemDetails.make("malformed", { certainty: "not-sent", next: "fix", detail: "cursor is not one that a page of this list gave" })
)

const placeOf = (
  cursor: string | undefined
): Effect.Effect<Pick<Suppression.Entry, "since" | "handle"> | undefined, ProblemDetails.ProblemDetails> => {
  if (cursor === undefined) return Effect.succeed(undefined)
  const [since = "", handle] = Either.getOrElse(Encoding.decodeBase64UrlString(cursor), () => "").split(" ")
  return /^\d{1,15}$/.test(since) && Handle.isHandle(handle) ? Effect.succeed({ since: Number(since), handle }) : notACursor
}

export const people = HttpApiBuilder.group(GatewayApi, "people", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const suppression = yield* Suppression.Suppression
    const carriers = messaging.carriers.flatMap(({ capabilities, id }) => Capabilities.supports(capabilities, "setOptOut") ? [id] : [])
    const set = (handle: Handle.Handle, optedOut: boolean) => Effect.as(told(messaging.setOptOut(handle, optedOut)), { optedOut, carriers })
    return handlers
      // whoever asks for no page gets everybody: a list that ends early would pass for whole
      .handle("listOptOuts", ({ urlParams: { cursor, limit } }) =>
        cursor === undefined && limit === undefined ?
          Effect.map(suppression.list, (items) => ({ items })) :
          Effect.flatMap(placeOf(cursor), (after) =>
            Effect.map(suppression.page(limit ?? 100, after), (items) => {
              const last = items.at(-1)
              return last === undefined || items.length < (limit ?? 100) ? { items } : { items, next: cursorOf(last) }
            })))
      .handle("optOut", ({ payload }) => set(payload.handle, true))
      .handle("optIn", ({ payload }) => set(payload.handle, false))
  }))

export const carriers = HttpApiBuilder.group(GatewayApi, "carriers", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const router = yield* Router
    return handlers.handle("listCarriers", () =>
      Effect.map(router.health, (standings) => ({
        items: messaging.carriers.map(({ lines, ...carrier }) => ({
          ...carrier,
          lines: Object.fromEntries(lines),
          health: standings.filter(({ carrierId }) => carrierId === carrier.id)
        }))
      })))
  }))

export const catchingUp = HttpApiBuilder.group(GatewayApi, "catchingUp", (handlers) =>
  Effect.map(CatchUp, ({ progress, run }) =>
    handlers
      .handle("progress", () => Effect.map(progress, (items) => ({ items })))
      .handle("catchUp", ({ payload: { carrier, since } }) =>
        Effect.map(
          run({ ...(carrier === undefined ? {} : { carrierId: carrier }), ...(since === undefined ? {} : { since }) }),
          (items) => ({ items })
        ))))

/** Whoever may read subscriptions must not be able to speak as the vendor; only the answer that made one shows its secret. */
const withoutSecret = ({ secret: _, ...webhook }: Webhook): Webhook => webhook

export const webhooks = HttpApiBuilder.group(GatewayApi, "webhooks", (handlers) =>
  Effect.map(Messaging, (messaging) =>
    handlers
      .handle("listWebhooks", () => Effect.map(told(messaging.listWebhooks()), (items) => ({ items: items.map(withoutSecret) })))
      .handle("createWebhook", ({ payload }) => told(messaging.createWebhook(payload)))
      .handle("updateWebhook", ({ path, payload }) => Effect.map(told(messaging.updateWebhook(path.id, payload)), withoutSecret))
      .handle("deleteWebhook", ({ path }) => told(messaging.deleteWebhook(path.id)))))

// --- callbacks ---

/** A secret is shown once, in the answer that made it. */
const hidden = ({ secret: _, ...endpoint }: Endpoint): CallbackRecord => endpoint

const refused = (error: OutboundError): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("address-refused", { certainty: "not-sent", next: "fix", detail: error.why })

const unknownCallback = ResolveAddress.notFound("no callback address by that id is known here")

/** As Standard Webhooks has it. */
const mintSecret = Effect.sync(() => Redacted.make(`whsec_${randomBytes(24).toString("base64")}`))

const malformed = (detail: string) => Effect.fail(ProblemDetails.make("malformed", { detail, certainty: "not-sent", next: "fix" }))

/** What an address waits for must be able to come. Events of other dialects are the vendor's words, and are theirs to know. */
const awaited = (
  dialect: Dialect,
  { events = [], lines = [] }: { readonly events?: ReadonlyArray<string>; readonly lines?: ReadonlyArray<LineName> },
  known: ReadonlySet<LineName>
): Effect.Effect<void, ProblemDetails.ProblemDetails> => {
  const wrong = dialect === "neutral" ? EventTypes.findUnknownType(events) : undefined
  if (wrong !== undefined) return malformed(`events names something that no event is called; ${wrong}`)
  const stranger = lines.find((line) => !known.has(line))
  if (stranger === undefined) return Effect.void
  const names = Array.from(known)
  return malformed(
    `lines names a line that no carrier in use has; lines are ${names.join(", ") || "none"}; ${NearestWord.noneOf(stranger, names)}`
  )
}

export const callbacks = HttpApiBuilder.group(
  GatewayApi,
  "callbacks",
  (handlers) =>
    Effect.map(Effect.all([Callbacks, Messaging]), ([callbacks, { carriers }]) => {
      const known = new Set(carriers.flatMap(({ lines }) => Array.from(lines.keys())))
      return handlers
        .handle("listCallbacks", () => Effect.map(callbacks.list(), (endpoints) => ({ items: endpoints.map(hidden) })))
        .handle("createCallback", ({ payload: { active = true, dialect = "neutral", events = [], lines = [], secret, url, version } }) =>
          Effect.gen(function*() {
            yield* awaited(dialect, { events, lines }, known)
            const made = secret ?? (dialect === "neutral" ? yield* mintSecret : undefined)
            return yield* Effect.mapError(
              callbacks.create({
                url,
                dialect,
                events,
                lines,
                active,
                ...(made === undefined ? {} : { secret: made }),
                ...(version === undefined ? {} : { version })
              }),
              refused
            )
          }))
        .handle("getCallback", ({ path }) =>
          Effect.flatMap(
            callbacks.find(path.id),
            Option.match({
              onNone: () =>
                unknownCallback,
              onSome: (found) =>
                Effect.succeed(hidden(found))
            })
          ))
        .handle("updateCallback", ({ path, payload }) =>
          Effect.gen(function*() {
            const endpoint = yield* callbacks.find(path.id)
            if (Option.isSome(endpoint)) yield* awaited(endpoint.value.dialect, payload, known)
            const updated = yield* Effect.mapError(callbacks.update(path.id, payload), refused)
            return yield* Option.match(updated, {
              onNone: () => unknownCallback,
              onSome: (found) => Effect.succeed(hidden(found))
            })
          }))
        .handle("deleteCallback", ({ path }) => Effect.flatMap(callbacks.remove(path.id), (was) => was ? Effect.void : unknownCallback))
        .handle("listDeadLetters", ({ urlParams: { limit = 100 } }) => Effect.map(callbacks.deadLetters(limit), (items) => ({ items })))
        .handle("redeliver", ({ path }) =>
          Effect.flatMap(callbacks.redeliver(path.id), (was) =>
            was ? Effect.void : ResolveAddress.notFound("no dead letter by that id is known here")))
    })
)
