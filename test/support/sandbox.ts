/** Carriers over a sandbox in this process, for tests: real HTTP on loopback, real adapters. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type { Carrier } from "@interline/core/Carrier"
import * as CarrierId from "@interline/core/CarrierId"
import * as ChatBook from "@interline/core/ChatBook"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as Operation from "@interline/core/Operation"
import type { RetryPolicy } from "@interline/core/OperationSignatures"
import * as Suppression from "@interline/core/Suppression"
import * as Linq from "@interline/linq/Linq"
import type { FaultKind } from "@interline/sandbox/Fault"
import type { PhoneMessage } from "@interline/sandbox/Network"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Sendblue from "@interline/sendblue/Sendblue"
import type * as SendblueCallback from "@interline/sendblue/SendblueCallback"
import type * as Harness from "@interline/testkit/Harness"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

export const support = Line.name("support")
export const numbers = { linq: "+12025550101", sendblue: "+12025550201" } as const
export const ada = Handle.make("+12025550123")
export const landline = Handle.make("+12025550199")
export type Vendor = keyof typeof numbers

export interface Setup {
  readonly timeout?: Duration.DurationInput
  readonly retry?: RetryPolicy
  readonly client?: HttpClient.HttpClient
  /** Where Sendblue reports the status of each send. */
  readonly callback?: SendblueCallback.Options
  /** How long Linq's sends may be repeated under their keys. */
  readonly replayFor?: Duration.DurationInput
}

export const makeCarrier = (
  vendor: Vendor,
  sandbox: Sandbox.SandboxService,
  setup: Setup = {}
): Effect.Effect<Carrier, unknown, HttpClient.HttpClient | Suppression.Suppression | ChatBook.ChatBook> => {
  const { timeout } = setup
  const timeouts = timeout === undefined ? {} : { timeouts: Object.fromEntries(Operation.all.map((operation) => [operation, timeout])) }
  const retry = setup.retry === undefined ? {} : { retry: setup.retry }
  return vendor === "linq"
    ? Linq.make({
      token: Redacted.make(sandbox.credentials.linqToken),
      lines: { support: numbers.linq },
      baseUrl: sandbox.linq,
      ...(setup.replayFor === undefined ? {} : { replayFor: setup.replayFor }),
      ...timeouts,
      ...retry
    })
    : Sendblue.make({
      apiKey: Redacted.make(sandbox.credentials.sendblueKeyId),
      apiSecret: Redacted.make(sandbox.credentials.sendblueSecretKey),
      lines: { support: numbers.sendblue },
      baseUrl: sandbox.sendblue,
      ...(setup.callback === undefined ? {} : { callback: setup.callback }),
      ...timeouts,
      ...retry
    })
}

/** A fresh sandbox and a carrier over it, with its suppression list. */
export const world = (vendor: Vendor, setup: Setup = {}) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox.make({ clock: "manual" })
    const suppression = yield* Suppression.makeMemory
    const carrier = yield* makeCarrier(vendor, sandbox, setup).pipe(
      Effect.provideService(Suppression.Suppression, suppression),
      Effect.provide(ChatBook.layerMemory()),
      setup.client === undefined ? Effect.provide(FetchHttpClient.layer) : Effect.provideService(HttpClient.HttpClient, setup.client)
    )
    return { sandbox, suppression, carrier, network: sandbox.network }
  })

const seen = (message: PhoneMessage): Harness.Seen => ({
  id: message.id,
  text: message.text,
  media: message.media,
  link: message.link,
  effect: message.effect,
  decorations: message.decorations.length,
  mentions: message.mentions.map(({ handle, range: [start, end] }) => `${handle} ${message.text?.slice(start, end)}`),
  isReply: message.replyTo !== null,
  stickers: message.stickers.length,
  placements: message.reactions.flatMap(({ sticker }) => sticker === undefined ? [] : [`${sticker.placement.x} ${sticker.placement.y}`]),
  reactions: message.reactions.map((reaction) => reaction.emoji ?? reaction.type),
  editedText: message.editedText,
  isVoiceMemo: message.voiceMemo,
  poll: message.poll === null ? null : Object.fromEntries(message.poll.map((option) => [option.text, option.votes.length]))
})

const fault = (network: Sandbox.SandboxService["network"], vendor: Vendor, kind: FaultKind): Effect.Effect<void> =>
  Effect.asVoid(Effect.orDie(network.addFault({ vendor, match: { method: "POST" }, kind, times: 1 })))

const reconciles = {
  linq: ["send", "sendVoiceMemo", "edit", "react", "unreact", "voteInPoll", "updateChat", "addParticipant", "removeParticipant"],
  sendblue: ["send", "sendVoiceMemo", "updateChat", "addParticipant", "removeParticipant"]
} as const

const webhookEvents = { linq: ["message.received"], sendblue: ["receive"] } as const

export const harness = (vendor: Vendor): Harness.Harness => ({
  name: vendor,
  reconciles: reconciles[vendor],
  world: Effect.map(
    Effect.tap(world(vendor), ({ network }) => network.person({ handle: landline, service: "SMS" })),
    ({ carrier, network, suppression }) => ({
      carrier,
      suppression,
      line: support,
      friends: [ada, Handle.make("+12025550124"), Handle.make("+12025550125"), Handle.make("+12025550126")] as const,
      landline,
      imageUrl: "https://images.example.com/photo.jpg",
      audioUrl: "https://images.example.com/memo.caf",
      webhookEvents: webhookEvents[vendor],
      requests: Effect.map(network.requests({ vendor }), (requests) => requests.length),
      writes: Effect.map(network.requests({ vendor }), (requests) => requests.filter((request) => request.method !== "GET").length),
      phone: (handle) =>
        Effect.map(network.phone(handle), (phone) => ({
          messages: phone.messages.map(seen),
          sent: phone.sent.map(seen),
          isTyping: phone.typing.length > 0,
          readReceipts: phone.read.length,
          contactCards: phone.contactCards.length,
          locationRequests: phone.locationRequests.length
        })),
      says: (from, text) =>
        Effect.map(
          Effect.orDie(network.say({ from, to: numbers[vendor], text })),
          ({ id }) => MessageRef.make(CarrierId.make(vendor), id)
        ),
      shares: (who, place) => network.shareLocation(who, place),
      settle: network.advance("10 seconds"),
      loseNextAnswer: fault(network, vendor, "ack-lost-reset"),
      loseNextRequest: fault(network, vendor, "reset-before")
    })
  )
})
