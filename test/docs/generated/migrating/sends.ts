/** What each field of a send becomes at the other vendor, found by translating a call with it and one without it. */
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import { isCertain, type LossKind } from "@interline/core/Loss"
import * as MessageRef from "@interline/core/MessageRef"
import * as Plan from "@interline/core/Plan"
import type { Translation } from "@interline/migration/Translator"
import { code, table } from "../../markdown.ts"
import { carriers, ours, person, support } from "../carriers.ts"
import { inWords } from "../losses.ts"
import * as Calls from "./calls.ts"
import * as Instead from "./instead.ts"
import { addressing, type Samples, samples } from "./samples.ts"

/** Fields that leave no trace in what a carrier is asked, and what holds instead. A field that leaves one may not be here. */
const notes: Readonly<Record<string, string>> = {
  status_callback: "the gateway calls the address, whichever carrier reports",
  statusCallback: "the gateway calls the address, whichever carrier reports",
  "message.idempotency_key": "the gateway itself takes care that one key sends once",
  "message.parts[].type (of a text)": "no field says it",
  exclude_from: "the gateway sends from its only line, and refuses a new chat that excludes it"
}

interface Found {
  readonly cell: string
  readonly losses: ReadonlyArray<LossKind>
}

const placed = (field: string, base: Calls.Send, sample: Calls.Send): string => {
  const places = Calls.changes(base, sample)
  const note = notes[field]
  if (places.length > 0) {
    if (note !== undefined) throw new Error(`${field} is in ${places.join()}, so it needs no note`)
    return places.map(code).join(", ")
  }
  if (note !== undefined) return note
  if (Calls.isKept(base, sample)) return "kept by the gateway, which shows it again"
  return addressing.includes(field) && Calls.requestsOf(sample).every((request) => request.includes("{chatId}"))
    ? "`{chatId}` in the path"
    : ""
}

const describe = (field: string, base: Translation, sample: Translation): Found => {
  if (base._tag !== "Send") throw new Error(`the plain call is no send: ${JSON.stringify(base)}`)
  if (sample._tag === "Refused") return { cell: `refused: ${sample.why}`, losses: [] }
  if (sample._tag !== "Send") throw new Error(`${field} makes no send of the call`)
  const { plan, unknown } = sample
  if (plan._tag === "Refused") {
    return { cell: plan.problems.map(({ message, rule }) => `refused: ${code(rule)}: ${message}`).join("; "), losses: [] }
  }
  const losses = [...plan.losses, ...unknown]
  const requests = Calls.requestsOf(sample).length
  const said = [
    placed(field, base, sample),
    ...(requests > Calls.requestsOf(base).length ? [`${requests} requests`] : []),
    ...losses.map((loss) => `${isCertain(loss) ? "lost" : "may be lost"}: ${inWords(loss)}`)
  ].filter((each) => each !== "")
  if (said.length === 0) throw new Error(`nothing is known of ${field}`)
  return { cell: said.join("; "), losses: losses.map(({ kind }) => kind) }
}

/** An earlier call to the same people, which opens the chat. */
const openingOf = (body: Calls.Fields, opening: Calls.Fields): Calls.Fields => ({
  ...opening,
  ...Object.fromEntries(Object.entries(body).filter(([name]) => addressing.includes(name)))
})

interface Row {
  readonly endpoint: string
  readonly field: string
  readonly first: Found
  readonly later: Found
}

const rowOf = async (
  direction: Calls.Direction,
  { endpoint: pattern, opening, plain }: Samples,
  field: string,
  given: Calls.Fields
): Promise<Row> => {
  const toCall = (body: Calls.Fields): Calls.Call => ({ endpoint: pattern.replace("{chatId}", "a-chat"), body })
  const sample = { ...plain, ...given }
  const first = describe(field, await Calls.translate(direction, [toCall(plain)]), await Calls.translate(direction, [toCall(sample)]))
  const later = describe(
    field,
    await Calls.translate(direction, [toCall(opening), toCall(plain)]),
    await Calls.translate(direction, [toCall(openingOf(given, opening)), toCall(sample)])
  )
  return { endpoint: pattern, field, first, later }
}

