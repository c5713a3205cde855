/** `interline conversations show`. */
import * as Handle from "@interline/core/Handle"
import { present } from "@interline/core/Optional"
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Connect from "../../gateway/connect.ts"
import * as Input from "../../gateway/input.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Deliveries from "../../print/deliveries.ts"
import * as Output from "../../print/output.ts"

const Record = Schema.Union(ApiSchema.DeliveryRecord, ApiSchema.ReceivedRecord)

export const command = MakeVerb.makeVerb("conversations show", (flags, [given = ""]) =>
  Effect.scoped(Effect.gen(function*() {
    const line = yield* Input.readOption(flags.line, Input.readLine)
    const who = Either.match(Handle.parse(given), { onLeft: () => ({ chat: given }), onRight: (peer) => ({ peer }) })
    const { ask, client } = yield* Connect.connect(flags)
    const pages = Output.readPages(
      Option.getOrElse(flags.limit, () => 20),
      Option.none(),
      (page) => ask(client.messages.listArchive({ urlParams: { ...who, ...present({ line }), ...page } }))
    )
    // the newest are asked for, and a thread is read from its begin
    const newest = Array.from(yield* Stream.runCollect(pages)).flatMap(({ items }) => items)
    yield* Output.printList(flags, Record, newest.toReversed(), Deliveries.toMessages)
  })))
