/** Keeps recent deliveries: where each part went, and the reported facts of each message. It keeps no text, number or vendor answer. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as DeliveryStatus from "../content/DeliveryStatus.ts"
import type { DeliveryId } from "../names/DeliveryId.ts"
import * as MessageRef from "../names/MessageRef.ts"
import * as BoundedMap from "../runtime/BoundedMap.ts"
import type { Backend, Slot } from "./Backend.ts"

interface Remembered {
  readonly slots: ReadonlyArray<Slot>
  readonly complete: boolean
}

const toSlot = ({ parts, ref, service, status }: Slot): Slot =>
  service === undefined ? { ref, parts, status } : { ref, parts, status, service }

const toFact = ({ ref, service, status }: Slot): DeliveryStatus.StatusFact =>
  service === undefined ? { ref, status } : { ref, status, service }

export const listRefs = (slots: ReadonlyArray<Slot>): ReadonlyArray<MessageRef.MessageRef> => slots.map((slot) => slot.ref)

/** What the receipts themselves say. */
export const addReceipts = (
  slots: ReadonlyArray<Slot>,
  before: DeliveryStatus.StatusFacts = DeliveryStatus.empty
): DeliveryStatus.StatusFacts =>
  slots.reduce((facts, slot) => (slot.facts ?? []).reduce(DeliveryStatus.add, DeliveryStatus.add(facts, toFact(slot))), before)

export interface Deliveries {
  /** `complete`: no further message of the delivery can go out. */
  readonly remember: (deliveryId: DeliveryId, slots: ReadonlyArray<Slot>, complete: boolean) => void
  readonly find: (deliveryId: DeliveryId) => Effect.Effect<ReadonlyArray<Slot> | undefined>
  readonly hear: (fact: DeliveryStatus.StatusFact) => void
  readonly report: (refs: ReadonlyArray<MessageRef.MessageRef>, slots: ReadonlyArray<Slot>) => DeliveryStatus.DeliveryReport
}

export const make = (capacity: number, recall: Backend["recall"]): Deliveries => {
  const remembered = BoundedMap.make<DeliveryId, Remembered>(capacity)
  // by message and not by delivery, because a fact can arrive before the send's own answer
  const heard = BoundedMap.make<string, DeliveryStatus.StatusFacts>(capacity)

  return {
    remember: (deliveryId, slots, complete) => {
      remembered.set(deliveryId, { slots: slots.map(toSlot), complete })
    },
    find: (deliveryId) => {
      const known = remembered.get(deliveryId)
      return recall === undefined || known?.complete === true
        ? Effect.succeed(known?.slots)
        // an incomplete delivery is read from the store each time, because it may have more messages there
        : Effect.map(recall(deliveryId), Option.getOrElse(() => known?.slots))
    },
    hear: (fact) => {
      const key = MessageRef.format(fact.ref)
      heard.set(key, DeliveryStatus.add(heard.get(key) ?? DeliveryStatus.empty, fact))
    },
    report: (refs, slots) => {
      const before = new Map(refs.flatMap((ref) => [...(heard.get(MessageRef.format(ref)) ?? DeliveryStatus.empty)]))
      return DeliveryStatus.report(addReceipts(slots, before), refs)
    }
  }
}
