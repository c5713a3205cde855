/** Nothing that a person or a machine may print holds a secret, a number or a text: not under any client, at any vendor. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Messaging from "@interline/core/Messaging"
import type * as MessagingService from "@interline/core/MessagingService"
import * as Part from "@interline/core/Part"
import * as Reaction from "@interline/core/Reaction"
import type { FaultKind, FaultParams } from "@interline/sandbox/Fault"
import * as RecordingTracer from "@interline/testkit/RecordingTracer"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Node from "interline/node"
import { inspect } from "node:util"
import { ada, numbers, support, world } from "../support/sandbox.ts"

const text = "the safe opens with seventeen"
const secrets = ["sandbox-linq-token", "sandbox-sendblue-key", "sandbox-sendblue-secret"]
const forbidden = [
  ...secrets,
  text,
  ada,
  ada.slice(1),
  encodeURIComponent(ada),
  ...Object.values(numbers),
  ...Object.values(numbers).map((number) => number.slice(1))
]

const print = (cause: Cause.Cause<unknown>): string =>
  [Cause.pretty(cause, { renderErrorCause: true }), JSON.stringify(cause), inspect(cause, { depth: null, showHidden: true }), String(cause)]
    .join("\n")

const everything = (messaging: MessagingService.MessagingService) => {
  const to = Conversation.direct(support, ada)
  return [
    messaging.send(to, Draft.text(text)),
    messaging.send(to, Draft.make([Part.text(text), Part.media("https://images.example.com/photo.jpg"), Part.text(text)])),
    messaging.send(to, Draft.text(text, { effect: "confetti" })),
    messaging.sendVoiceMemo(to, Part.media("https://images.example.com/memo.caf")),
    messaging.startTyping(to),
    messaging.requestLocation(to),
    messaging.sendPoll(to, { options: [text, text], key: "poll-1" }),
    messaging.getLocations(to),
    messaging.stopLocation(to, ada),
    messaging.block(ada),
    messaging.listBlocked(),
    messaging.unblock(ada),
    messaging.markRead(to),
    messaging.listMessages(to),
    messaging.listChats({ line: support, with: ada }),
    messaging.getChat(to),
    messaging.lookupService(ada),
    messaging.listLines(),
    messaging.setOptOut(ada, false),
    messaging.react({ carrierId: messaging.carriers[0]?.id ?? expect.fail("no carrier"), id: "no-such-message" }, Reaction.tapback("love"))
  ] as ReadonlyArray<Effect.Effect<unknown, unknown>>
}

type Fault = Pick<FaultParams, "retryAfter"> & { readonly kind: FaultKind; readonly times: "forever" }

const faults: ReadonlyArray<Fault | undefined> = [
  undefined,
  { kind: "refused", times: "forever" },
  { kind: "reset-before", times: "forever" },
  { kind: "hang-before", times: "forever" },
  { kind: "5xx-before", times: "forever" },
  { kind: "429", times: "forever", retryAfter: 8549 },
  { kind: "ack-lost-half", times: "forever" },
  { kind: "ack-lost-502", times: "forever" },
  { kind: "2xx-no-id", times: "forever" },
  { kind: "2xx-not-json", times: "forever" }
]

const clients: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["fetch", FetchHttpClient.layer],
  ["the platform's undici client", NodeHttpClient.layerUndici],
  ["our lean client", Node.layer()]
]

describe.each(["linq", "sendblue"] as const)("at %s", (vendor) => {
  describe.each(clients)("with %s", (_, layer) => {
    it.scopedLive.each(faults)("nothing leaks under %j", (fault) =>
      Effect.gen(function*() {
        const recording = RecordingTracer.make()
        const printed: Array<string> = []
        yield* Effect.gen(function*() {
          const { carrier, network } = yield* world(vendor, {
            // nothing else waits for its end
            timeout: fault?.kind === "hang-before" ? "40 millis" : "200 millis",
            retry: { times: 1, base: "1 millis" },
            client: yield* HttpClient.HttpClient
          })
          if (fault !== undefined) yield* network.addFault({ ...fault, vendor })
          for (const operation of everything(Messaging.fromCarrier(carrier))) {
            const exit = yield* Effect.exit(Effect.timeout(operation, "3 seconds"))
            if (Exit.isFailure(exit)) {
              printed.push(print(exit.cause))
              yield* Effect.logError("an operation failed", exit.cause)
            }
          }
        }).pipe(Effect.provide(layer), Effect.provide(recording.layer))
        const whole = [...printed, inspect(recording.contents(), { depth: null }), ...recording.causes().map(print)].join("\n")
        expect(recording.told.length).toBeGreaterThan(10)
        expect(printed.length).toBeGreaterThan(0)
        for (const secret of forbidden) expect(whole.includes(secret), `found ${secret}`).toBe(false)
      }))
  })
})
