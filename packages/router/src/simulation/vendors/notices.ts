/** Sends a vendor's webhooks: the status of messages, the state of lines, and the opt-outs and opt-ins of people. */
import type { Person } from "../runs/scenario.ts"
import type { Fate, Row, Source } from "./fates.ts"
import type { Queue } from "./queue.ts"
import * as Random from "./random.ts"

export type Webhook =
  | { readonly _tag: "Status"; readonly id: string; readonly row: Row; readonly keyed: boolean }
  | { readonly _tag: "Wish"; readonly id: string; readonly person: Person; readonly out: boolean; readonly at: number }
  | { readonly _tag: "Line"; readonly id: string; readonly available: boolean; readonly at: number }

/** A span of time. */
export interface Span {
  readonly from: number
  readonly until: number
}

export interface Parts extends Source {
  readonly queue: Queue
  readonly notify: (webhook: Webhook) => void
}

const seconds = 1000
const minutes = 60 * seconds
const hour = 60 * minutes

/** Reports the status of a message that the vendor took. `taken` is the vendor's number of messages so far; each has its own draws. */
export const report = ({ notify, place, plan, queue, scenario }: Parts, row: Row, { kind }: Fate, taken: number): void => {
  const random = Random.keyed(scenario.seed, place * 4096 + row.delivery, row.generation * 8 + row.step, 1_000_000 + taken)
  const first = random.between(50, 3 * seconds)
  const words = row.failed ? ["failed"] : ["sent", "delivered"]
  words.forEach((word, index) => {
    if (!random.chance(plan.webhooks)) return
    const late = kind === "webhook-late" || random.chance(0.05) ? random.between(seconds, 3 * minutes) : 0
    // with this fault the later status comes before the earlier one
    const order = kind === "webhook-reorder" ? words.length - index : index
    const at = row.takenAt + first + order * random.between(10, 2 * seconds) + late
    const webhook: Webhook = { _tag: "Status", id: `${row.receipt.ref.id} ${word}`, row, keyed: random.chance(0.9) }
    queue.at(at, () => notify(webhook))
    if (kind === "webhook-duplicate" || random.chance(0.05)) queue.at(at + random.between(1, minutes), () => notify(webhook))
  })
}

/** Reports that the vendor's lines are flagged from `from` until `until`. `count` is the number of this span. */
export const announce = ({ notify, place, plan, queue, scenario }: Parts, { from, until }: Span, count: number): void => {
  const random = Random.keyed(scenario.seed, place, count, 3_000_000)
  for (const [available, at] of [[false, from], [true, until]] as const) {
    if (random.chance(plan.webhooks)) {
      queue.at(
        at + random.between(10, 20 * seconds),
        () => notify({ _tag: "Line", id: `line ${count} ${String(available)}`, available, at })
      )
    }
  }
}

/** Reports the opt-outs and opt-ins of people. Each report comes once or twice. */
export const wishes = ({ notify, plan, queue, scenario }: Parts): void => {
  for (const person of scenario.people) {
    person.wishes.forEach((wish, index) => {
      if (wish.vendor !== plan.id) return
      const random = Random.keyed(scenario.seed, person.index, index, 4_000_000)
      const webhook: Webhook = { _tag: "Wish", id: `wish ${person.index} ${index}`, person, out: wish.out, at: wish.at }
      // vendors repeat an event until it is taken, so every report comes in the end
      const at = wish.at + Math.exp(random.between(Math.log(20), Math.log(random.chance(0.9) ? minutes : hour)))
      queue.at(at, () => notify(webhook))
      if (random.chance(0.2)) queue.at(at + random.between(1, 10 * minutes), () => notify(webhook))
    })
  }
}
