import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import type { MessagingError, ReasonTag } from "@interline/core/MessagingError"
import * as Part from "@interline/core/Part"
import * as Plan from "@interline/core/Plan"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as LiftAnswer from "../src/convert/liftAnswer.ts"
import * as LowerDraft from "../src/convert/lowerDraft.ts"
import type { SendblueClient } from "../src/wire/SendblueClient.ts"
import * as SendblueSchema from "../src/wire/SendblueSchema.ts"
import { fixtures } from "./fixtures.ts"
import { carrierId, clientOf, direct, from, group, person } from "./support.ts"

type Use = (client: SendblueClient) => Effect.Effect<unknown, MessagingError>

const vendorOnly = "not in the client: another API of Sendblue"

/** How the client meets each endpoint that an example answers. */
const uses: Record<string, Use | typeof vendorOnly> = {
  "add-webhooks": (c) => c.addWebhooks({ webhooks: ["https://example.com/webhook"], type: "receive" }),
  "create-contact": (c) => c.createContact({ number: person }),
  "evaluate-service": (c) => c.evaluateService(person),
  "get-status": (c) => c.getStatus("handle"),
  "list-messages": (c) => c.listMessages(),
  "list-webhooks": (c) => c.listWebhooks(),
  "mark-read": (c) => c.markRead(person, from),
  "replace-webhooks": (c) => c.replaceWebhooks({}),
  "request-location": (c) => c.requestLocation(person, from),
  "get-location": (c) => c.getLocation(person, from),
  "list-locations": (c) => c.listLocations(from),
  "send-carousel": (c) => c.sendCarousel({ number: person, from_number: from, media_urls: [] }),
  "send-group-message": (c) => c.sendGroupMessage({ from_number: from }),
  "send-message": (c) => c.sendMessage({ number: person, from_number: from }),
  "send-reaction": (c) => c.sendReaction({ from_number: from, message_handle: "handle", reaction: "love" }),
  "send-typing-indicator": (c) => c.sendTypingIndicator({ number: person, from_number: from }),
  shared: (c) => c.sendMessage({ number: person, from_number: from }),
  "upload-file": (c) => c.uploadFile({ fileName: "a.pdf", mimeType: "application/pdf", bytes: new Uint8Array([1]) }),
  "upload-media-object": (c) => c.uploadMediaObject("https://example.com/a.jpg")
}

const useOf = (name: string): Use | undefined => {
  const use = uses[name.split(".")[0] ?? ""]
  if (use === undefined) throw new Error(`no use of the client for ${name}`)
  return use === vendorOnly ? undefined : use
}

const endsOf = (value: unknown): ReadonlyArray<unknown> =>
  typeof value === "object" && value !== null
    ? Object.values(value).flatMap(endsOf)
    : value === null || value === "" || value === undefined
    ? []
    : [value]

const isMessage = (body: unknown): body is Readonly<Record<string, unknown>> =>
  typeof body === "object" && body !== null && "message_handle" in body && "content" in body

const messagesIn = (body: unknown): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  isMessage(body) ? [body] : typeof body === "object" && body !== null ? Object.values(body).flatMap(messagesIn) : []

describe("documented responses", () => {
  for (const { body, name, status } of fixtures("responses")) {
    const use = useOf(name)
    if (use === undefined) continue
    it.effect(`${name} decodes`, () => use(clientOf({ status: status ?? 200, body }).client))
  }

  for (const { body, name } of [...fixtures("responses"), ...fixtures("webhooks")]) {
    for (const message of messagesIn(body)) {
      it(`every value of ${name} survives the lift`, () => {
        const decoded = Schema.decodeUnknownSync(SendblueSchema.Message)(message)
        const lifted = LiftAnswer.message(carrierId, decoded)
        if (Option.isNone(lifted)) return expect.fail("not lifted")
        const kept = new Set(endsOf(lifted.value))
        const outbound = lifted.value.direction === "outbound"
        for (const [key, value] of Object.entries(message)) {
          if (key === "is_outbound") expect(outbound).toBe(value)
          // 0 says that there is no error; its absence says so here
          else if (key === "error_code" && value === 0) expect(lifted.value).not.toHaveProperty("failure")
          else for (const end of endsOf(value)) expect([key, kept.has(end)]).toEqual([key, true])
        }
      })
    }
  }
})

