/** Serves lines with their audits, contact cards, blocked handles, and the check of a handle's services at Linq. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import type { Call, Handler, Route } from "../../http/pathTable.ts"
import type { Line } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import * as State from "./state.ts"

const reputation = ({ flagged }: Line) => {
  const status = flagged ? "CRITICAL" : "HEALTHY"
  return { status, doc_url: `https://docs.linqapp.com/guides/phone-numbers/phone-reputation#${status.toLowerCase()}` }
}

const list = (state: State.LinqState): Handler<Refusal.Refusal> => () =>
  Effect.sync(() =>
    Http.json(200, {
      phone_numbers: World.linesOf(state.world, "linq").map((line) => ({
        id: line.id,
        phone_number: line.number,
        forwarding_number: line.forwarding,
        reputation: reputation(line),
        health_status: reputation(line)
      }))
    })
  )

const listDeprecated = (state: State.LinqState): Handler<Refusal.Refusal> => () =>
  Effect.sync(() =>
    Http.json(200, {
      phone_numbers: World.linesOf(state.world, "linq").map(({ id, number }) => ({
        id,
        phone_number: number,
        type: null,
        country_code: null,
        capabilities: { sms: true, mms: true, voice: false }
      }))
    })
  )

const update = (state: State.LinqState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const line = World.linesOf(state.world, "linq").find(({ id }) => id === call.params["phoneNumberId"])
    if (line === undefined) return yield* Refusal.refuse(404, 2019, "Phone number not found")
    const { forwarding_number: forwarding } = yield* Requests.body(call)
    if (forwarding === undefined) return yield* Refusal.missing("forwarding_number")
    if (forwarding !== null && forwarding !== "" && (!Json.isString(forwarding) || !Json.isE164(forwarding))) {
      return yield* Refusal.notE164
    }
    line.forwarding = Json.isString(forwarding) && forwarding !== "" ? forwarding : null
    return Http.json(200, { id: line.id, phone_number: line.number, forwarding_number: line.forwarding })
  })

const listed = (call: Call, name: string): ReadonlyArray<string> => call.request.query.getAll(name).flatMap((value) => value.split(","))

const available = (state: State.LinqState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    // the official Go client joins the values with commas, the other ones repeat the name
    const to = listed(call, "to")
    const excluded = listed(call, "exclude_from")
    if (!to.every(Json.isHandle) || !excluded.every(Json.isE164)) return yield* Refusal.notE164
    const lines = World.linesOf(state.world, "linq")
    const candidates = lines.filter(({ number }) => !excluded.includes(number))
    if (candidates.length === 0) return yield* Refusal.invalidValue("All lines are excluded")
    const healthy = candidates.filter(({ flagged }) => !flagged)
    const sticky = healthy.find(({ number }) => to.length > 0 && State.findChat(state, number, to) !== undefined)
    const line = sticky ?? healthy[0]
    if (line === undefined) return yield* Refusal.refuse(503, 4004, "No sending line is available")
    return Http.json(200, {
      phone_number: line.number,
      vcf_url: `${state.origin}/cdn/vcf/${line.number.slice(1)}.vcf`
    })
  })

const check = (state: State.LinqState, service: "iMessage" | "RCS"): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const { address: given, from } = yield* Requests.body(call)
    const address = yield* Requests.handle(given, "address")
    if (service === "RCS" && !Json.isE164(address)) return yield* Refusal.notE164
    if (Json.isString(from) && World.ownLine(state.world, "linq", from) === undefined) return yield* Refusal.lineDenied
    const now = state.world.time.now()
    if (state.rateLimits && state.lastCapabilityCheck !== null && now - state.lastCapabilityCheck < 10_000) {
      const retryAfter = Math.ceil((10_000 - (now - state.lastCapabilityCheck)) / 1000)
      return yield* Effect.fail(
        new Refusal.Refusal({
          status: 429,
          code: 1007,
          message: `Rate limited. Try again in ${retryAfter} seconds.`,
          retryAfter
        })
      )
    }
    state.lastCapabilityCheck = now
    const person = World.person(state.world, address)
    return Http.json(200, { address, available: person.service === service })
  })

const viewCard = (card: State.Card) => ({
  phone_number: card.phoneNumber,
  first_name: card.firstName,
  ...(card.lastName === null ? {} : { last_name: card.lastName }),
  ...(card.imageUrl === null ? {} : { image_url: card.imageUrl }),
  is_active: true
})

const listCards = (state: State.LinqState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const number = call.request.query.get("phone_number")
    if (number !== null && World.ownLine(state.world, "linq", number) === undefined) return yield* Refusal.lineDenied
    const cards = Array.from(state.cards.values()).filter(({ phoneNumber }) => number === null || phoneNumber === number)
    return Http.json(200, { contact_cards: cards.map(viewCard) })
  })

const optionalText = (value: unknown, field: string): Effect.Effect<string | undefined, Refusal.Refusal> =>
  value === undefined || Json.isString(value)
    ? Effect.succeed(value)
    : Refusal.invalidBody(`${field} must be a string`)

const createCard = (state: State.LinqState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const body = yield* Requests.body(call)
    const number = yield* Requests.handle(body["phone_number"], "phone_number")
    const first = yield* optionalText(body["first_name"], "first_name")
    if (first === undefined || first === "") return yield* Refusal.missing("first_name")
    if (World.ownLine(state.world, "linq", number) === undefined) return yield* Refusal.lineDenied
    if (state.cards.has(number)) {
      return yield* Refusal.refuse(409, 2014, "A contact card already exists for this phone number")
    }
    const card: State.Card = {
      phoneNumber: number,
      firstName: first,
      lastName: (yield* optionalText(body["last_name"], "last_name")) ?? null,
      imageUrl: (yield* optionalText(body["image_url"], "image_url")) ?? null
    }
    state.cards.set(number, card)
    return Http.json(200, viewCard(card))
  })

const updateCard = (state: State.LinqState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const number = call.request.query.get("phone_number")
    if (number === null) return yield* Refusal.missing("phone_number")
    if (World.ownLine(state.world, "linq", number) === undefined) return yield* Refusal.lineDenied
    const card = state.cards.get(number)
    if (card === undefined) return yield* Refusal.refuse(404, 2012, "Contact card not found")
    const body = yield* Requests.body(call)
    card.firstName = (yield* optionalText(body["first_name"], "first_name")) ?? card.firstName
    card.lastName = (yield* optionalText(body["last_name"], "last_name")) ?? card.lastName
    card.imageUrl = (yield* optionalText(body["image_url"], "image_url")) ?? card.imageUrl
    return Http.json(200, viewCard(card))
  })

// --- blocked handles: linq-go 0.38.3 (blockedhandle.go), read 2026-11 ---

const shortCode = /^\d{3,8}$/
const senderId = /^[A-Za-z0-9]{1,11}$/

/** The handle as Linq keeps it: an e-mail address in lower case, anything else as it is. */
const blockable = (value: unknown): Effect.Effect<string, Refusal.Refusal> => {
  if (value === undefined) return Refusal.missing("handle")
  if (!Json.isString(value)) return Refusal.invalidBody("handle must be a string")
  const handle = value.includes("@") ? value.toLowerCase() : value
  return Json.isHandle(handle) || shortCode.test(handle) || senderId.test(handle)
    ? Effect.succeed(handle)
    : Refusal.invalidValue("handle must be a phone number, an e-mail address, a short code or a sender ID")
}

