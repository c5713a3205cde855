/** Keeps our side's records of people: the bindings of their conversations, their contacts with carriers, and their opt-outs. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Option from "effect/Option"
import type { Candidate } from "../../decision/Decision.ts"
import type { Binding, Contact } from "../../ledger/Ledger.ts"
import * as Affinity from "../../policy/Affinity.ts"
import type { Complete } from "../../policy/Policy.ts"
import * as Route from "../../policy/Route.ts"
import type { Person, Scenario } from "../runs/scenario.ts"
import type { Queue } from "./queue.ts"

export interface People {
  readonly bindingOf: (person: Person) => Option.Option<Binding>
  /** The person's contacts with each carrier. Empty if the policy has no settings for single carriers. */
  readonly contactsOf: (person: Person) => ReadonlyMap<CarrierId, Contact>
  readonly wroteTo: (person: Person, candidate: Candidate) => void
  readonly heardFrom: (person: Person, id: CarrierId) => void
  readonly isSuppressed: (person: Person) => boolean
  /** A carrier refused because the person opted out. After this no carrier writes to the person. */
  readonly refused: (person: Person) => void
  readonly wished: (person: Person, out: boolean, at: number) => void
}

const nobody: ReadonlyMap<CarrierId, Contact> = new Map()

const unknown: Contact = { inboundAt: undefined, outboundAt: undefined }

export const make = (scenario: Scenario, policy: Complete, queue: Queue): People => {
  const isCareful = Object.keys(policy.carriers).length > 0
  const bindings = new Map<Person, Binding>()
  const contacts = new Map<Person, Map<CarrierId, Contact>>()
  const suppressed = new Map<Person, { readonly since: number; readonly by: "error" | "event" }>()
  /** For each person: the time of the newest opt-out or opt-in that our side knows. An older one that comes later changes nothing. */
  const wishes = new Map<Person, number>()

  const bindingOf = (person: Person) => Option.fromNullable(bindings.get(person))

  const modeOf = (person: Person) => Route.modeOf(policy, person.conversation)

  const bind = (person: Person, next: Option.Option<Omit<Binding, "version">>): void => {
    if (Option.isSome(next)) bindings.set(person, { ...next.value, version: (bindings.get(person)?.version ?? 0) + 1 })
  }

  const touch = (person: Person, id: CarrierId, now: Partial<Contact>): void => {
    if (!isCareful) return
    const known = contacts.get(person) ?? new Map<CarrierId, Contact>(scenario.vendors.map((plan) => [plan.id, unknown]))
    known.set(id, { ...unknown, ...known.get(id), ...now })
    contacts.set(person, known)
  }

  /** A refusal proves that the person was opted out at that time. So an opt-in from before it changes nothing, even if it comes later. */
  const isStale = (person: Person, at: number): boolean => {
    const entry = suppressed.get(person)
    return entry?.by === "error" && entry.since > at
  }

  return {
    bindingOf,
    contactsOf: (person) => isCareful ? contacts.get(person) ?? new Map(scenario.vendors.map((plan) => [plan.id, unknown])) : nobody,
    wroteTo: (person, candidate) => {
      bind(person, Affinity.afterAcceptance(modeOf(person), bindingOf(person), candidate, queue.now()))
      touch(person, candidate.carrierId, { outboundAt: queue.now() })
    },
    heardFrom: (person, id) => {
      touch(person, id, { inboundAt: queue.now() })
      bind(person, Affinity.afterInbound(modeOf(person), bindingOf(person), id, person.conversation.line, queue.now()))
    },
    isSuppressed: (person) => suppressed.has(person),
    refused: (person) => {
      if (!suppressed.has(person)) suppressed.set(person, { since: queue.now(), by: "error" })
    },
    wished: (person, out, at) => {
      if ((wishes.get(person) ?? 0) > at) return
      wishes.set(person, at)
      if (out) suppressed.set(person, { since: queue.now(), by: "event" })
      else if (!isStale(person, at)) suppressed.delete(person)
    }
  }
}
