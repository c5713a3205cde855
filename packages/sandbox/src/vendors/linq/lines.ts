/** Serves lines, contact cards, and the check of a handle's services at Linq. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import type { Handler, Route } from "../../http/pathTable.ts"
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

const available = (state: State.LinqState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const to = call.request.query.getAll("to")
    const excluded = call.request.query.getAll("exclude_from")
    if (!to.every(Json.isHandle)) return yield* Refusal.notE164
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

export const routes = (state: State.LinqState): ReadonlyArray<Route<Refusal.Refusal>> => [
  ["GET", "/v3/phone_numbers", list(state)],
  ["PUT", "/v3/phone_numbers/:phoneNumberId", update(state)],
  ["GET", "/v3/phonenumbers", listDeprecated(state)],
  ["GET", "/v3/available_number", available(state)],
  ["POST", "/v3/capability/check_imessage", check(state, "iMessage")],
  ["POST", "/v3/capability/check_rcs", check(state, "RCS")],
  ["GET", "/v3/contact_card", listCards(state)],
  ["POST", "/v3/contact_card", createCard(state)],
  ["PATCH", "/v3/contact_card", updateCard(state)]
]
