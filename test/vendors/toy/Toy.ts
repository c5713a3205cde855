/**
 * Toy, a vendor that nobody has: one request takes one text, and one webhook says what became of it. It shows all that a vendor has to bring.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Adapter from "@interline/core/Adapter"
import * as Capabilities from "@interline/core/Capabilities"
import * as Carrier from "@interline/core/Carrier"
import * as CarrierOptions from "@interline/core/CarrierOptions"
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as Loss from "@interline/core/Loss"
import * as MessageEffect from "@interline/core/MessageEffect"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import * as Operation from "@interline/core/Operation"
import * as Plan from "@interline/core/Plan"
import * as Reaction from "@interline/core/Reaction"
import * as Suppression from "@interline/core/Suppression"
import * as Transport from "@interline/core/Transport"
import type * as Vendor from "@interline/core/Vendor"
import * as WebhookReceiver from "@interline/core/WebhookReceiver"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** The options of a carrier of Toy. */
export interface Given {
  readonly key?: Redacted.Redacted<string>
  readonly baseUrl?: string
}

const credentials = (given: Given) =>
  Config.all({
    key: CarrierOptions.secret({ vendor: "Toy", option: "key", variables: ["TOY_API_KEY"] }, given.key),
    baseUrl: CarrierOptions.text({ vendor: "Toy", option: "baseUrl", variables: ["TOY_BASE_URL"] }, given.baseUrl, "https://toy.invalid")
  })

const record = <K extends string, V>(keys: ReadonlyArray<K>, value: V) =>
  Object.fromEntries(keys.map((key) => [key, value])) as Record<K, V>

/** It sends texts, and nothing else. */
const capabilities: Capabilities.Capabilities = {
  operations: {
    ...record(Operation.all, Capabilities.everywhere("unsupported")),
    send: { direct: "native", group: "unsupported" }
  },
  features: {
    ...record(Capabilities.Feature.literals, Capabilities.anyService("unsupported")),
    text: Capabilities.anyService("native")
  },
  effects: record(MessageEffect.all, "unsupported"),
  reactions: record(Reaction.Tapback.literals, "unsupported"),
  emojiReactions: "unsupported",
  stickerReactions: "unsupported",
  idempotent: false,
  limits: { textLength: 160 }
}

/** Always one request. */
const plan = (carrierId: Vendor.Place["carrierId"]) => ({ conversation, draft, fidelity, from }: Plan.PlanInput): Plan.Plan =>
  Plan.make(
    carrierId,
    fidelity,
    [],
    draft.effect === undefined ? [] : [Loss.certain("effect-dropped", "Toy has no effects", { from: draft.effect })],
    () => [{
      operation: "send",
      method: "POST",
      path: "/texts",
      body: {
        from,
        to: Conversation.recipients(conversation)[0],
        text: draft.parts.flatMap((part) => part._tag === "Text" ? [part.text] : []).join("\n")
      },
      parts: draft.parts.map((_, index) => index),
      keyed: false
    }]
  )

const Taken = Schema.Struct({ id: Schema.String })

const perform =
  (carrierId: Vendor.Place["carrierId"], transport: Transport.Transport): Adapter.Adapter["perform"] => ({ body, parts, path }) =>
    Effect.flatMap(transport({ operation: "send", method: "POST", path, json: body }), ({ json, status }) => {
      const refuse = (reason: MessagingError.ReasonTag) =>
        Effect.fail(MessagingError.make(reason, { carrierId, operation: "send", status, vendorCode: `toy-${status}` }))
      if (status === 409) return refuse("LineUnavailable")
      return Either.match(Schema.decodeUnknownEither(Taken)(json), {
        onLeft: () => refuse("Unavailable"),
        onRight: ({ id }) => Effect.succeed({ ref: MessageRef.make(carrierId, id), parts, status: "queued", service: "SMS" } as const)
      })
    })

const nowhere = (carrierId: Vendor.Place["carrierId"]) => Effect.fail(MessagingError.unsupported(carrierId, "getChat"))

const Word = Schema.parseJson(
  Schema.Struct({ word: Schema.Literal("arrived", "lost"), id: Schema.String, code: Schema.optional(Schema.String) })
)

/** Its webhook is one word about one text, under a shared secret. */
const receiver = ({ carrierId, secrets }: Vendor.ReceiverOptions): WebhookReceiver.WebhookReceiver => {
  const refuse = (fault: WebhookReceiver.Fault) => Effect.fail(new WebhookReceiver.WebhookError({ carrierId, fault, detail: fault }))
  return {
    carrierId,
    receive: ({ body, headers }) =>
      !secrets.some((secret) => Redacted.value(secret) === headers["x-toy-secret"])
        ? refuse("signature")
        : Either.match(Schema.decodeUnknownEither(Word)(new TextDecoder().decode(body)), {
          onLeft: () => refuse("body"),
          onRight: ({ code, id, word }) =>
            Effect.succeed([{
              _tag: "Status" as const,
              carrierId,
              id: `${id}-${word}`,
              fact: { ref: MessageRef.make(carrierId, id), status: word === "arrived" ? "delivered" : "failed", raw: word } as const,
              ...(code === undefined ? {} : { failure: { code, message: `Toy says ${code}` } })
            }])
        })
  }
}

export const vendor: Vendor.Vendor<Given> = {
  title: "Toy",
  check: (given) => Effect.asVoid(credentials(given)),
  make: (given, { carrierId, lines }) =>
    Effect.gen(function*() {
      const { baseUrl, key } = yield* credentials(given)
      const transport = Transport.make({
        carrierId,
        client: yield* HttpClient.HttpClient,
        baseUrl,
        headers: { "x-toy-key": Redacted.value(key) },
        timeout: () => Duration.seconds(30)
      })
      const adapter: Adapter.Adapter = {
        id: carrierId,
        vendor: "toy",
        capabilities,
        lines,
        plan: plan(carrierId),
        needsChat: () => false,
        findChat: () => Effect.succeedNone,
        describeChat: () => nowhere(carrierId),
        chatOf: () => nowhere(carrierId),
        perform: perform(carrierId, transport),
        operations: {}
      }
      return Carrier.make(adapter, { suppression: yield* Suppression.Suppression, chats: yield* ChatBook.ChatBook })
    }),
  planner: ({ carrierId, lines }) =>
    Effect.map(
      ChatBook.ChatBook,
      (chats) => Carrier.planner({ id: carrierId, capabilities, lines, plan: plan(carrierId), confirms: false }, chats)
    ),
  receiver: (options) => Effect.succeed(receiver(options))
}
