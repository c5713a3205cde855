/** Adds to the description of the API everything that the code of its endpoints does not contain. */
import * as Vendors from "interline/Vendors"
import * as KeyAccess from "../http/KeyAccess.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import * as AccessTable from "./access/table.ts"

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const field = (value: unknown, key: string): Json => isObject(value) && isObject(value[key]) ? value[key] : {}

const acting = ["post", "put", "patch", "delete"]

const key = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "1 to 255 printable ASCII characters. The same request under the same key gives the first answer again.",
  schema: { type: "string", minLength: 1, maxLength: 255 }
}

/** Every read takes it. The gateway reads it before the query of the endpoint. */
const show = {
  name: "show",
  in: "query",
  required: false,
  description:
    "`people`: the answer to a session shows people's numbers and texts, and the audit says so. The answer to an API key always shows them.",
  schema: { type: "string", enum: ["people"] }
}

const problem = (description: string, schema: string = "ProblemDetails"): Json => ({
  description,
  content: { [ProblemDetails.contentType]: { schema: { $ref: `#/components/schemas/${schema}` } } }
})

const malformed = problem(ProblemDetails.descriptions[400])

const problems = (...statuses: ReadonlyArray<ProblemDetails.Status>): Json =>
  Object.fromEntries(statuses.map((status) => [status, problem(ProblemDetails.descriptions[status])]))

// --- which statuses an operation has ---

const everywhere = ["400", "401", "403", "500", "503"]

/** More statuses of a request with a body, or with an `Idempotency-Key`. */
const acted = ["408", "409", "413", "415", "422", "424", "504"]

/** Statuses that only a carrier can cause. */
const carried = ["404", "409", "422", "429", "502", "504"]

/** `own404`: operations that ask no carrier and can still answer 404. `asksNobody`: all operations that ask no carrier. */
const own404 = [
  "deliveries.getDelivery",
  "deliveries.explain",
  "callbacks.getCallback",
  "callbacks.updateCallback",
  "callbacks.deleteCallback",
  "callbacks.testCallback",
  "callbacks.redeliver",
  "callbacks.dropDeadLetter",
  "queues.retryFailedEvent",
  "queues.dropFailedEvent",
  "held.settle",
  "rollout.getRollout",
  "rollout.changeRollout",
  "rollout.moveConversations",
  "keys.revokeKey"
]
const asksNobody = [
  "deliveries.listDeliveries",
  "deliveries.getDelivery",
  "deliveries.explain",
  "held.listHeld",
  "messages.listArchive",
  "messages.countArchive",
  "people.listOptOuts",
  "carriers.listCarriers",
  "callbacks.listCallbacks",
  "callbacks.getCallback",
  "callbacks.createCallback",
  "callbacks.updateCallback",
  "callbacks.deleteCallback",
  "callbacks.testCallback",
  "callbacks.listDeadLetters",
  "callbacks.redeliver",
  "callbacks.dropDeadLetter",
  "queues.listQueues",
  "queues.pauseQueue",
  "queues.resumeQueue",
  "queues.retryQueue",
  "queues.listFailedEvents",
  "queues.retryFailedEvent",
  "queues.dropFailedEvent",
  "processes.listProcesses",
  "processes.getVersion",
  "migration.showMigration",
  "migration.compare",
  "rollout.getRollout",
  "rollout.changeRollout",
  "rollout.moveConversations",
  "keys.listKeys",
  "keys.createKey",
  "keys.revokeKey",
  "audit.listAudit",
  "signIn.signIn",
  "session.getSession",
  "session.signOut",
  "chats.openConversation",
  "chats.openGroup"
]
const filtersByChat = ["deliveries.listDeliveries", "messages.listArchive", "messages.countArchive"]

const statusesOf = (method: string, id: string): ReadonlySet<string> =>
  new Set([
    ...everywhere,
    ...(acting.includes(method) ? acted : ["504"]),
    ...(asksNobody.includes(id) ? [] : carried),
    ...(own404.includes(id) ? ["404"] : []),
    ...(filtersByChat.includes(id) ? ["404", "422"] : []),
    ...(id === "sending.send" ? ["202"] : []),
    ...(id === "signIn.signIn" ? ["429"] : [])
  ])

