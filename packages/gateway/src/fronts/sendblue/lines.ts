/** Lines: their numbers, their health, the new people that they may write to, where their calls go, and the contact cards that they share. */
import type { ContactCard } from "@interline/core/ContactCard"
import * as Conversation from "@interline/core/Conversation"
import type { Phone } from "@interline/core/Handle"
import type { ContactStatus, HealthStatus, LineHealth, LineUsage, UsageState, UsageWindow } from "@interline/core/Health"
import type { LineName } from "@interline/core/Line"
import { present } from "@interline/core/Optional"
import type { LineStatus } from "@interline/sendblue/SendblueWords"
import type { Reply } from "@interline/sql/RequestLog"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import * as Services from "./services.ts"
import * as Wire from "./wire.ts"

/** Every configured line, once. */
const linesOf = ({ messaging }: Services.RenderServices): ReadonlyArray<LineName> =>
  Array.from(new Set(messaging.carriers.flatMap(({ lines }) => Array.from(lines.keys()))))

/** Whose account it is, under the names that messages have for it. The vendor's own command checks a key by it; no page describes it (2026-11). */
export const readAccount = (): Effect.Effect<Reply> =>
  Effect.succeed(Refusal.json(200, { status: "OK", accountEmail: Wire.account, account_email: Wire.account, plan: Wire.account }))

export const list = (services: Services.Services) => (): Effect.Effect<Reply> =>
  Effect.sync(() => {
    const numbers = linesOf(services).map((line) => Services.numberOf(services, line)).filter((number) => number !== null)
    return Refusal.json(200, { numbers })
  })

// Sendblue's words for a line that can send; one that cannot is OFFLINE. The sendblue 3.17.0 client (lines), read 2026-11-21
const words = {
  healthy: "ONLINE",
  "at-risk": "DEGRADED",
  critical: "DEGRADED",
  "opted-out": "DEGRADED",
  unknown: "UNKNOWN"
} as const satisfies Record<HealthStatus, LineStatus>

const order: ReadonlyArray<LineStatus> = ["ONLINE", "DEGRADED", "UNKNOWN", "OFFLINE"]

/** The word for the state of one number. */
export const wordOf = ({ available, status }: Pick<LineHealth, "available" | "status">): LineStatus => available ? words[status] : "OFFLINE"

/** A line has the status of its best number, because that number sends. */
const statusOf = (known: ReadonlyArray<LineHealth>): LineStatus => {
  const said = known.map(wordOf)
  return order.find((word) => said.includes(word)) ?? "UNKNOWN"
}

const listHealth = (services: Services.Services): Effect.Effect<ReadonlyArray<LineHealth>, Refusal.Refusal> =>
  Refusal.lift(services.messaging.listLines())

export const listStates = (services: Services.Services) => (): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const known = yield* listHealth(services)
    const at = yield* Clock.currentTimeMillis
    return Refusal.json(200, {
      status: "OK",
      snapshot_at: Wire.iso(at),
      data: linesOf(services).map((line) => ({
        worker_id: line,
        sendblue_number: Services.numberOf(services, line),
        status: statusOf(known.filter(({ name }) => name === line)),
        assignment: "assigned"
      }))
    })
  })

// Sendblue's words for what a line may write to new people. Sendblue's newest client (lines), read 2026-11
const usageWords = {
  available: "available",
  limited: "limited",
  paused: "paused",
  exempt: "not_applicable",
  unknown: "unavailable"
} as const satisfies Record<UsageState, string>

const iso = (at: number | undefined): string | null => at === undefined ? null : Wire.iso(at)

const viewWindow = ({ left, limit, nextSlotAt, used }: UsageWindow) => ({
  used: used ?? null,
  limit: limit ?? null,
  remaining: left ?? null,
  nextSlotAt: iso(nextSlotAt)
})

const viewUsage = (phone: string | null, usage: LineUsage | undefined, now: number) => ({
  phone,
  state: usageWords[usage?.state ?? "unknown"],
  sampledAt: Wire.iso(usage?.sampledAt ?? now),
  ...(usage?.newAfterDays === undefined ? {} : { newContactLookbackDays: usage.newAfterDays }),
  ...(usage?.hour === undefined ? {} : { hourly: viewWindow(usage.hour) }),
  ...(usage?.day === undefined ? {} : { daily: { ...viewWindow(usage.day), resetsAt: iso(usage.day.resetsAt) } }),
  availableAt: iso(usage?.availableAt)
})

/** A line has the usage that a carrier of it knows. */
export const listUsage = (services: Services.Services) => (): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const known = yield* Refusal.lift(services.messaging.listLineUsage())
    const now = yield* Clock.currentTimeMillis
    const lines = linesOf(services).map((line) => {
      const said = known.filter(({ name }) => name === line)
      return viewUsage(Services.numberOf(services, line), said.find(({ state }) => state !== "unknown") ?? said[0], now)
    })
    return Refusal.json(200, { status: "OK", enabled: true, lines })
  })

const classifications = {
  known: ["known", true],
  new: ["new", false],
  exempt: ["not_applicable", null],
  unknown: ["unavailable", null]
} as const satisfies Record<ContactStatus["status"], readonly [string, boolean | null]>

