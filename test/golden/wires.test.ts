/** What each route of the API and of both fronts answers, and how it reads the path, is as it was. */
import { it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as MessagingError from "@interline/core/MessagingError"
import * as ProblemDetails from "@interline/gateway/ProblemDetails"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { file } from "../sql/databases.ts"
import { answersOf, sentenceOf } from "./answers.ts"
import { compare, makeMask } from "./golden.ts"
import { makeWorld, type World } from "./tour.ts"

const Description = Schema.parseJson(
  Schema.Struct({ paths: Schema.Record({ key: Schema.String, value: Schema.Record({ key: Schema.String, value: Schema.Unknown }) }) })
)

const nobody = "00000000-0000-4000-8000-000000000000"

const given: Readonly<Record<string, string>> = {
  line: "east",
  message: `linq:${nobody}`,
  attachment: `linq:${nobody}`,
  chat: `linq:${nobody}`,
  number: "%2B12025550211",
  phone: "%2B12025550123"
}

const filled = (path: string): string =>
  path.replace(/\{(\w+)\}|:(\w+)/g, (_, one?: string, other?: string) => given[one ?? other ?? ""] ?? nobody)

/** Every route of both fronts, with what it calls its parameters. */
const fronts = {
  "/linq/v3": `
    POST /chats
    GET /chats
    POST /messages
    GET PUT /chats/:chatId
    POST GET /chats/:chatId/messages
    POST DELETE /chats/:chatId/participants
    POST /chats/:chatId/leave
    POST /chats/:chatId/read
    POST DELETE /chats/:chatId/typing
    POST /chats/:chatId/share_contact_card
    POST /chats/:chatId/voicememo
    GET PATCH DELETE /messages/:messageId
    GET /messages/:messageId/thread
    POST /messages/:messageId/reactions
    POST /attachments
    GET DELETE /attachments/:attachmentId
    GET /phone_numbers
    GET /phonenumbers
    PUT /phone_numbers/:phoneNumberId
    GET /available_number
    POST /capability/check_imessage
    POST /capability/check_rcs
    GET POST PATCH DELETE /contact_card
    GET /webhook-events
    GET POST /webhook-subscriptions
    GET PUT DELETE /webhook-subscriptions/:subscriptionId
    POST /chats/:chatId/location/request
    GET DELETE /chats/:chatId/location
    POST /chats/:chatId/polls
    GET /messages/:messageId/poll
    POST /messages/:messageId/poll/options
    POST /messages/:messageId/poll/votes
    PATCH /messages/:messageId/reactions/:reactionId
    POST DELETE /chats/:chatId/background
    GET POST DELETE /blocked_handles
    POST /phone_numbers/:phoneNumber/reputation_audit
    GET /phone_numbers/:phoneNumber/reputation_audit/:auditId
    POST /messages/:messageId/update
    POST GET /payment_requests
    GET /payment_requests/:paymentRequestId
    POST /payment_requests/:paymentRequestId/cancel
    GET /nowhere`,
  "/sendblue": `
    POST /api/send-message
    POST /api/send-group-message
    POST /api/send-carousel
    POST /api/messages/:handle/update-app-card
    GET /api/status
    GET /api/v2/messages
    GET /api/v2/messages/:messageId
    DELETE /api/message/:handle
    POST /api/modify-group
    GET /api/v2/groups/:groupId
    POST /api/v2/groups/:groupId/name
    POST /api/v2/groups/:groupId/photo
    POST /api/send-typing-indicator
    POST /api/mark-read
    POST /api/send-reaction
    GET /api/evaluate-service
    POST /api/upload-file
    POST /api/upload-media-object
    POST /api/v2/contacts/opt-out
    GET POST DELETE /api/v2/contacts
    GET /api/v2/contacts/count
    GET PUT DELETE /api/v2/contacts/:phone
    POST /api/v2/contacts/verify
    POST /api/v2/contacts/bulk
    GET /api/v2/lines/state
    GET /api/lines
    GET PUT DELETE /api/lines/:number/call-forwarding
    GET POST PUT DELETE /api/account/webhooks
    POST /api/request-location
    GET /api/location
    GET /api/location/:number
    GET /api/location/:number/watch
    GET /api/v2/events
    GET /account
    GET /api/v2/contact-sharing/state
    POST DELETE /api/v2/contact-sharing/profile
    POST /api/v2/contact-sharing/share
    GET /api/v2/lines/usage
    GET /api/v2/lines/contact-status
    POST /api/v2/block
    POST GET /v3/verified-contacts
    GET /v3/verified-contacts/:phone
    POST /accounts/verify-contact-on-shared-account
    GET /accounts/shared-contacts
    POST DELETE /v3/auth/tokens
    DELETE /v3/auth/tokens/:tokenId
    GET POST /api/v2/totp/secrets
    DELETE /api/v2/totp/secrets/:secretId
    GET /api/v2/totp/code/:secretId
    GET /api/v2/verify/verifications
    POST /api/v2/verify/services/:serviceId/verifications
    GET /api/v2/verify/services/:serviceId/verifications/:verificationId
    GET /api/v2/seats
    GET /api/v2/seats/:seatId
    POST /api/create-group
    GET /accounts/limits
    POST /accounts/settings/auto-typing-indicator
    POST /accounts/settings/auto-mark-read
    POST /account/lines/add-line
    POST /facetime/start-call
    GET /accounts/messages
    POST /accounts/contacts
    POST /api/contacts
    GET /api/nowhere`
} as const

/** `METHOD path` of each route. */
const routesOf = (prefix: keyof typeof fronts): ReadonlyArray<readonly [method: string, path: string]> =>
  fronts[prefix].trim().split("\n").flatMap((line) => {
    const words = line.trim().split(" ")
    const path = words.pop() ?? ""
    return words.map((method) => [method, `${prefix}${path}`] as const)
  })

const strangers = { authorization: "Bearer nobody", "sb-api-secret-key": "nobody" }

// an event stream does not end
const endless: ReadonlySet<string> = new Set(["/v1/events", "/sendblue/api/v2/events"])

/** With a key and an empty body, and without a key. */
const tryRoute = ({ call }: World, method: string, path: string) =>
  Effect.zipRight(
    endless.has(path) ? Effect.void : call(`${method} ${path}`, filled(path), method === "GET" ? undefined : {}),
    call(`${method} ${path}`, filled(path), method === "GET" ? undefined : {}, strangers)
  )

it.scopedLive(
  "every route answers an empty request, and one without a key, with the same status, headers and word",
  () =>
    Effect.gen(function*() {
      const world = yield* makeWorld(yield* file)
      const { body } = yield* world.call("GET /openapi.json", "/openapi.json")
      compare("openapi", JSON.parse(body))
      const { paths } = yield* Schema.decodeUnknown(Description)(body)
      for (const [path, operations] of Object.entries(paths)) {
        for (const method of Object.keys(operations)) {
          if (!endless.has(path)) yield* tryRoute(world, method.toUpperCase(), path)
        }
      }
      for (const prefix of ["/linq/v3", "/sendblue"] as const) {
        for (const [method, path] of routesOf(prefix)) yield* tryRoute(world, method, path)
      }
      for (const path of ["/", "/docs", "/healthz", "/readyz", "/metrics", "/nowhere", "/v1/nowhere", "/webhooks/linq"]) {
        yield* tryRoute(world, "GET", path)
      }
      for (const carrier of ["linq", "sendblue", "nobody"]) {
        yield* tryRoute(world, "POST", `/webhooks/${carrier}`)
      }
      compare("routes", answersOf(world.said))
    }),
  60_000
)

const segments = [
  "a%2Fb",
  "a%2fb",
  "%2F",
  "a%5Cb",
  "a\\b",
  "a%00b",
  "%00",
  ".",
  "..",
  "%2E",
  "%2e%2E",
  "%2e",
  "...",
  "",
  "a//b",
  "a/",
  "%",
  "%zz",
  "%C3",
  "%FF",
  "%E2%82%AC",
  "a%20b",
  "a+b",
  "a%25b",
  "a%252Fb",
  "a;b",
  "a:b",
  "%3F",
  "%23",
  "a?b=%",
  nobody,
  nobody.replaceAll("-", "%2D"),
  "00000000-0000-4000-8000-00000000000A"
]

const variable = [
  ["GET", "/linq/v3/chats/"],
  ["GET", "/linq/v3/messages/"],
  ["DELETE", "/linq/v3/attachments/"],
  ["GET", "/linq/v3/webhook-subscriptions/"],
  ["GET", "/linq/files/", "/dot.png"],
  ["PUT", "/linq/uploads/", "/secret"],
  ["PUT", `/linq/uploads/${nobody}/`],
  ["GET", "/linq/v3/chats/", "/messages"],
  ["GET", "/sendblue/api/v2/messages/"],
  ["GET", "/sendblue/api/v2/groups/"],
  ["DELETE", "/sendblue/api/message/"],
  ["GET", "/sendblue/api/lines/", "/call-forwarding"],
  ["GET", "/v1/deliveries/"],
  ["GET", "/v1/messages/"],
  ["GET", "/v1/callbacks/"]
] as const

it.scopedLive("what stands for an id in a path is read and refused in the same way", () =>
  Effect.gen(function*() {
    const world = yield* makeWorld(yield* file)
    const { text } = makeMask(new Map())
    const answers: Record<string, Readonly<Record<string, string>>> = {}
    for (const [method, before, after = ""] of variable) {
      const found: Record<string, string> = {}
      for (const segment of segments) {
        const { body, status } = yield* world.call(method, `${before}${segment}${after}`, method === "GET" ? undefined : {})
        found[segment] = `${status} ${status < 400 ? "" : text(sentenceOf(body))}`
      }
      answers[`${method} ${before}…${after}`] = found
    }
    const odd = [
      "/linq/V3/chats",
      "/linq//v3/chats",
      "/linq/v3/chats/",
      "/linq/v3/./chats",
      "/linq/v3/x/../chats",
      "/linq/v3/%63hats",
      "/linq%2Fv3/chats",
      "/LINQ/v3/chats"
    ]
    const others = [
      "/sendblue/api/Lines",
      "/sendblue//api/lines",
      "/sendblue/api/lines/",
      "/sendblue/api/./lines",
      "/sendblue/api/x/../lines",
      "/sendblue/api/%6Cines",
      "/sendblue%2Fapi/lines"
    ]
    const fixed: Record<string, string> = {}
    for (const path of [...odd, ...others]) {
      const { body, status } = yield* world.call("GET", path)
      fixed[path] = `${status} ${status < 400 ? "" : text(sentenceOf(body))}`
    }
    compare("paths", { ...answers, "another spelling": fixed })
  }), 60_000)

it("every problem has the same type, status and title", () => {
  const shown = ({ status, title, type }: ProblemDetails.ProblemDetails): string => `${status} ${type}: ${title}`
  const carrierId = CarrierId.make("linq")
  compare("problems", {
    kinds: ProblemDetails.Kind.literals.map((kind) => shown(ProblemDetails.make(kind))),
    reasons: Object.fromEntries(MessagingError.ReasonTag.literals.map((reason) => [
      reason,
      (["send", "getChat"] as const).map((operation) =>
        shown(ProblemDetails.fromMessagingError(MessagingError.make(reason, { carrierId, operation })))
      )
    ]))
  })
})