// --- fields of a query, in their form on the wire ---

const whole = (minimum: number, maximum?: number): Json => ({ type: "integer", minimum, ...(maximum === undefined ? {} : { maximum }) })

const queries: Readonly<Record<string, { readonly description: string; readonly schema?: Json }>> = {
  limit: { description: "How many items a page has at most.", schema: whole(1, 100) },
  part: { description: "Which part of the message, from 0.", schema: whole(0) },
  cursor: { description: "`next` of the page before." },
  chat: { description: "The id or the ref of a chat: only what belongs to it." },
  line: { description: "The name of a line: only what went over it." },
  peer: { description: "A handle, percent-encoded (`%2B12025550123`): only what it takes part in." },
  handle: { description: "A handle, percent-encoded (`%2B12025550123`): only this person." },
  with: { description: "A handle, percent-encoded (`%2B12025550123`): only chats with it." },
  carrier: { description: "The id of a configured carrier: only what it took, was asked for last, or reported." },
  outcome: { description: "Only deliveries of which this came." },
  status: { description: "Only deliveries that got this far: `report.status`, folded over all of their messages." },
  since: { description: "From this time on: `2026-11-29T00:00:00Z`, or epoch milliseconds.", schema: { type: "string" } },
  until: { description: "Up to this time, which is left out: `2026-11-29T00:00:00Z`, or epoch milliseconds.", schema: { type: "string" } },
  actor: { description: "The name of a key: only what it did." },
  act: { description: "The name of an operation, as `settle`, or the method and path of a front: only such acts." },
  subject: { description: "Only what was done to exactly this: an id, a name, or a handle, percent-encoded." },
  loss: { description: "Only deliveries that lost something of this kind." },
  failedOver: { description: "`true`: only deliveries that went on to another carrier of their route; `false`: only those that did not." },
  key: { description: "Only deliveries of requests to `POST /v1/send` with this `Idempotency-Key`, whatever API key they came with." },
  total: {
    description:
      "`exact` counts all that there is, `none` nothing. Otherwise the count ends at 1,000, and `totalIs` is `at-least` if there are more. With `status`, only `exact` counts. In a long list, counting takes longest."
  },
  every: { description: "How long a span is; an hour unless said." },
  order: { description: "Which come first; `newest` unless said." },
  direction: { description: "Only messages to people (`outbound`), or only those from them (`inbound`)." },
  tapback: { description: "The tapback to take off." },
  emoji: { description: "The emoji to take off." },
  fileName: { description: "The name of the file." },
  mimeType: { description: "The type of the file, where `Content-Type` is not it." }
}

// --- names in a path ---

const segments: Readonly<Record<string, string>> = {
  message: "The id of a delivery, or a carrier's ref of a message: `linq:69a3…`.",
  reaction: "The id of the reaction, as a read of the message or the event `Reaction` gives it.",
  chat: "The id of a chat as the API gave it, or a carrier's ref: `linq:69a3…`.",
  attachment: "The ref of an attachment: the carrier and its id, `linq:69a3…`.",
  line: "The name of a line.",
  action: "What to do with the rollout: `start`, `advance`, `pause`, `resume` or `back`.",
  queue: "The name of a queue: `inbox` (events of webhooks) or `callbacks` (calls to your addresses)."
}

/** What `id` stands for, by group. If a group has two kinds, by operation. */
const ids: Readonly<Record<string, string>> = {
  deliveries: "The id of a delivery, as a send answered it.",
  held: "The id of a delivery that is held.",
  webhooks: "The ref of a subscription: the carrier and its id, `linq:69a3…`.",
  callbacks: "The id of a callback address.",
  "callbacks.redeliver": "The id of what could not be delivered.",
  "callbacks.dropDeadLetter": "The id of what could not be delivered.",
  queues: "The id of an event that could not be processed.",
  keys: "The id of a key that was created."
}

const inPath = (operation: string, name: string): string | undefined =>
  name === "id" ? ids[operation] ?? ids[operation.slice(0, operation.indexOf("."))] : segments[name]

const parameter = (operation: string) => (given: unknown): unknown => {
  if (!isObject(given) || typeof given["name"] !== "string") return given
  if (given["in"] === "path") return { ...given, description: inPath(operation, given["name"]) }
  return given["in"] === "query" ? { ...given, ...queries[given["name"]] } : given
}

