/** `interline messages`. */
import { present } from "@interline/core/Optional"
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Connect from "../../gateway/connect.ts"
import * as Input from "../../gateway/input.ts"
import type * as Refusals from "../../gateway/refusals.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Deliveries from "../../print/deliveries.ts"
import * as Output from "../../print/output.ts"

const Record = Schema.Union(ApiSchema.DeliveryRecord, ApiSchema.ReceivedRecord)

export const command = MakeVerb.makeVerb("messages", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const outcome = Option.getOrUndefined(flags.outcome)
    const status = Option.getOrUndefined(flags.status)
    const direction = Option.getOrUndefined(flags.direction)
    const sendsOnly = outcome !== undefined || status !== undefined
    if (sendsOnly && direction === "inbound") {
      yield* Failure.failAsUsage({ message: "--outcome and --status are of sends, which are outbound" })
    }
    const filters = present({
      peer: yield* Input.readOption(flags.with, Input.readPerson("with")),
      line: yield* Input.readOption(flags.line, Input.readLine),
      carrier: yield* Input.readOption(flags.carrier, Input.readCarrier),
      since: yield* Input.readOption(flags.since, Input.readTime("since")),
      until: yield* Input.readOption(flags.until, Input.readTime("until")),
      chat: Option.getOrUndefined(flags.chat),
      order: flags.oldest ? "oldest" as const : undefined
    })
    const { ask, client } = yield* Connect.connect(flags)
    const pages = Output.readPages<typeof Record.Type, Refusals.GatewayRefused>(
      Option.getOrElse(flags.limit, () => 20),
      flags.cursor,
      (page) =>
        sendsOnly
          ? ask(client.deliveries.listDeliveries({ urlParams: { ...filters, ...present({ outcome, status }), ...page } }))
          : ask(client.messages.listArchive({ urlParams: { ...filters, ...present({ direction }), ...page } }))
    )
    yield* Output.printPages(flags, Record, pages, Deliveries.toMessages)
  })))