const viewBlocked = ({ at, handle, reason }: State.Blocked) => ({
  handle,
  blocked_at: Json.iso(at),
  ...(reason === null ? {} : { reason })
})

const listBlocked = (state: State.LinqState): Handler<Refusal.Refusal> => () =>
  Effect.sync(() => Http.json(200, { blocked_handles: Array.from(state.blocked.values(), viewBlocked).reverse() }))

const block = (state: State.LinqState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const body = yield* Requests.body(call)
    const handle = yield* blockable(body["handle"])
    const reason = body["reason"]
    if (reason !== undefined && !Json.isString(reason)) return yield* Refusal.invalidBody("reason must be a string")
    const entry = state.blocked.get(handle) ?? { handle, reason: reason ?? null, at: state.world.time.now() }
    state.blocked.set(handle, entry)
    return Http.json(200, { blocked_handle: viewBlocked(entry) })
  })

const unblock = (state: State.LinqState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    state.blocked.delete(yield* blockable((yield* Requests.body(call))["handle"]))
    return Http.empty(204)
  })

// --- audits of a line's reputation: linq-go 0.38.3, read 2026-11. How long one runs and rests is not published ---

const auditRuns = 60_000
const auditRests = 3_600_000

const audited = (state: State.LinqState, call: Call): Effect.Effect<Line, Refusal.Refusal> => {
  const line = World.ownLine(state.world, "linq", call.params["phoneNumber"] ?? "")
  return line === undefined ? Refusal.refuse(404, 2019, "Phone number not found") : Effect.succeed(line)
}