export const readContactStatus = (services: Services.Services) => ({ query }: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const from = Option.flatMap(Option.fromNullable(query.get("sendblue_number")), Request.phoneOf)
    const line = Option.flatMap(from, services.front.lineOf)
    const person = Option.flatMap(Option.fromNullable(query.get("number")), Request.phoneOf)
    if (Option.isNone(person)) return yield* Refusal.refuse(400, "number and sendblue_number are required")
    if (Option.isNone(line)) return yield* Refusal.refuse(404, "Line not found")
    const { newAfterDays, sampledAt, status } = yield* Refusal.lift(services.messaging.getContactStatus(line.value, person.value))
    const [classification, known_contact] = classifications[status]
    return Refusal.json(200, {
      status: "OK",
      number: person.value,
      sendblue_number: Option.getOrNull(from),
      classification,
      known_contact,
      new_contact_lookback_days: newAfterDays ?? null,
      sampled_at: Wire.iso(sampledAt ?? (yield* Clock.currentTimeMillis))
    })
  })

const findLine = (
  services: Services.Services,
  call: Request.Call
): Effect.Effect<{ readonly line: LineName; readonly number: string }, Refusal.Refusal> => {
  const number = Request.param(call, "number")
  return Option.match(Request.lineOf(services.front, number), {
    onNone: () => Refusal.refuse(404, "Line not found"),
    onSome: (line) => Effect.succeed({ line, number })
  })
}

const replyForwarding = (number: string, to: string | null): Reply => Refusal.json(200, { forwarding_number: to, sendblue_number: number })

/** Where the calls of a line go. Every carrier can set it; not every carrier can read it. */
export const getForwarding = (services: Services.Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { line, number } = yield* findLine(services, call)
    const known = (yield* listHealth(services)).filter(({ name }) => name === line).flatMap(({ forwardingNumber }) =>
      forwardingNumber ?? []
    )
    const [to] = known
    return to === undefined
      ? yield* Refusal.refuseFeature("No carrier of this line reports where its calls go; set it again to be sure")
      : replyForwarding(number, to)
  })

const changeForwarding = (services: Services.Services, call: Request.Call, to: Phone | null): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { line, number } = yield* findLine(services, call)
    yield* Refusal.lift(services.messaging.setForwarding(line, to))
    return replyForwarding(number, to)
  })

const decodeForward = Request.decode(Request.Forward, Request.specifying)

export const setForwarding = (services: Services.Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { forwarding_number } = yield* decodeForward(call.fields)
    const to = Request.phoneOf(forwarding_number)
    return Option.isNone(to) ? yield* Refusal.refuse(400, "Invalid forwarding_number") : yield* changeForwarding(services, call, to.value)
  })

export const deleteForwarding = (services: Services.Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  changeForwarding(services, call, null)

// --- contact cards ---

const requireLine = (services: Services.Services, number: string): Effect.Effect<LineName, Refusal.Refusal> =>
  Option.match(Request.lineOf(services.front, number), {
    onNone: () => Refusal.refuse(400, "fromNumber is not a line of the account"),
    onSome: Effect.succeed
  })

const nameOf = ({ firstName, lastName }: Pick<ContactCard, "firstName" | "lastName">): string =>
  [firstName, lastName].filter((part) => part !== undefined).join(" ")

/** A card as a profile. A carrier does not always tell whether there is a photo. */
const viewProfile = ({ active, firstName, imageUrl, lastName }: ContactCard) => ({
  hasProfile: true,
  sharingEnabled: active,
  ...(imageUrl === undefined ? {} : { hasPhoto: true }),
  firstName,
  lastName: lastName ?? null,
  displayName: nameOf({ firstName, ...present({ lastName }) })
})

export const readProfile = (services: Services.Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const line = yield* requireLine(services, call.query.get("fromNumber") ?? "")
    const card = yield* Refusal.lift(services.messaging.getContactCard(line))
    return Refusal.json(200, { status: "OK", data: Option.match(card, { onNone: () => ({ hasProfile: false }), onSome: viewProfile }) })
  })

const decodeProfile = Request.decode(Request.SetProfile, Request.specifying)

const clearsName = ({ fields }: Request.Call): boolean => ["firstName", "lastName", "displayName"].some((name) => fields[name] === "")

/** A name that is absent stays as it is. No neutral request clears a name or a photo, and no neutral card has a name to show beside the two. */
export const setProfile = (services: Services.Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { clearPhoto, displayName, firstName, fromNumber, lastName, photoUrl } = yield* decodeProfile(call.fields)
    const line = yield* requireLine(services, fromNumber)
    if (clearPhoto === true || clearsName(call)) {
      return yield* Refusal.refuseFeature("A name or a photo cannot be cleared through this gateway; set another one")
    }
    const before = Option.getOrUndefined(yield* Refusal.lift(services.messaging.getContactCard(line)))
    const first = firstName ?? before?.firstName ?? displayName
    if (first === undefined) return yield* Refusal.refuse(400, "firstName is required, because this line has no profile yet")
    const names = { firstName: first, ...present({ lastName: lastName ?? before?.lastName }) }
    if (displayName !== undefined && displayName !== nameOf(names)) {
      return yield* Refusal.refuseFeature(
        "A displayName other than the first and the last name is not carried by this gateway; leave it out"
      )
    }
    const card = yield* Refusal.lift(
      services.messaging.setContactCard(line, { ...names, ...present({ imageUrl: photoUrl ?? before?.imageUrl }) })
    )
    return Refusal.json(200, { status: "OK", data: viewProfile(card) })
  })

const decodeShare = Request.decode(Request.Share, Request.specifying)

/** Offers the contact card. Whether the vendor had shared it already is not told, so `deduplicated` is absent. */
export const share = (services: Services.Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { fromNumber, toNumber } = yield* decodeShare(call.fields)
    const line = yield* requireLine(services, fromNumber)
    const handle = Request.handleOf(toNumber)
    if (Option.isNone(handle)) return yield* Refusal.refuse(400, "Invalid phone number")
    yield* Refusal.lift(services.messaging.shareContactCard(Conversation.direct(line, handle.value)))
    return Refusal.json(200, { status: "OK", requested: true })
  })
