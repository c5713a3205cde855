/** Holds the demo's program. It uses `Messaging` only and knows no vendor. Only the configuration differs between two runs. */
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import type * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import type { Loss } from "@interline/core/Loss"
import * as Messaging from "@interline/core/Messaging"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Part from "@interline/core/Part"
import * as Reaction from "@interline/core/Reaction"
import type { SendError } from "@interline/core/SendError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type Phone, type PhoneMessage, type Request, World, type World as WorldService, WorldError } from "./world.ts"

export interface Scenario {
  readonly name: string
  readonly asked: string
  readonly outcome: string
  /** More about the outcome: the sentence of the error, or the result of a read. */
  readonly detail: string | null
  readonly losses: ReadonlyArray<Loss>
  readonly status: DeliveryStatus.DeliveryStatus | null
  readonly statuses: ReadonlyArray<string>
  /** The requests that change something. */
  readonly sent: ReadonlyArray<Request>
  /** The number of requests that only read. */
  readonly reads: number
  readonly phone: ReadonlyArray<PhoneMessage>
}

export const people = {
  ada: { handle: "+12025550123", name: "Ada", service: "iMessage" },
  grace: { handle: "+12025550124", name: "Grace", service: "iMessage" },
  sam: { handle: "+12025550125", name: "Sam", service: "SMS" }
} as const

const ada = Handle.make(people.ada.handle)
const grace = Handle.make(people.grace.handle)
const sam = Handle.make(people.sam.handle)
const support = Line.name("support")
const toAda = Conversation.direct(support, ada)
const photo = "https://images.example.com/menu.jpg"

interface Result {
  readonly outcome: string
  readonly detail: string | null
  readonly losses: ReadonlyArray<Loss>
  readonly status: DeliveryStatus.DeliveryStatus | null
  readonly statuses: ReadonlyArray<string>
}

const nothing = { detail: null, losses: [], status: null, statuses: [] }

const outcomes = {
  Invalid: "refused before sending",
  NotSent: "not sent",
  Partial: "partly sent",
  Held: "unknown"
} as const satisfies Record<SendError["_tag"], string>

const settle = (delivery: Delivery): Effect.Effect<Result, never, Messaging.Messaging> =>
  Messaging.follow(delivery.id, { every: "25 millis", times: 80 }).pipe(
    Stream.runCollect,
    Effect.map((reports): Result => {
      const seen = Chunk.toReadonlyArray(reports).map((report) => report.status)
      const moved = [delivery.status, ...seen].filter((status, index, all) => status !== all[index - 1])
      const last = seen.at(-1) ?? delivery.status
      const service = Chunk.toReadonlyArray(reports).at(-1)?.service
      return {
        outcome: "accepted",
        detail: service === undefined ? null : `by ${service}`,
        losses: delivery.losses,
        status: last,
        statuses: moved
      }
    }),
    Effect.catchAll((error) => Effect.succeed<Result>({ ...nothing, outcome: "accepted", detail: error.message, losses: delivery.losses }))
  )

const refused = (error: SendError): Result => ({ ...nothing, outcome: outcomes[error._tag], detail: error.message, losses: error.losses })

const failed = (error: MessagingError): Result => ({
  ...nothing,
  outcome: error.reason === "Unsupported" ? "unsupported" : "failed",
  detail: error.message
})

/** Sends, then follows the delivery until its status is final. `keep` gets the delivery, because later scenarios need it. */
const send = (to: Conversation.Conversation, draft: Draft.Draft, keep?: (delivery: Delivery) => void) =>
  Effect.matchEffect(Messaging.send(to, draft), {
    onFailure: (error) => Effect.succeed(refused(error)),
    onSuccess: (delivery) => {
      keep?.(delivery)
      return settle(delivery)
    }
  })

const act = <A>(
  effect: Effect.Effect<A, MessagingError, Messaging.Messaging>,
  detail: (value: A) => string | null = () => null
): Effect.Effect<Result, never, Messaging.Messaging> =>
  Effect.match(effect, { onFailure: failed, onSuccess: (value): Result => ({ ...nothing, outcome: "done", detail: detail(value) }) })

const key = (message: PhoneMessage): string => JSON.stringify(message)

/** The messages that are new or changed on the phone. Includes the person's own messages. */
const changed = (before: ReadonlyArray<Phone>, after: ReadonlyArray<Phone>): ReadonlyArray<PhoneMessage> => {
  const all = (phone: Phone) => [...phone.messages, ...phone.sent]
  const known = new Set(before.flatMap(all).map(key))
  return after.flatMap(all).filter((message) => !known.has(key(message)))
}

/** Runs a scenario. Gives its result, the vendor's requests, and the changes on the person's phone. */
const observe = (world: WorldService, vendor: string) =>
(
  name: string,
  asked: string,
  run: Effect.Effect<Result, never, Messaging.Messaging>,
  handle: Handle.Handle = ada
): Effect.Effect<Scenario, WorldError, Messaging.Messaging> =>
  Effect.gen(function*() {
    const phone = Effect.map(world.phone(handle), (phone) => [phone])
    const requests = world.requests(vendor)
    const phonesBefore = yield* phone
    const requestsBefore = yield* requests
    const result = yield* run
    const received = (yield* requests).slice(requestsBefore.length)
    const sent = received.filter(({ method }) => method !== "GET")
    return {
      name,
      asked,
      ...result,
      sent,
      reads: received.length - sent.length,
      phone: changed(phonesBefore, yield* phone)
    }
  })