describe("documented errors", () => {
  const reasons: Record<string, ReasonTag> = {
    "add-webhooks.invalid-type": "InvalidInput",
    "create-contact.already-exists": "Conflict",
    "create-contact.internal-error": "Unavailable",
    "create-contact.invalid-phone-number": "InvalidInput",
    "create-contact.missing-fields": "InvalidInput",
    "get-status.invalid-handle": "NotFound",
    "get-status.not-found": "NotFound",
    "mark-read.from-number-not-registered": "LineNotAllowed",
    "mark-read.missing-from-number": "InvalidInput",
    "mark-read.missing-number": "InvalidInput",
    "send-carousel.missing-media-urls": "InvalidInput",
    "send-carousel.too-few-media-urls": "InvalidInput",
    "send-message.contact-not-verified": "RecipientNotAllowed",
    "send-message.missing-from-number": "InvalidInput",
    "send-message.number-not-defined": "LineNotAllowed",
    "send-message.number-not-defined-in-200": "LineNotAllowed",
    "send-message.opted-out": "OptedOut",
    "send-message.to-self": "InvalidInput",
    "send-reaction.from-number-not-registered": "LineNotAllowed",
    "send-reaction.invalid-part-index": "InvalidInput",
    "send-reaction.invalid-reaction": "InvalidInput",
    "send-reaction.missing-from-number": "InvalidInput",
    "send-reaction.missing-message-handle": "InvalidInput",
    "send-typing-indicator.missing-number": "InvalidInput",
    "send-typing-indicator.no-route": "NotFound",
    "shared.invalid-credentials": "Authentication",
    "shared.no-credentials": "Authentication",
    "upload-media-object.invalid-url": "MediaRejected"
  }
  for (const { body, name, status } of fixtures("errors")) {
    const use = useOf(name)
    if (use === undefined) continue
    it.effect(`${name} is ${reasons[name]}`, () =>
      Effect.gen(function*() {
        // a bare JSON string was served with a 200, the same as plain text with a 404
        const answered = status === 200 && typeof body === "string" ? JSON.stringify(body) : body
        const error = yield* Effect.flip(use(clientOf({ status: status ?? 400, body: answered }).client))
        expect(error.reason).toBe(reasons[name])
        expect(error.certainty).toBe(reasons[name] === "Unavailable" ? "unknown" : "not-sent")
      }))
  }
})

describe("documented requests", () => {
  const callback = "https://example.com/message-status/1234abcd"
  const picture = "https://picsum.photos/200/300.jpg"

  const planned = (draft: Draft.Draft, to: "direct" | "group", line = from): Effect.Effect<unknown> => {
    const plan = LowerDraft.plan(
      carrierId,
      { draft, conversation: to === "direct" ? direct : group, knowledge: Plan.unknown, from: line, fidelity: "adapt" },
      callback
    )
    return Effect.succeed(plan._tag === "Sendable" ? plan.steps[0].body : plan.problems)
  }

  const bodyOf = (use: Use): Effect.Effect<unknown> => {
    const { client, requests } = clientOf({ body: {} })
    return Effect.map(Effect.ignore(use(client)), () => requests[0]?.body)
  }

  const made: Record<string, Effect.Effect<unknown>> = {
    "mark-read.docs": bodyOf((c) => c.markRead(person, from)),
    "modify-group.archived": bodyOf((c) =>
      c.modifyGroup({ group_id: "66e3b90d-4447-43c6-9439-15a69408ac2", modify_type: "add_recipient", number: person })
    ),
    "send-carousel.docs": bodyOf((c) =>
      c.sendCarousel({
        number: person,
        from_number: from,
        media_urls: [1, 2, 3].map((index) => `https://example.com/image${index}.jpg`)
      })
    ),
    "send-group-message.archived": planned(
      Draft.make([Part.text("Hello world!"), Part.media(picture)]),
      "group",
      Handle.phone("+16468528190")
    ),
    // the example is older than the rule that from_number is required
    "send-message.archived": Effect.map(
      planned(Draft.make([Part.text("Hello world!"), Part.media(picture)], { effect: "invisible" }), "direct"),
      (body) => Object.fromEntries(Object.entries(body ?? {}).filter(([name]) => name !== "from_number"))
    ),
    "send-reaction.docs": bodyOf((c) =>
      c.sendReaction(LowerDraft.reaction("react", from, "99DCC379-DD76-4712-BA65-11EFB33B8CD6", 0, { _tag: "Tapback", tapback: "love" }))
    ),
    "send-typing-indicator.archived": bodyOf((c) => c.sendTypingIndicator({ number: person })),
    "send-typing-indicator.docs": bodyOf((c) => c.sendTypingIndicator({ number: person, from_number: from })),
    "upload-media-object.archived": bodyOf((c) => c.uploadMediaObject(picture))
  }

  for (const { body, name } of fixtures("requests")) {
    it.effect(`${name} is made as documented`, () => Effect.map(made[name] ?? Effect.void, (made) => expect(made).toEqual(body)))
  }
})