// --- groups ---

const groups: Readonly<Record<string, string>> = {
  sending: "Send, or ask what would be sent",
  deliveries: "What came of each send",
  held: "What may have gone out, and waits for a fact or an operator",
  messages: "Messages of both directions, and what can be done to one",
  chats: "Conversations and groups at the carriers",
  attachments: "Files at the carriers",
  lines: "The numbers that messages go out by",
  people: "Who has opted out",
  carriers: "What each carrier can do",
  catchingUp: "Reading back what came while nobody listened",
  webhooks: "Subscriptions at the carriers",
  callbacks: "Addresses that are called for events",
  queues: "What waits to be done, and what failed",
  processes: "The processes of this gateway, and what each of them has",
  migration: "What a move to another carrier would change, and what it changed",
  rollout: "The move of conversations from one carrier to another, step by step",
  keys: "Who may use this API, and for what",
  signIn: "How a browser signs in",
  session: "The session of a browser",
  audit: "Who did what",
  events: "What happens, as it happens"
}

// --- examples ---

const person = { line: "support", handle: "+12025550123" }
const people = { line: "support", members: ["+12025550123", "+12025550124"] }
const card = { firstName: "Support", imageUrl: "https://media.example.com/card.png" }

const [carrierId] = Object.keys(Vendors.vendors)

const examples: Readonly<Record<string, unknown>> = {
  "rollout.changeRollout": { reason: "the first day went well" },
  "rollout.moveConversations": { handles: ["+12025550123"], reason: "they follow the rollout again" },
  "sending.send": { to: person, text: "Your order left", effect: "sparkles" },
  "sending.plan": { to: person, text: "Your order left", effect: "sparkles" },
  "held.settle": { verdict: "not-sent" },
  "messages.edit": { text: "Your order left today" },
  "messages.react": { tapback: "love" },
  "messages.moveSticker": { placement: { x: 0.5, y: -0.5 } },
  "messages.sendVoiceMemo": { to: person, url: "https://media.example.com/memo.m4a" },
  "messages.sendPoll": { to: person, options: ["Monday", "Tuesday"], key: "delivery-day-1042" },
  "messages.addPollOptions": { options: ["Wednesday"] },
  "messages.voteInPoll": { option: "97ce8c17-7ef6-4bbc-a89a-6b93d189712f" },
  "chats.openConversation": person,
  "chats.openGroup": people,
  "chats.updateChat": { name: "Order 1042" },
  "chats.addParticipant": { handle: "+12025550125" },
  "chats.removeParticipant": { handle: "+12025550125" },
  "chats.stopLocation": { handle: "+12025550125" },
  "lines.getContactStatus": { handle: "+12025550123" },
  "lines.setForwarding": { number: "+12025550190" },
  "lines.setContactCard": card,
  "lines.lookupService": { handle: "+12025550123" },
  "people.optOut": { handle: "+12025550123" },
  "people.optIn": { handle: "+12025550123" },
  "people.block": { peer: "+12025550123", reason: "threats" },
  "people.unblock": { peer: "+12025550123" },
  "catchingUp.catchUp": { carrier: carrierId },
  "webhooks.createWebhook": { url: `https://gateway.example/webhooks/${carrierId}`, events: ["message.received"], carrierId },
  "webhooks.updateWebhook": { active: false },
  "callbacks.createCallback": { url: "https://app.example.com/events", events: ["Received", "OptedOut"] },
  "callbacks.updateCallback": { active: false },
  "keys.createKey": { name: "crm", scopes: ["read", "send"], lines: ["support"], expiresAt: "2027-11-30T00:00:00Z" },
  "signIn.signIn": { key: "the secret of an API key" }
}

const bodyOf = (id: string, given: Json): Json => {
  const content = field(field(given, "requestBody"), "content")
  return examples[id] === undefined || !isObject(content["application/json"])
    ? {}
    : {
      requestBody: {
        ...field(given, "requestBody"),
        content: { ...content, "application/json": { ...content["application/json"], example: examples[id] } }
      }
    }
}

// --- names of the wire ---

