/**
 * Serves lines at Sendblue: their state, the new people that they may write to, the number that gets their calls, FaceTime calls, and the name and
 * photo that they share.
 */
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as PathTable from "../../http/pathTable.ts"
import type { Line } from "../../world/model.ts"
import * as NewContacts from "../../world/newContacts.ts"
import * as World from "../../world/world.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import * as State from "./state.ts"

/** The state of a line, as lists and events have it. */
export const stateOf = (state: State.SendblueState, line: Line) => {
  const changedAt = state.lineChanges.get(line.number)
  return {
    worker_id: line.id,
    sendblue_number: line.number,
    status: line.flagged ? "DEGRADED" : "ONLINE",
    assignment: line.endsAt === null ? "assigned" : "grace_period",
    ...(line.endsAt === null ? {} : { effective_until: Json.iso(line.endsAt) }),
    status_changed_at: changedAt === undefined ? null : Json.iso(changedAt)
  }
}

const lineState = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => () =>
  Effect.sync(() =>
    Http.json(200, {
      status: "OK",
      snapshot_at: Json.iso(state.world.time.now()),
      data: World.linesOf(state.world, "sendblue").map((line) => stateOf(state, line))
    })
  )

const list = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => () =>
  Effect.sync(() => Http.json(200, { numbers: World.linesOf(state.world, "sendblue").map(({ number }) => number) }))

const iso = (at: number | null): string | null => at === null ? null : Json.iso(at)

/** A line without numbers, because the limits do not hold or cannot be read. The page shows no such line, so the windows are left out. */
const viewUsage = (state: State.SendblueState, { number }: Line) => {
  const { knownForDays, reports } = state.world.lineLimits
  const sampledAt = Json.iso(state.world.time.now())
  if (reports === "unavailable") return { phone: number, state: "unavailable", sampledAt, availableAt: null }
  const { availableAt, daily, hourly, state: word } = NewContacts.usageOf(state.world, "sendblue", number)
  const day = Struct.omit(daily, "availableAt")
  const hour = Struct.omit(hourly, "availableAt")
  return {
    phone: number,
    state: word,
    sampledAt,
    newContactLookbackDays: knownForDays,
    hourly: { ...hour, nextSlotAt: iso(hour.nextSlotAt) },
    daily: { ...day, nextSlotAt: iso(day.nextSlotAt), resetsAt: iso(day.resetsAt) },
    availableAt: iso(availableAt)
  }
}

const ofOneLine = Refusal.refuse(403, "This token is limited to one line")

const mayReport = ({ world }: State.SendblueState): Effect.Effect<void, Refusal.Refusal> =>
  world.lineLimits.reports === "forbidden" ? ofOneLine : Effect.void

// sendblue's newest client (lines), read 2026-11: the usage takes no parameter, and is for the account. A token for some lines gets 403, and may
// ask for the status of a contact at its own lines. What any other refusal looks like is not known
const usage = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => ({ request }) =>
  Effect.zipRight(
    State.isOfLines(state) ? ofOneLine : mayReport(state),
    request.query.size > 0
      ? Refusal.refuse(400, "No query parameter is accepted")
      : Effect.sync(() => {
        const enabled = state.world.lineLimits.reports !== "off"
        const lines = enabled ? World.linesOf(state.world, "sendblue").map((line) => viewUsage(state, line)) : []
        return Http.json(200, { status: "OK", enabled, lines })
      })
  )

const contactStatus = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => ({ request: { query } }) =>
  Effect.gen(function*() {
    yield* mayReport(state)
    const names = Array.from(query.keys())
    const given = query.get("number") ?? ""
    const of = query.get("sendblue_number") ?? ""
    if (names.length !== 2 || given === "" || of === "" || given.length > 64 || of.length > 64) {
      return yield* Refusal.refuse(400, "number and sendblue_number are required, and nothing else")
    }
    const number = Requests.toE164(given)
    const line = Requests.toE164(of)
    if (number === undefined || line === undefined) return yield* Refusal.refuse(400, "Invalid phone number")
    if (World.ownLine(state.world, "sendblue", line) === undefined) return yield* Refusal.refuse(404, "Line not found")
    if (!State.mayUse(state, line)) return yield* ofOneLine
    const { knownForDays, reports } = state.world.lineLimits
    const isUnknown = reports !== "told"
    const known = NewContacts.isKnown(state.world, "sendblue", line, number)
    return Http.json(200, {
      status: "OK",
      number,
      sendblue_number: line,
      classification: isUnknown ? "unavailable" : known ? "known" : "new",
      known_contact: isUnknown ? null : known,
      new_contact_lookback_days: isUnknown ? null : knownForDays,
      sampled_at: Json.iso(state.world.time.now())
    })
  })

const find = (state: State.SendblueState, call: PathTable.Call): Effect.Effect<Line, Refusal.Refusal> => {
  const line = World.ownLine(state.world, "sendblue", PathTable.param(call, "number"))
  return line === undefined ? Refusal.refuse(404, "Line not found") : Effect.succeed(line)
}

const forwarding = ({ forwarding: to, number }: Line) => Http.json(200, { forwarding_number: to, sendblue_number: number })

const setForwarding = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const line = yield* find(state, call)
    const to = Requests.text(yield* Requests.body(call), "forwarding_number")
    if (to === undefined || !Json.isE164(to)) return yield* Refusal.refuse(400, "Invalid forwarding_number")
    line.forwarding = to
    return forwarding(line)
  })

const clearForwarding = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(find(state, call), (line) => {
    line.forwarding = null
    return forwarding(line)
  })

// --- FaceTime ---

