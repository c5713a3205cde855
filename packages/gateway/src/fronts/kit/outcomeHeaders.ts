/** The outcome and the losses of a send, as headers of its answer. */
import type { Delivery } from "@interline/core/Delivery"
import * as Loss from "@interline/core/Loss"
import type { Invalid, SendError } from "@interline/core/SendError"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { SendResult } from "./FrontService.ts"

// a header holds ASCII
const toAscii = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`)

const longestHeader = 4_000

/** The losses as JSON. If they are too long, they lose their reasons; if they are still too long, only the first ones are written. */
const writeJson = (losses: ReadonlyArray<Loss.Loss>): string => {
  const whole = toAscii(JSON.stringify(losses))
  if (whole.length <= longestHeader) return whole
  let header = "["
  for (const { certainty, kind, part } of losses) {
    const next = `${header === "[" ? "" : ","}${JSON.stringify({ kind, certainty, part })}`
    if (header.length + next.length + 1 > longestHeader) break
    header += next
  }
  return `${header}]`
}

const readLosses = Schema.decodeUnknownOption(Schema.parseJson(Schema.Array(Schema.Struct({ kind: Loss.LossKind }))))

/** The kinds of loss in a header. */
export const readKinds = (header: string | undefined): ReadonlyArray<Loss.Loss["kind"]> =>
  header === undefined ? [] : Option.match(readLosses(header), { onNone: () => [], onSome: (losses) => losses.map(({ kind }) => kind) })

const isConflict = ({ problems }: Invalid): boolean => problems.some(({ rule }) => rule === "key")

/** The header with the losses; no header if nothing was lost. */
export const writeLosses = (losses: ReadonlyArray<Loss.Loss>): Readonly<Record<string, string>> =>
  losses.length === 0 ? {} : { "interline-losses": writeJson(losses) }

/** The word for what a send came to, and the delivery that it is about. */
const describe = (sent: SendResult): readonly [outcome: string, delivery: Pick<Delivery, "id" | "losses">] => {
  const of = (error: SendError) => ({ id: error.deliveryId, losses: error.losses })
  switch (sent._tag) {
    case "Accepted":
      return ["accepted", sent.delivery]
    case "Pending":
      return ["held", of(sent.error)]
    case "Incomplete":
      return ["partial", of(sent.error)]
    case "Refused":
      // another send has the key; the answer says nothing about it
      return [isConflict(sent.error) ? "conflict" : "invalid", of(sent.error)]
    case "NotSent":
      return ["not-sent", of(sent.error)]
  }
}

export const write = (sent: SendResult, more: ReadonlyArray<Loss.Loss> = []): Readonly<Record<string, string>> => {
  const [outcome, { id, losses: planned }] = describe(sent)
  const losses = more.length === 0 ? planned : [...more, ...planned]
  return {
    "interline-delivery-id": id,
    "interline-outcome": outcome,
    ...writeLosses(losses)
  }
}