/** The library gives schemas of any value an `$id` at every place. Nothing refers to it. */
const isOwnId = (key: string, value: unknown): boolean => key === "$id" && typeof value === "string" && value.startsWith("/schemas/")

/** Whether a schema is a vendor's unchanged answer. Such an answer stays in the process, so its field is never on the wire. */
const isUnwritten = (value: unknown): boolean => isObject(value) && value["title"] === "Raw"

const prefix = "#/components/schemas/"

/** The names on the wire of schemas that a library names by the way they are read. */
const wireNames: Readonly<Record<string, { readonly name: string; readonly description: string }>> = {
  DurationFromMillis: { name: "Milliseconds", description: "How long, in milliseconds." }
}

const wireName = (name: string): string => wireNames[name]?.name ?? name.slice(name.lastIndexOf("/") + 1).replace(/[^A-Za-z0-9._-]/g, "-")

/** The document without the names of our modules. The key of a component may have only letters, digits, dots, dashes and underscores. */
const rename = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(rename)
    : !isObject(value)
    ? value
    : Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]) =>
        isOwnId(key, inner) || isUnwritten(inner)
          ? []
          : [[
            key,
            key === "$ref" && typeof inner === "string" && inner.startsWith(prefix)
              ? prefix + wireName(decodeURIComponent(inner.slice(prefix.length)).replaceAll("~1", "/").replaceAll("~0", "~"))
              : rename(inner)
          ]]
      )
    )

const accessOf: Readonly<Record<string, KeyAccess.Access>> = AccessTable.table

/** The scopes of which one is enough, each as a role of its own. The scope `admin` is always enough. */
const securityOf = ({ scopes }: KeyAccess.Access): ReadonlyArray<Json> => scopes.map((scope) => ({ apiKey: [scope] }))

/** Requests that take no `Idempotency-Key`. */
const unkeyed = ["signIn.signIn", "session.signOut"]

const operation = (method: string, given: Json): Json => {
  const id = typeof given["operationId"] === "string" ? given["operationId"] : ""
  const statuses = statusesOf(method, id)
  const all = { ...field(given, "responses"), 400: malformed, 202: problem(ProblemDetails.descriptions[202], "HeldSend") }
  const responses = Object.fromEntries(
    Object.entries(all).filter(([status]) => ["200", "201", "204"].includes(status) || statuses.has(status))
  )
  const parameters = Array.isArray(given["parameters"]) ? given["parameters"].map(parameter(id)) : []
  const access = accessOf[id.slice(id.indexOf(".") + 1)]
  return {
    ...given,
    ...bodyOf(id, given),
    ...(id === "signIn.signIn" ? { security: [] } : access === undefined ? {} : { security: securityOf(access) }),
    responses,
    parameters: method === "get" ? [...parameters, show] : unkeyed.includes(id) ? parameters : [...parameters, key]
  }
}

const events: Json = {
  get: {
    tags: ["events"],
    operationId: "events.stream",
    summary: "Every event of every carrier and what the router decided, as server-sent events",
    description:
      "Resumes after the id in Last-Event-ID. Each event's data is JSON. An event may come more than once, and to several readers: to answer it once, send the reply with the header Idempotency-Key: event-{id}, where {id} is the id of the event.",
    parameters: [
      {
        name: "Last-Event-ID",
        in: "header",
        required: false,
        description: "The id of the last event that was read.",
        schema: { type: "string" }
      },
      {
        name: "after",
        in: "query",
        required: false,
        description: "As Last-Event-ID, for programs that cannot set it; 0 begins with the oldest that is kept.",
        schema: { type: "string" }
      },
      {
        name: "types",
        in: "query",
        required: false,
        description: "Only events of these types, with commas between: `Received,Status`.",
        schema: { type: "string" }
      },
      show
    ],
    security: securityOf(KeyAccess.read),
    responses: {
      200: { description: "The stream", content: { "text/event-stream": { schema: { type: "string" } } } },
      ...problems(400, 401, 403, 500, 503)
    }
  }
}