const startAudit = (state: State.LinqState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const line = yield* audited(state, call)
    const before = state.audits.get(line.number)
    const now = state.world.time.now()
    const since = before === undefined ? auditRests : now - before.startedAt
    if (since < auditRuns) return yield* Refusal.refuse(409, 2015, "An audit is already running")
    if (since < auditRests) {
      const retryAfter = Math.ceil((auditRests - since) / 1000)
      return yield* Effect.fail(new Refusal.Refusal({ status: 429, code: 1007, message: "An audit ran recently", retryAfter }))
    }
    const audit = { id: state.world.ids.uuid(), startedAt: now }
    state.audits.set(line.number, audit)
    return Http.json(200, { audit_id: audit.id, status: "pending" })
  })

const readAudit = (state: State.LinqState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const line = yield* audited(state, call)
    const audit = state.audits.get(line.number)
    if (audit === undefined || audit.id !== call.params["auditId"]) return yield* Refusal.refuse(404, 2019, "Audit not found")
    const doneAt = audit.startedAt + auditRuns
    if (state.world.time.now() < doneAt) return Http.json(200, { audit_id: audit.id, status: "pending" })
    return Http.json(200, {
      audit_id: audit.id,
      status: "complete",
      phone: line.number,
      generated_at: Json.iso(doneAt),
      report: {
        severity: line.flagged ? "CRITICAL" : "HEALTHY",
        primary_driver: line.flagged ? "flagged" : "",
        drivers: line.flagged ? [{ key: "flagged", metric: "status", summary: "The line is flagged" }] : [],
        action_items: [],
        evidence: { unhealthy_chats: [], opt_out_chats: [] },
        summary_markdown: line.flagged ? "The line is flagged." : "The line is healthy."
      }
    })
  })

export const routes = (state: State.LinqState): ReadonlyArray<Route<Refusal.Refusal>> => [
  ["GET", "/v3/phone_numbers", list(state)],
  ["PUT", "/v3/phone_numbers/:phoneNumberId", update(state)],
  ["GET", "/v3/phonenumbers", listDeprecated(state)],
  ["GET", "/v3/available_number", available(state)],
  ["POST", "/v3/capability/check_imessage", check(state, "iMessage")],
  ["POST", "/v3/capability/check_rcs", check(state, "RCS")],
  ["GET", "/v3/contact_card", listCards(state)],
  ["POST", "/v3/contact_card", createCard(state)],
  ["PATCH", "/v3/contact_card", updateCard(state)],
  ["GET", "/v3/blocked_handles", listBlocked(state)],
  ["POST", "/v3/blocked_handles", block(state)],
  ["DELETE", "/v3/blocked_handles", unblock(state)],
  ["POST", "/v3/phone_numbers/:phoneNumber/reputation_audit", startAudit(state)],
  ["GET", "/v3/phone_numbers/:phoneNumber/reputation_audit/:auditId", readAudit(state)]
]
