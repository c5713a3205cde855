/** `interline messages`. */
import * as IsoTime from "@interline/core/IsoTime"
import { present } from "@interline/core/Optional"
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
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

const Entry = Schema.Union(ApiSchema.DeliveryRecord, ApiSchema.ReceivedRecord)

/** In milliseconds: how often a long search says how far it is. */
const tellEvery = 2_000

/** Says on stderr how far a long search is. */
const makeTeller = Effect.map(Clock.currentTimeMillis, (begun) => {
  let told = begun
  return (lookedTo: number) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now - told < tellEvery) return Effect.void
      told = now
      return Console.error(`Still searching: no index has statuses, so every send is looked at. Now at ${IsoTime.format(lookedTo)}`)
    })
})

export const command = MakeVerb.makeVerb("messages", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const outcome = Option.getOrUndefined(flags.outcome)
    const status = Option.getOrUndefined(flags.status)
    const direction = Option.getOrUndefined(flags.direction)
    const loss = Option.getOrUndefined(flags.loss)
    const failedOver = Option.getOrUndefined(Option.map(flags["failed-over"], (word) => word === "yes"))
    const key = Option.getOrUndefined(flags.key)
    const ofSends = Object.keys(present({ outcome, status, loss, "failed-over": failedOver, key }))
    if (ofSends.length > 0 && direction === "inbound") {
      const names = ofSends.map((name) => `--${name}`).join(" and ")
      yield* Failure.failAsUsage({ message: `${names} ${ofSends.length === 1 ? "is" : "are"} of sends, which are outbound` })
    }
    const urlParams = present({
      peer: yield* Input.readOption(flags.with, Input.readPerson("with")),
      line: yield* Input.readOption(flags.line, Input.readLine),
      carrier: yield* Input.readOption(flags.carrier, Input.readCarrier),
      since: yield* Input.readOption(flags.since, Input.readTime("since")),
      until: yield* Input.readOption(flags.until, Input.readTime("until")),
      chat: Option.getOrUndefined(flags.chat),
      order: flags.oldest ? "oldest" as const : undefined,
      // a long list is counted slowly, and nothing here shows how long it is
      total: "none" as const,
      ...{ outcome, status, loss, failedOver, key, direction }
    })
    const { ask, client } = yield* Connect.connect(flags)
    const tellHowFar = yield* makeTeller
    const pages = Output.readPages<typeof Entry.Type, Refusals.GatewayRefused>(
      Option.getOrElse(flags.limit, () => 20),
      flags.cursor,
      (page) =>
        Effect.tap(ask(client.messages.listArchive({ urlParams: { ...urlParams, ...page } })), ({ lookedTo }) =>
          lookedTo === undefined ? Effect.void : tellHowFar(lookedTo))
    )
    yield* Output.printPages(flags, Entry, pages, Deliveries.toMessages)
  })))
