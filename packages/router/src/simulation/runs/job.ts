/** Defines a delivery as the model process holds it. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as DeliveryId from "@interline/core/DeliveryId"
import type { Receipt } from "@interline/core/Outcome"
import type { State } from "../../decision/Decision.ts"
import type { Vendor } from "../vendors/vendor.ts"
import type { Send } from "./scenario.ts"

/** The request that is about to leave or under way. It is recorded before the request leaves. */
export interface Progress {
  readonly generation: number
  readonly vendor: Vendor
  readonly step: number
  readonly receipts: ReadonlyArray<Receipt>
  readonly startedAt: number
}

interface Saved {
  readonly state: State
  readonly progress: Progress | undefined
}

/** One delivery. `saved` is the ledger's record of it. It survives a crash. */
export interface Job {
  readonly send: Send
  readonly id: DeliveryId.DeliveryId
  state: State | undefined
  progress: Progress | undefined
  saved: Saved | undefined
  newContacts: ReadonlySet<CarrierId>
  /** Counts the actions of the delivery. An answer to an earlier action finds another number here, and is ignored. */
  turn: number
  /** Whether the process runs the delivery. False before its turn, after its end, and after a crash. */
  runs: boolean
  /** Whether the delivery waits for its turn in the conversation. */
  waits: boolean
  isAbandoned: boolean
  /** Whether the person had not opted out when the delivery began. */
  cleared: boolean
  /** When the lease ends. */
  lease: number
  /** How many send requests left so far. */
  tries: number
}

const mint = (index: number): DeliveryId.DeliveryId =>
  DeliveryId.DeliveryId.make(`00000000-0000-4000-8000-${String(index).padStart(12, "0")}`, true)

const ids = Array.from({ length: 512 }, (_, index) => mint(index))

export const idOf = (index: number): DeliveryId.DeliveryId => ids[index] ?? mint(index)

export const make = (send: Send): Job => ({
  send,
  id: idOf(send.index),
  state: undefined,
  progress: undefined,
  saved: undefined,
  newContacts: new Set(),
  turn: 0,
  runs: false,
  waits: true,
  isAbandoned: false,
  cleared: false,
  lease: 0,
  tries: 0
})
