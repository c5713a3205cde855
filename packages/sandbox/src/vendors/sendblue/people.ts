/** Serves contacts at Sendblue, with their opt-outs, and the people who may use the shared line of the account. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as PathTable from "../../http/pathTable.ts"
import * as World from "../../world/world.ts"
import * as Events from "./events.ts"
import * as EventStream from "./eventStream.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import type { Contact, SendblueState, VerifiedContact } from "./state.ts"

const writable = [
  "first_name",
  "last_name",
  "company_name",
  "assigned_to_email",
  "sendblue_number",
  "tags",
  "custom_variables"
]

const view = (state: SendblueState, contact: Contact) => ({
  contact_id: contact.id,
  phone: contact.phone,
  first_name: null,
  last_name: null,
  company_name: null,
  assigned_to_email: null,
  sendblue_number: null,
  tags: [],
  custom_variables: {},
  ...contact.fields,
  opt_out: state.world.people.get(contact.phone)?.optedOutOf.has("sendblue") ?? false,
  verified: contact.verified,
  created_at: Json.iso(contact.createdAt)
})

const chosen = (fields: Json.JsonObject): Json.JsonObject =>
  Object.fromEntries(writable.flatMap((name) => fields[name] === undefined ? [] : [[name, fields[name]]]))

const save = (state: SendblueState, phone: string, fields: Json.JsonObject): Contact => {
  const known = state.contacts.get(phone)
  if (known !== undefined) {
    known.fields = { ...known.fields, ...chosen(fields) }
    return known
  }
  const contact: Contact = {
    id: state.world.ids.uuid(),
    phone,
    fields: chosen(fields),
    verified: false,
    createdAt: state.world.time.now()
  }
  state.contacts.set(phone, contact)
  Events.contactCreated(state, view(state, contact))
  EventStream.contactCreated(state, contact)
  return contact
}

const find = (state: SendblueState, call: PathTable.Call): Effect.Effect<Contact, Refusal.Refusal> => {
  const found = state.contacts.get(PathTable.param(call, "phone"))
  return found === undefined ? Refusal.refuse(404, "Contact not found") : Effect.succeed(found)
}

const validNumber = (fields: Json.JsonObject): Effect.Effect<string, Refusal.Refusal> => {
  const number = Requests.text(fields, "number")
  if (number === undefined) return Refusal.refuse(400, "Missing fields")
  return Json.isHandle(number) ? Effect.succeed(number) : Refusal.refuse(400, "Invalid phone number")
}

const create = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const number = yield* validNumber(fields)
    if (state.contacts.has(number) && fields["update_if_exists"] !== true) {
      return yield* Refusal.refuse(409, "Contact already exists")
    }
    return Http.json(200, { status: "OK", contact: view(state, save(state, number, fields)) })
  })

/**
 * Makes a contact for each person who opted out and has none. The way of the opt-out does not matter: the keywords write the same record
 * (sendblue 3.17.0, read 2026-11-29).
 */
const recordOptOuts = (state: SendblueState): void => {
  for (const [phone, person] of state.world.people) {
    if (!person.optedOutOf.has("sendblue") || state.contacts.has(phone)) continue
    state.contacts.set(phone, { id: state.world.ids.uuid(), phone, fields: {}, verified: false, createdAt: state.world.time.now() })
  }
}

const list = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.sync(() => {
    recordOptOuts(state)
    const phone = call.request.query.get("phone_number")
    const since = Date.parse(call.request.query.get("created_at_gte") ?? "1970-01-01")
    const offset = Requests.integer(call, "offset", 0, 10_000)
    const limit = Requests.integer(call, "limit", 100, 1000)
    const contacts = Array.from(state.contacts.values())
      .filter((contact) => (phone === null || contact.phone === phone) && contact.createdAt >= since)
    if (call.request.query.get("order_direction") === "desc") contacts.reverse()
    return Http.json(200, contacts.slice(offset, offset + limit).map((contact) => view(state, contact)))
  })

const retrieve = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(find(state, call), (contact) => Http.json(200, { status: "OK", contact: view(state, contact) }))

const setOptOut = (state: SendblueState, number: string, optedOut: boolean): void => {
  const { optedOutOf } = World.person(state.world, number)
  if (optedOut) optedOutOf.add("sendblue")
  else optedOutOf.delete("sendblue")
}

const update = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const contact = yield* find(state, call)
    const fields = yield* Requests.body(call)
    // It changes the same record as the words that opt out (sendblue 3.17.0, read 2026-11-30).
    if (typeof fields["opt_out"] === "boolean") setOptOut(state, contact.phone, fields["opt_out"])
    return Http.json(200, { status: "OK", contact: view(state, save(state, contact.phone, fields)) })
  })

