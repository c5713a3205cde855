/** Makes production's carrier over a model vendor. The opt-out check, the plans in steps and the looks are production's. */
import * as Capabilities from "@interline/core/Capabilities"
import * as Carrier from "@interline/core/Carrier"
import type { ChatBookService } from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import type { Draft } from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as MessageEffect from "@interline/core/MessageEffect"
import * as MessagingError from "@interline/core/MessagingError"
import * as Operation from "@interline/core/Operation"
import type { Receipt } from "@interline/core/Outcome"
import * as Plan from "@interline/core/Plan"
import type { SuppressionService } from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Looks from "../judge/looks.ts"
import * as Machine from "../processes/machine.ts"
import * as Scenario from "../runs/scenario.ts"
import type * as Fates from "./fates.ts"
import type { Queue } from "./queue.ts"
import * as Vendor from "./vendor.ts"

/** Reports each request to the judge. */
export interface Witness {
  readonly left: (vendor: Vendor.Vendor, parcel: Fates.Parcel, fate: Fates.Fate) => void
  /** The process does not wait for the answer to the request any more. */
  readonly ended: (parcel: Fates.Parcel) => void
  /** The process got the vendor's confirmation that the vendor took the request. */
  readonly answered: (parcel: Fates.Parcel, receipt: Receipt) => void
}

export interface Surroundings {
  readonly lines: Scenario.Lines
  readonly people: ReadonlyArray<Scenario.Person>
  readonly suppression: SuppressionService
  readonly chats: ChatBookService
  readonly witness: Witness
}

const record = <K extends string, V>(keys: ReadonlyArray<K>, value: V): Record<K, V> =>
  // the type of `Object.fromEntries` does not keep the names of the keys
  Object.fromEntries(keys.map((key) => [key, value])) as Record<K, V>

const capabilities: Capabilities.Capabilities = {
  operations: record(Operation.all, Capabilities.everywhere("native")),
  features: record(Capabilities.Feature.literals, Capabilities.anyService("native")),
  effects: record(MessageEffect.all, "native"),
  reactions: record(["love", "like", "dislike", "laugh", "emphasize", "question"], "native"),
  emojiReactions: "native",
  stickerReactions: "native",
  idempotent: true,
  limits: { textLength: 1_000 }
}

const number = Handle.phone("+12025550200")

/** The number of a text. The continuation of a rollout may be in front of it. */
const textOf = ({ parts: [first] }: Draft): number => first._tag === "Text" ? Number(first.text.slice(first.text.lastIndexOf(" ") + 1)) : 0

/** The number from which a delivery id was made. */
export const numberOf = (id: string): number => Number(id.slice(24, 36))

const nowhere = Effect.dieMessage("a model has no chats")

export const make = (
  vendor: Vendor.Vendor,
  queue: Queue,
  { chats, lines: lineNames, people, suppression, witness }: Surroundings
): Carrier.Carrier => {
  const { id, way } = vendor.plan
  const lines = new Map(lineNames.map((line) => [line, number]))
  const tries = new Map<string, number>()

  const parcelOf = (step: Plan.Step, key: string): Fates.Parcel => {
    const [delivery = "", generation, place] = key.split(":")
    const text = Number(step.body["text"])
    return {
      delivery: numberOf(delivery),
      generation: Number(generation),
      step: Number(place),
      parts: step.parts,
      person: people.find(({ handle }) => handle === step.body["to"]) ?? Scenario.stranger,
      text
    }
  }

  const fateOf = (parcel: Fates.Parcel, key: string): Fates.Fate => {
    const count = (tries.get(key) ?? 0) + 1
    tries.set(key, count)
    return vendor.fate(parcel, count, queue.now())
  }

  const perform = (step: Plan.Step, key: string): Effect.Effect<Receipt, MessagingError.MessagingError> => {
    const parcel = parcelOf(step, key)
    const performing = Effect.tap(
      Effect.async<Receipt, MessagingError.MessagingError>((resume) => {
        const fate = fateOf(parcel, key)
        witness.left(vendor, parcel, fate)
        vendor.receive(parcel, fate, (answer) => {
          if (answer._tag === "Took") return resume(Effect.succeed(answer.row.receipt))
          const { blame, certainty, next, reason } = answer.error
          return resume(Effect.fail(
            answer.ref === undefined
              ? answer.error
              : MessagingError.make(reason, { carrierId: id, operation: "send", certainty, blame, next, ref: answer.ref.receipt.ref })
          ))
        })
      }),
      (receipt) => Effect.sync(() => witness.answered(parcel, receipt))
    )
    return Effect.ensuring(performing, Effect.sync(() => witness.ended(parcel)))
  }

  const search = (step: Plan.Step, startedAt: number) =>
    Effect.flatMap(Clock.currentTimeMillis, (time) => {
      const sentAt = queue.now()
      const parcel = parcelOf(step, `:0:${String(step.body["place"])}`)
      const fate = fateOf(parcel, "looks")
      const times = Looks.times(fate, sentAt)
      if (times === undefined) return Effect.async<never>(() => {})
      return Effect.flatMap(Machine.until(queue, times.shown), () => {
        const sight = Looks.seen({ vendor, parcel, fate, startedAt, times }, time - sentAt)
        return Effect.as(Machine.until(queue, times.answered), Either.right(sight))
      })
    })

  return Carrier.make({
    id,
    vendor: way,
    capabilities,
    lines,
    plan: ({ conversation, draft, fidelity }) =>
      Plan.make(id, fidelity, [], [], () => {
        const text = textOf(draft)
        const [to] = Conversation.recipients(conversation)
        const stepOf = (parts: ReadonlyArray<number>, place: number): Plan.Step => ({
          operation: "send",
          method: "POST",
          path: "/",
          body: { text, to, place },
          parts,
          keyed: way === "replay"
        })
        const [first = [0], ...others] = Vendor.stepsOf(vendor.plan, Scenario.partsOf(text))
        return [stepOf(first, 0), ...others.map((parts, index) => stepOf(parts, index + 1))]
      }),
    needsChat: () => false,
    findChat: () => Effect.succeedNone,
    describeChat: () => nowhere,
    chatOf: () => nowhere,
    perform,
    operations: {},
    reconciliation: {
      shown: [],
      send: way === "replay"
        ? { way, replayFor: Duration.millis(Scenario.replayFor) }
        : {
          way,
          search,
          lookUp: (message) => {
            const row = vendor.rowOf(message.id)
            return Effect.succeed(Option.map(Option.fromNullable(row), ({ receipt }) => receipt))
          }
        }
    }
  }, { suppression, chats })
}
