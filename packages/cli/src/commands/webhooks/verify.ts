/** `interline webhooks verify`. */
import * as IsoTime from "@interline/core/IsoTime"
import * as NearestWord from "@interline/core/NearestWord"
import { present } from "@interline/core/Optional"
import type * as Vendor from "@interline/core/Vendor"
import * as GatewayConfig from "@interline/gateway/GatewayConfig"
import * as StandardWebhooks from "@interline/gateway/StandardWebhooks"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Interline from "interline/Interline"
import * as Vendors from "interline/Vendors"
import * as Input from "../../gateway/input.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Table from "../../print/table.ts"
import * as SecretFrom from "../../webhooks/secretFrom.ts"
import * as StoredRequest from "../../webhooks/storedRequest.ts"
import * as Verdict from "../../webhooks/verdict.ts"

const usage = (message: string) => new Failure.Failure({ message, code: 2 })

const asUsage = ({ message }: { readonly message: string }) => usage(message)

/** What verifies the webhooks of a carrier, with the secrets that the gateway would use, or with another one. */
const receiverOf = (id: string, given: Option.Option<string>) =>
  Effect.gen(function*() {
    const carriers = yield* Effect.mapError(Interline.configured(), asUsage)
    const found = carriers.find((carrier) => carrier.id === id)
    if (found === undefined) {
      return yield* usage(`--from ${NearestWord.oneOf(id, ["callback", ...carriers.map(({ id }) => id)])}`)
    }
    const vendors: Vendor.Registry = Vendors.vendors
    const receiver = vendors[found.vendor]?.receiver
    if (receiver === undefined) return yield* usage(`the vendor of ${id} has no webhooks`)
    const variable = Option.getOrElse(given, () => GatewayConfig.webhookVariable(found.prefix, found.vendor))
    const secrets = Option.isSome(given)
      ? [yield* SecretFrom.read(given.value)]
      : yield* Effect.mapError(GatewayConfig.webhookSecrets(found.prefix, found.vendor), () => usage(`${variable} cannot be used`))
    const { callbackSecret, words } = yield* Effect.mapError(GatewayConfig.webhookSettings, asUsage)
    if (secrets.length === 0 && Option.isNone(callbackSecret)) {
      return yield* usage(`set ${variable} as the gateway has it, or name another variable with --secret-from`)
    }
    const lines = yield* Effect.mapError(Interline.lines(), asUsage)
    const ours = Array.from(lines.values())
    return yield* Effect.mapError(
      receiver({
        carrierId: found.id,
        secrets,
        lines: ours.flatMap((numbers) => numbers.get(found.id) ?? []),
        ours: ours.flatMap((numbers) => Array.from(numbers.values())),
        optOutWords: words.optOut,
        optInWords: words.optIn,
        ...present({ callbackSecret: Option.getOrUndefined(callbackSecret) })
      }),
      () => usage(`the variable ${variable} has no secret that ${id} could use`)
    )
  })

const callbackSecretOf = (given: Option.Option<string>) =>
  Option.match(given, {
    onNone: () => Failure.failAsUsage({ message: "name the variable that has the callback's secret with --secret-from" }),
    onSome: (variable) =>
      Effect.filterOrFail(
        SecretFrom.read(variable),
        StandardWebhooks.isSecret,
        () => usage(`the variable ${variable} has no secret like whsec_…, which \`interline callbacks add\` printed`)
      )
  })

const pageOf = ({ body, events, says, signature, signedAt, time }: Verdict.Verdict): string =>
  [
    Table.toFacts([
      ["signature", signature],
      ["time", signedAt === undefined ? time : `${time}, signed at ${Table.toTime(signedAt)}`],
      ["body", events.length === 0 ? body : `${body}, with ${events.join(", ")}`]
    ]),
    ...(says === undefined ? [] : [says])
  ].join("\n")

export const command = MakeVerb.makeVerb(
  "webhooks verify",
  ({ at: given, from, json, "secret-from": secretFrom }, [path = ""]) =>
    Effect.gen(function*() {
      const at = (yield* Input.readOption(given, Input.readTime("at"))) ?? (yield* Clock.currentTimeMillis)
      const request = yield* StoredRequest.read(path)
      const verdict = from === "callback"
        ? Verdict.ofCallback(yield* callbackSecretOf(secretFrom), request, at)
        : yield* Verdict.ofCarrier(yield* receiverOf(from, secretFrom), request, at)
      const isRight = verdict.says === undefined
      const { signedAt, ...rest } = verdict
      yield* Console.log(
        json
          ? JSON.stringify({
            ok: isRight,
            ...present({ ...rest, signedAt: signedAt === undefined ? undefined : IsoTime.format(signedAt) })
          })
          : pageOf(verdict)
      )
      if (!isRight) yield* new Failure.Failure({ message: "it would be refused", code: 3 })
    })
)