// docs.sendblue.com (calling), read 2026-11: it needs a line that was bought for FaceTime. The sandbox takes every line for one
const startCall = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const { fromNumber, phoneNumber } = yield* Requests.body(call)
    const line = yield* ownLine(state, fromNumber)
    if (!Json.isString(phoneNumber) || !Json.isE164(phoneNumber)) return yield* Refusal.refuse(400, "phoneNumber must be in E.164 format")
    World.phone(state.world, phoneNumber).calls.push({ line, at: state.world.time.now() })
    return Http.json(200, {
      status: "OK",
      message: "FaceTime call started",
      agora: {
        appId: state.world.ids.hex(32),
        channelName: `facetime-${state.world.ids.uuid()}`,
        token: state.world.ids.hex(32),
        uid: 1
      }
    })
  })

// --- names and photos ---

// docs.sendblue.com (contact-sharing), and callers of the newer API, read 2026-11-30. No source shows the refusals, so their sentences are the
// sandbox's own.

const day = 24 * 60 * 60_000

const viewProfile = (profile: State.Profile | undefined) =>
  profile === undefined ? { hasProfile: false } : {
    hasProfile: true,
    sharingEnabled: true,
    hasPhoto: profile.photo !== null,
    firstName: profile.firstName,
    lastName: profile.lastName,
    displayName: profile.displayName
  }

const ownLine = (state: State.SendblueState, number: unknown): Effect.Effect<string, Refusal.Refusal> =>
  Json.isString(number) && World.ownLine(state.world, "sendblue", number) !== undefined && State.mayUse(state, number)
    ? Effect.succeed(number)
    : Refusal.refuse(400, "fromNumber is not a line of the account")

const readProfile = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => ({ request }) =>
  Effect.map(
    ownLine(state, request.query.get("fromNumber")),
    (line) => Http.json(200, { status: "OK", data: viewProfile(state.profiles.get(line)) })
  )

/** The value of a name after a request: absent keeps it, and an empty text clears it. */
const changed = (before: string | null | undefined, given: unknown): string | null =>
  given === undefined ? before ?? null : Json.isString(given) && given !== "" ? given : null

const writeProfile = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const line = yield* ownLine(state, fields["fromNumber"])
    const { clearPhoto, displayName, firstName, lastName, photoUrl } = fields
    if (clearPhoto === true && photoUrl !== undefined) return yield* Refusal.refuse(400, "clearPhoto cannot be used with photoUrl")
    if (photoUrl !== undefined && (!Json.isString(photoUrl) || Json.parseUrl(photoUrl) === undefined)) {
      return yield* Refusal.refuse(400, "photoUrl must be a public URL")
    }
    const before = state.profiles.get(line)
    const profile: State.Profile = {
      firstName: changed(before?.firstName, firstName),
      lastName: changed(before?.lastName, lastName),
      displayName: changed(before?.displayName, displayName),
      photo: clearPhoto === true ? null : changed(before?.photo, photoUrl)
    }
    state.profiles.set(line, profile)
    return Http.json(200, { status: "OK", data: viewProfile(profile) })
  })

const removeProfile = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const line = yield* ownLine(state, (yield* Requests.body(call))["fromNumber"])
    state.profiles.delete(line)
    return Http.json(200, { status: "OK" })
  })

/** Whether the line and the person have a direct conversation by iMessage. */
const isTalking = (state: State.SendblueState, line: string, person: string): boolean =>
  World.messagesOf(state.world, "sendblue").some((message) =>
    message.line === line && !message.group && message.service === "iMessage" && (message.from === person || message.to.includes(person))
  )

const shareProfile = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const line = yield* ownLine(state, fields["fromNumber"])
    const { toNumber } = fields
    if (!Json.isString(toNumber) || !Json.isE164(toNumber)) return yield* Refusal.refuse(400, "toNumber must be in E.164 format")
    const profile = state.profiles.get(line)
    if (profile === undefined) return yield* Refusal.refuse(400, "This line has no profile to share")
    if (!isTalking(state, line, toNumber)) return yield* Refusal.refuse(404, "No direct iMessage conversation with this number")
    const now = state.world.time.now()
    const pair = `${line} ${toNumber}`
    const sharedAt = state.shares.get(pair)
    if (sharedAt !== undefined && now - sharedAt < day) {
      return Http.json(200, { status: "OK", requested: false, deduplicated: true })
    }
    state.shares.set(pair, now)
    const name = profile.displayName ?? [profile.firstName, profile.lastName].filter((part) => part !== null).join(" ")
    World.phone(state.world, toNumber).contactCards.push({ line, name, at: now })
    return Http.json(200, { status: "OK", requested: true, deduplicated: false })
  })

export const routes = (state: State.SendblueState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["GET", "/api/v2/lines/state", lineState(state)],
  ["GET", "/api/v2/lines/usage", usage(state)],
  ["GET", "/api/v2/lines/contact-status", contactStatus(state)],
  ["GET", "/api/lines", list(state)],
  ["GET", "/api/lines/:number/call-forwarding", (call) => Effect.map(find(state, call), forwarding)],
  ["GET", "/api/v2/contact-sharing/state", readProfile(state)],
  ["POST", "/api/v2/contact-sharing/profile", writeProfile(state)],
  ["DELETE", "/api/v2/contact-sharing/profile", removeProfile(state)],
  ["POST", "/api/v2/contact-sharing/share", shareProfile(state)],
  ["POST", "/facetime/start-call", startCall(state)],
  ["PUT", "/api/lines/:number/call-forwarding", setForwarding(state)],
  ["DELETE", "/api/lines/:number/call-forwarding", clearForwarding(state)]
]
