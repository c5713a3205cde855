/** Lines: their numbers, their health, where their calls go, and their contact cards. */
import type { ContactCard } from "@interline/core/ContactCard"
import * as Handle from "@interline/core/Handle"
import type { HealthStatus, LineHealth } from "@interline/core/Health"
import type { LineName } from "@interline/core/Line"
import { present } from "@interline/core/Optional"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as KeyAccess from "../../http/KeyAccess.ts"
import * as PathTable from "../kit/pathTable.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import { numberOf, type Services } from "./services.ts"
import * as Wire from "./wire.ts"

interface Shown {
  readonly line: LineName
  readonly number: string
}

const linesOf = (services: Services): ReadonlyArray<Shown> =>
  Array.from(new Set(services.messaging.carriers.flatMap(({ lines }) => Array.from(lines.keys()))))
    .flatMap((line) => {
      const number = numberOf(services, line)
      return number === undefined ? [] : [{ line, number }]
    })

// a line has the health of its best number, because that number sends
const wellness = { healthy: 4, unknown: 3, "opted-out": 2, "at-risk": 1, critical: 0 } as const satisfies Record<HealthStatus, number>

const toStatus = ({ available, status }: LineHealth): HealthStatus => available ? status : "critical"

const pickBest = (found: ReadonlyArray<LineHealth>): HealthStatus =>
  found.map(toStatus).reduce<HealthStatus>(
    (left, right) => wellness[left] >= wellness[right] ? left : right,
    found.length === 0 ? "unknown" : "critical"
  )

const list = (services: Services) => (call: Request.Call) =>
  Effect.map(Refusal.lift(services.messaging.listLines()), (found) =>
    Refusal.json(call, 200, {
      phone_numbers: linesOf(services).map(({ line, number }) => {
        const here = found.filter(({ name }) => name === line)
        const reputation = Wire.reputation(pickBest(here))
        return {
          id: Wire.lineId(line),
          phone_number: number,
          forwarding_number: here.find(({ forwardingNumber }) => forwardingNumber !== undefined)?.forwardingNumber ?? null,
          reputation,
          health_status: reputation
        }
      })
    }))

const listDeprecated = (services: Services) => (call: Request.Call) =>
  Effect.succeed(Refusal.json(call, 200, {
    phone_numbers: linesOf(services).map(({ line, number }) => ({
      id: Wire.lineId(line),
      phone_number: number,
      type: null,
      country_code: null
    }))
  }))

const update = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const { forwarding_number: wire } = yield* Request.decode(Request.UpdatePhoneNumber)(call.body)
    const found = linesOf(services).find(({ line }) => Wire.lineId(line) === Request.param(call, "phoneNumberId"))
    if (found === undefined) return yield* Effect.fail(Refusal.noPhoneNumber)
    const to = wire === null || wire === "" ? null : yield* Request.readHandle(wire, "forwarding_number")
    if (to !== null && !Handle.isPhone(to)) return yield* Refusal.refuseHandle("forwarding_number")
    yield* Refusal.lift(services.messaging.setForwarding(found.line, to))
    return Refusal.json(call, 200, { id: Wire.lineId(found.line), phone_number: found.number, forwarding_number: to })
  })

const writeVcard = (number: string): string => `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${number}\r\nTEL;TYPE=CELL:${number}\r\nEND:VCARD\r\n`

/** The handles in a field of the query: repeated, or with commas between them. */
const readListed = ({ query }: Request.Call, field: string) =>
  Effect.forEach(
    query.getAll(field).flatMap((value) => value.split(",")),
    (value, index) => Request.readHandle(value.trim(), `${field}.${index}`)
  )

/** The number to send from. The gateway chooses no line for a person, so it answers only if one line is left. */
const findAvailable = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    yield* readListed(call, "to")
    const excluded = yield* readListed(call, "exclude_from")
    if (!excluded.every(Handle.isPhone)) return yield* Refusal.refuseHandle("exclude_from")
    const [only, ...others] = linesOf(services).filter(({ line }) =>
      !excluded.some((number) => Option.contains(services.front.lineOf(number), line))
    )
    if (only === undefined) return yield* Refusal.refuseValue("every line is excluded")
    return others.length > 0
      ? yield* Refusal.refuseFeature(
        "several lines are configured, and the program or the routing policy decides which of them writes to a person"
      )
      : Refusal.json(call, 200, { phone_number: only.number, vcf_url: `data:text/vcard,${encodeURIComponent(writeVcard(only.number))}` })
  })

// --- contact cards ---

const cardBody = (number: string, { active, firstName, imageUrl, lastName }: ContactCard) =>
  present({ phone_number: number, first_name: firstName, last_name: lastName, image_url: imageUrl, is_active: active })

const listCards = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const asked = call.query.get("phone_number")
    const lines = asked === null
      ? linesOf(services)
      : [{ number: asked, line: yield* Request.readLine(services.front, asked, "phone_number") }]
    const found = yield* Effect.forEach(lines, ({ line, number }) =>
      Effect.map(Refusal.lift(services.messaging.getContactCard(line)), Option.map((card) => cardBody(number, card))))
    return Refusal.json(call, 200, { contact_cards: found.flatMap(Option.toArray) })
  })

const readChange = (
  { image_url, last_name }: { readonly last_name?: string | null | undefined; readonly image_url?: string | null | undefined }
) => present({ lastName: last_name ?? undefined, imageUrl: image_url ?? undefined })

const createCard = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const body = yield* Request.decode(Request.CreateContactCard)(call.body)
    const line = yield* Request.readLine(services.front, body.phone_number, "phone_number")
    const before = yield* Refusal.lift(services.messaging.getContactCard(line))
    if (Option.isSome(before)) {
      return yield* Refusal.refuse({ status: 409, code: 2014 }, "A contact card already exists for this phone number")
    }
    const made = yield* Refusal.lift(services.messaging.setContactCard(line, { firstName: body.first_name, ...readChange(body) }))
    return Refusal.json(call, 200, cardBody(body.phone_number, made))
  })

const updateCard = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const number = call.query.get("phone_number")
    if (number === null) return yield* Refusal.refuseMissing("phone_number")
    const body = yield* Request.decode(Request.UpdateContactCard)(call.body)
    const line = yield* Request.readLine(services.front, number, "phone_number")
    const before = yield* Effect.mapError(
      Effect.flatten(Refusal.lift(services.messaging.getContactCard(line))),
      (error) => error._tag === "LinqRefusal" ? error : Refusal.noContactCard
    )
    const { firstName, imageUrl, lastName } = before
    const made = yield* Refusal.lift(services.messaging.setContactCard(line, {
      firstName: body.first_name ?? firstName,
      ...present({ lastName, imageUrl }),
      ...readChange(body)
    }))
    return Refusal.json(call, 200, cardBody(number, made))
  })

export const routes = (services: Services): ReadonlyArray<Request.Route> => [
  PathTable.read("GET", "/phone_numbers", list(services)),
  PathTable.read("GET", "/phonenumbers", listDeprecated(services)),
  PathTable.once(KeyAccess.operate, "PUT", "/phone_numbers/:phoneNumberId", update(services)),
  PathTable.read("GET", "/available_number", findAvailable(services)),
  PathTable.read("GET", "/contact_card", listCards(services)),
  PathTable.once(KeyAccess.operate, "POST", "/contact_card", createCard(services)),
  PathTable.once(KeyAccess.operate, "PATCH", "/contact_card", updateCard(services))
]