const importing: Json = {
  post: {
    tags: ["people"],
    operationId: "people.importOptOuts",
    summary: "Take over many opt-outs at once, out of a body or a carrier's own list",
    description:
      "One person on each line, as {\"handle\": \"+1…\"}, a JSON string or the first column of a table. A body of application/json names a carrier or a few people. Nobody is added twice, so an Idempotency-Key is not needed and not read: each request is done, and counts who was known.",
    requestBody: {
      required: true,
      content: {
        "application/x-ndjson": { schema: { type: "string" } },
        "text/plain": { schema: { type: "string" } },
        "application/json": {
          example: { handles: ["+12025550123", "+12025550124"] },
          schema: {
            anyOf: [
              { type: "object", required: ["carrier"], properties: { carrier: { type: "string" } }, additionalProperties: false },
              {
                type: "object",
                required: ["handles"],
                properties: { handles: { type: "array", items: { type: "string" } } },
                additionalProperties: false
              }
            ]
          }
        }
      }
    },
    security: securityOf(KeyAccess.operate),
    responses: {
      200: {
        description: "What was read",
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["read", "added", "known", "malformed", "lines"],
              properties: {
                read: { type: "integer" },
                added: { type: "integer" },
                known: { type: "integer" },
                malformed: { type: "integer" },
                lines: { type: "array", items: { type: "integer" }, description: "The first 100 lines that name nobody, counted from 1." }
              },
              additionalProperties: false
            }
          }
        }
      },
      ...problems(400, 401, 403, 404, 413, 415, 422, 429, 500, 502, 503, 504)
    }
  }
}

// --- components ---

/**
 * Splits the problem into two schemas: one for every status except 202, and one for the held send with 202. The `outcome` distinguishes a
 * held send from a delivery that a carrier took.
 */
const problemsAndHeld = (wire: Json): Json => {
  const { outcome, ...properties } = field(wire, "properties")
  const required = Array.isArray(wire["required"]) ? wire["required"] : []
  const heldSend = {
    ...wire,
    required: ["outcome", "deliveryId", ...required],
    properties: { outcome, ...properties, status: { type: "integer", enum: [202] } },
    description: "A send that may have gone out. Its delivery tells later what became of it."
  }
  const status = { type: "integer", enum: ProblemDetails.Status.literals.filter((status) => status !== 202) }
  return { ProblemDetails: { ...wire, properties: { ...properties, status } }, HeldSend: heldSend }
}

const references = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value)
    ? value.flatMap(references)
    : !isObject(value)
    ? []
    : Object.entries(value).flatMap(([key, inner]) =>
      key === "$ref" && typeof inner === "string" ? [inner.slice(prefix.length)] : references(inner)
    )

/** Keeps only the components that are referred to. The library leaves components for errors that are problems here. */
const used = (paths: Json, schemas: Json): Json => {
  const names = new Set(references(paths))
  for (const name of names) for (const inner of references(schemas[name])) names.add(inner)
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => names.has(name)))
}

export const complete = (spec: Json): Json => {
  const given = Object.fromEntries(
    Object.entries(field(spec, "paths")).map(([path, item]) => [
      path,
      isObject(item)
        ? Object.fromEntries(Object.entries(item).map(([method, given]) => [method, isObject(given) ? operation(method, given) : given]))
        : item
    ])
  )
  const paths = field({ paths: rename({ ...given, "/v1/events": events, "/v1/opt-outs/import": importing }) }, "paths")
  const components = field(spec, "components")
  const schemas = Object.fromEntries(
    Object.entries(field(components, "schemas")).map((
      [name, schema]
    ) => [wireName(name), {
      ...field({ schema: rename(schema) }, "schema"),
      ...(wireNames[name] === undefined ? {} : { description: wireNames[name].description })
    }])
  )
  return {
    ...spec,
    info: { ...field(spec, "info"), license: { name: "MIT", identifier: "MIT" } },
    // The API is beside this document, at whatever address the gateway is reached.
    servers: [{ url: "/" }],
    tags: Object.entries(groups).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      ...components,
      securitySchemes: {
        apiKey: {
          ...field(field(components, "securitySchemes"), "apiKey"),
          description: "An API key. The words beside it are its scopes: a key with one of them, or with `admin`, may do this."
        }
      },
      schemas: used(paths, { ...schemas, ...problemsAndHeld(field(schemas, "ProblemDetails")) })
    }
  }
}