const remove = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(find(state, call), ({ phone }) => {
    state.contacts.delete(phone)
    return Http.json(200, { status: "OK" })
  })

const count = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => () =>
  Effect.sync(() => Http.json(200, { count: state.contacts.size }))

const optOut = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const number = yield* validNumber(fields)
    const optedOut = fields["opted_out"] !== false
    setOptOut(state, number, optedOut)
    return Http.json(200, { status: "OK", number, opted_out: optedOut })
  })

const verify = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const number = yield* validNumber(yield* Requests.body(call))
    save(state, number, {}).verified = true
    return Http.json(200, { status: "OK" })
  })

const createMany = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const { contacts } = yield* Requests.body(call)
    if (!Array.isArray(contacts)) return yield* Refusal.refuse(400, "Missing fields")
    const saved = (contacts as ReadonlyArray<unknown>).flatMap((given) => {
      const phone = Json.isObject(given) ? Requests.text(given, "phone") : undefined
      return Json.isObject(given) && phone !== undefined ? [view(state, save(state, phone, given))] : []
    })
    return Http.json(200, { status: "OK", contacts: saved })
  })

const removeMany = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const { contact_ids: phones } = yield* Requests.body(call)
    if (!Json.isStrings(phones)) return yield* Refusal.refuse(400, "Missing fields")
    const amount = phones.filter((phone) => state.contacts.delete(phone)).length
    return Http.json(200, { status: "OK", amount })
  })

// --- verified contacts ---

/** The shared line of the account. The sandbox takes the first of its lines for one, beside what that line does as any other. */
const sharedLine = ({ world }: SendblueState) => {
  const [line] = World.linesOf(world, "sendblue")
  return line === undefined ? null : { phone_number: line.number, type: "shared" }
}

/** A person wrote to a line. A person who is to be verified has done it by this. */
export const noteWritten = (state: SendblueState, phone: string, line: string): void => {
  const known = state.verifiedContacts.get(phone)
  if (known === undefined || known.verified || sharedLine(state)?.phone_number !== line) return
  known.verified = true
  known.updatedAt = state.world.time.now()
}

const viewVerified = ({ createdAt, phone, updatedAt, verified }: VerifiedContact) => ({
  phone_number: phone,
  verified,
  verification_status: verified ? "verified" : "pending",
  created_at: Json.iso(createdAt),
  updated_at: Json.iso(updatedAt)
})

// sendblue 3.17.0 (verified-contacts), read 2026-11-30. No source shows its refusals
const createVerified = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const given = Requests.text(yield* Requests.body(call), "phone_number")
    const phone = given === undefined ? undefined : Requests.toE164(given)
    if (phone === undefined) return yield* Refusal.refuse(400, "Invalid phone_number")
    const now = state.world.time.now()
    const contact = state.verifiedContacts.get(phone) ?? { phone, createdAt: now, updatedAt: now, verified: false }
    state.verifiedContacts.set(phone, contact)
    const line = sharedLine(state)
    return Http.json(200, {
      data: {
        contact: viewVerified(contact),
        line,
        verification_instructions: contact.verified || line === null ? null : `Ask the contact to send a message to ${line.phone_number}`
      }
    })
  })

const retrieveVerified = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.sync(() => {
    const contact = state.verifiedContacts.get(PathTable.param(call, "phone"))
    return Http.json(200, { data: { contact: contact === undefined ? null : viewVerified(contact), line: sharedLine(state) } })
  })

const listVerified = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => () =>
  Effect.sync(() =>
    Http.json(200, { data: { contacts: Array.from(state.verifiedContacts.values(), viewVerified), line: sharedLine(state) } })
  )

export const routes = (state: SendblueState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["POST", "/api/v2/contacts", create(state)],
  ["GET", "/api/v2/contacts", list(state)],
  ["DELETE", "/api/v2/contacts", removeMany(state)],
  ["GET", "/api/v2/contacts/count", count(state)],
  ["POST", "/api/v2/contacts/opt-out", optOut(state)],
  ["POST", "/api/v2/contacts/verify", verify(state)],
  ["POST", "/api/v2/contacts/bulk", createMany(state)],
  ["GET", "/api/v2/contacts/:phone", retrieve(state)],
  ["PUT", "/api/v2/contacts/:phone", update(state)],
  ["DELETE", "/api/v2/contacts/:phone", remove(state)],
  ["POST", "/v3/verified-contacts", createVerified(state)],
  ["GET", "/v3/verified-contacts", listVerified(state)],
  ["GET", "/v3/verified-contacts/:phone", retrieveVerified(state)]
]