const toSam = Conversation.direct(support, sam)

/** A text opens the chat first, because Linq takes no effect in the first message of a chat. */
const confettiBySms = Effect.zipRight(
  send(toSam, Draft.text("Hello Sam")),
  send(toSam, Draft.text("See you tonight", { effect: "confetti" }))
)

/** Lists the conversation, finds the person's last message and reacts to it. */
const reactToAnswer = Messaging.messages(toAda).pipe(
  Stream.filter((message) => message.direction === "inbound"),
  Stream.runLast,
  Effect.flatMap(Option.match({
    onNone: () => Effect.void,
    onSome: (message) => Messaging.react(message.ref, Reaction.tapback("love"))
  }))
)

export const program: Effect.Effect<ReadonlyArray<Scenario>, WorldError, Messaging.Messaging | WorldService> = Effect.gen(function*() {
  const world = yield* World
  const { carriers } = yield* Messaging.Messaging
  const [carrier] = carriers
  const from = carrier?.lines.get(support)
  if (carrier === undefined || from === undefined) {
    return yield* Effect.fail(new WorldError({ message: `no carrier is configured with a line "${support}"` }))
  }
  const scenarios: Array<Scenario> = []
  const observed = observe(world, carrier.vendor)
  const scenario = (...given: Parameters<typeof observed>) =>
    Effect.map(observed(...given), (scenario) => {
      scenarios.push(scenario)
    })
  /** The delivery that later scenarios reply to, react to and edit. */
  let first: Delivery | undefined
  const onFirst = (
    use: (delivery: Delivery) => Effect.Effect<Result, never, Messaging.Messaging>
  ): Effect.Effect<Result, never, Messaging.Messaging> =>
    Effect.suspend(() =>
      first === undefined ? Effect.succeed<Result>({ ...nothing, outcome: "skipped", detail: "the first text was not sent" }) : use(first)
    )

  yield* scenario(
    "text",
    "a text",
    send(toAda, Draft.text("Your table is ready"), (delivery) => {
      first = delivery
    })
  )
  yield* scenario("effect", "a text with confetti", send(toAda, Draft.text("Happy anniversary!", { effect: "confetti" })))
  yield* scenario(
    "effect-one-vendor-lacks",
    "a text with a shooting star",
    send(toAda, Draft.text("Make a wish", { effect: "shooting_star" }))
  )
  yield* scenario("effect-the-other-lacks", "a text with sparkles", send(toAda, Draft.text("All clean", { effect: "sparkles" })))
  yield* scenario("media", "a photo", send(toAda, Draft.media(photo)))
  yield* scenario(
    "text-media-text",
    "text, photo, text",
    send(toAda, Draft.make([Part.text("Tonight's menu:"), Part.media(photo), Part.text("Shall we hold the window seat?")]))
  )
  yield* scenario("link", "a link with a preview", send(toAda, Draft.link("https://example.com/booking")))
  yield* scenario(
    "reply",
    "a reply to the first text",
    onFirst((delivery) => send(toAda, Draft.text("It is the one by the window", { replyTo: { to: delivery.id } })))
  )
  yield* scenario(
    "decorated-text",
    "a text with a bold and a shaking word",
    send(toAda, Draft.make([Part.text("Only two left", [{ start: 0, end: 4, style: "bold" }, { start: 5, end: 8, animation: "shake" }])]))
  )
  yield* scenario("effect-by-sms", "confetti to a phone without iMessage", confettiBySms, sam)
  const family = yield* Conversation.group(support, [ada, grace])
  yield* scenario("group", "a text to a group of two", send(family, Draft.text("Dinner for two at eight")))
  yield* world.says(ada, from, "Wonderful, see you at eight")
  yield* scenario("react", "a love on her answer", act(reactToAnswer))
  yield* scenario(
    "edit",
    "a new text for the first text",
    onFirst((delivery) => act(Messaging.edit(delivery.id, "Your table by the window is ready")))
  )
  yield* scenario("mark-read", "mark the conversation as read", act(Messaging.markRead(toAda)))
  yield* scenario("typing", "show that we are typing", act(Effect.zipRight(Messaging.startTyping(toAda), Messaging.stopTyping(toAda))))
  yield* scenario(
    "list",
    "list the conversation",
    act(Messaging.listMessages(toAda, { limit: 100 }), (page) => `${page.items.length} messages`)
  )
  yield* scenario(
    "read-back",
    "read the first text back",
    onFirst((delivery) =>
      act(Messaging.getMessage(delivery.id), (message) => `${message.parts.length} part, ${message.status.neutral ?? message.status.raw}`)
    )
  )
  return scenarios
})