/** A reply to a message that is at the new vendor too. No recorded call names one, so this is planned. */
const replyRow = ({ from, to }: Calls.Direction): Row => {
  const carrier = carriers.find(({ id }) => id === to)
  if (carrier === undefined) throw new Error(`no carrier ${to}`)
  const ref = MessageRef.make(carrier.id, "1")
  const planned = (replyTo: Plan.PlanInput["replyTo"]) => {
    const plan = carrier.plan({
      draft: Draft.text("hello", replyTo === undefined ? {} : { replyTo: { to: ref } }),
      conversation: Conversation.direct(support, person),
      knowledge: Plan.known({ carrierId: carrier.id, id: "1" }),
      from: ours,
      fidelity: "adapt",
      ...(replyTo === undefined ? {} : { replyTo })
    })
    if (plan._tag === "Refused") throw new Error("a reply is refused")
    return plan
  }
  const reply = planned({ ref, part: 0 })
  const places = Calls.changesOf(planned(undefined).steps.map(({ body }) => body), reply.steps.map(({ body }) => body))
  const cell = [places.map(code).join(", "), ...reply.losses.map((loss) => `may be lost: ${inWords(loss)}`)].join("; ")
  const [endpoint = { endpoint: "" }] = samples[from]
  return {
    endpoint: endpoint.endpoint,
    field: from === "linq" ? "message.reply_to (a message from after the move)" : "reply_to (a message from after the move)",
    first: { cell: "such a message is never the first", losses: [] },
    later: { cell, losses: reply.losses.map(({ kind }) => kind) }
  }
}

export const rows = async (direction: Calls.Direction): Promise<ReadonlyArray<Row>> => {
  const found: Array<Row> = []
  for (const [index, each] of samples[direction.from].entries()) {
    for (const [field, given] of Object.entries(each.fields)) {
      found.push(await rowOf(direction, each, field, given))
      if (index === 0 && /^(message\.)?reply_to$/.test(field)) found.push(replyRow(direction))
    }
  }
  return found
}

/** The name of a field in code, and what is said of it in brackets. */
const named = (field: string): string => {
  const [, name = field, said = ""] = /^([^ ]+)( \(.+\))?$/.exec(field) ?? []
  return name.includes(" ") ? name : `${code(name)}${said}`
}

/** Fields of an endpoint with which the same is done share a row. */
export const sendsTable = (found: ReadonlyArray<Row>): string => {
  const groups = new Map<string, { readonly row: Row; readonly fields: Array<string> }>()
  for (const row of found) {
    const key = JSON.stringify([row.endpoint, row.first.cell, row.later.cell])
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { row, fields: [row.field] })
    else known.fields.push(row.field)
  }
  let last = ""
  return table(
    ["Endpoint", "Field", "In the first message to somebody", "In a later message"],
    Array.from(groups.values(), ({ fields, row: { endpoint, first, later } }) => {
      const shown = endpoint === last ? "" : code(endpoint)
      last = endpoint
      return [shown, fields.map(named).join(", "), first.cell, later.cell === first.cell ? "the same" : later.cell]
    })
  )
}

/** The kinds of losses in the table, and what to do about each. */
export const lossesTable = (found: ReadonlyArray<Row>, also: ReadonlyArray<LossKind>): string => {
  const kinds = new Set([...found.flatMap(({ first, later }) => [...first.losses, ...later.losses]), ...also])
  return table(
    ["Loss", "What to do instead"],
    Object.entries(Instead.losses).flatMap(([kind, instead]) =>
      Array.from(kinds).some((each) => each === kind) ? [[code(kind), instead]] : []
    )
  )
}
