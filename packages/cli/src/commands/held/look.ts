/** `interline held look`. */
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as Host from "../../grammar/host.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"

const counted = (count: number, words: string): ReadonlyArray<string> => count === 0 ? [] : [`${words}: ${count}.`]

const toSentences = ({ elsewhere, failed, found, looks, notFound, unasked }: typeof ApiSchema.LookReport.Type): string => {
  const held = notFound + failed + unasked + elsewhere
  return held === 0
    ? ["Nothing is held any more.", ...counted(found, "Found and settled")].join(" ")
    : [
      [
        `Still held: ${held}.`,
        ...counted(found, "Found and settled"),
        ...counted(failed, "Could not be looked for"),
        ...counted(unasked, "Not looked for"),
        ...counted(elsewhere, "Looked for by other processes"),
        "`interline held list` shows them."
      ].join(" "),
      ...looks.map(({ carrierId, deliveryId, reason, why }) =>
        `${deliveryId} at ${carrierId}: ${why}${reason === undefined ? "" : ` (${reason})`}`
      )
    ].join("\n")
}

export const command = MakeVerb.makeVerb("held look", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const { ask, client } = yield* Connect.connect(flags)
    const { asCalled } = yield* Host.Host
    const report = yield* ask(client.held.look())
    yield* Output.printOne(flags, ApiSchema.LookReport, report, (report) => asCalled(toSentences(report)))
  })))
