/** A gateway over a sandbox whose clock is moved by hand, and a tour through everything that it stores and says. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Gateway from "@interline/gateway/Gateway"
import * as Listener from "@interline/gateway/Listener"
import * as LinqWords from "@interline/linq/LinqWords"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type * as Scope from "effect/Scope"
import * as Node from "interline/node"
import { type Answer, ask } from "../security/http.ts"
import { openBeside } from "../sql/databases.ts"
import { hasty } from "../support/router.ts"

export const key = "key-of-the-tour-0123456789"

const people = { ada: "+12025550123", ben: "+12025550124", cyd: "+12025550125", dan: "+12025550126", eve: "+12025550127" } as const
const numbers = { linq: "+12025550101", sendblue: "+12025550201", onlyLinq: "+12025550111", onlySendblue: "+12025550211" } as const
const photo = "https://images.example.com/photo.jpg"

export interface Line {
  readonly level: string
  readonly message: string
  readonly annotations: ReadonlyArray<string>
}

/** What was answered to one request; `route` is its method and path as the documents name it. */
export interface Said {
  readonly route: string
  readonly answer: Answer
}

type Headers = Readonly<Record<string, string>>

export interface World {
  readonly network: Sandbox.SandboxService["network"]
  readonly sql: SqlClient.SqlClient
  readonly lines: ReadonlyArray<Line>
  /** Everything that was answered to `call` and `step`. */
  readonly said: ReadonlyArray<Said>
  /** Asks with the key of the wire; `route` begins with the method. */
  readonly call: (route: string, path: string, body?: unknown, headers?: Headers) => Effect.Effect<Answer>
  /** Asks, waits until nothing happens any more, and gives the JSON of the answer. */
  readonly step: (
    route: string,
    path: string,
    body?: unknown,
    headers?: Headers
  ) => Effect.Effect<Readonly<Record<string, unknown>>, unknown>
  readonly settle: Effect.Effect<void, unknown>
}

const recorder = () => {
  const lines: Array<Line> = []
  const logger = Logger.make(({ annotations, cause, logLevel, message }) => {
    const parts: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message]
    const texts = parts.map((part) =>
      typeof part === "string"
        ? part
        : typeof part === "object" && part !== null
        ? `{${Object.keys(part).sort().join(", ")}}`
        : String(part)
    )
    lines.push({
      level: logLevel.label,
      message: [...texts, ...(Cause.isEmpty(cause) ? [] : ["<cause>"])].join(" "),
      annotations: Array.from(annotations, ([name]) => name)
    })
  })
  return { lines, layer: Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All)) }
}

const bodyOf = ({ body }: Answer): Record<string, unknown> => {
  const parsed: unknown = body === "" ? {} : JSON.parse(body)
  return typeof parsed === "object" && parsed !== null ? { ...parsed } : {}
}

const inside = (value: unknown, ...path: ReadonlyArray<string | number>): string => {
  const found = path.reduce<unknown>((so, key) => typeof so === "object" && so !== null ? Reflect.get(so, key) : undefined, value)
  return typeof found === "string" ? found : ""
}

/** The events of Linq that become events here. */
const linqEvents = Object.entries(LinqWords.eventToNeutral).flatMap(([event, tag]) => tag === "Unrecognized" ? [] : [event])

const sendblueTypes = ["receive", "outbound", "typing_indicator", "line_blocked"]

const json = { "content-type": "application/json" }

/** Gives both vendors the gateway's addresses; answers Linq's signing secret. */
const subscribe = ({ credentials, linq, sendblue }: Sandbox.SandboxService, origin: string) =>
  Effect.promise(async () => {
    const subscribed = await fetch(`${linq}/v3/webhook-subscriptions`, {
      method: "POST",
      headers: { ...json, authorization: `Bearer ${credentials.linqToken}` },
      body: JSON.stringify({ target_url: `${origin}/webhooks/linq?version=2026-02-03`, subscribed_events: linqEvents })
    })
    for (const type of sendblueTypes) {
      await fetch(`${sendblue}/api/account/webhooks`, {
        method: "POST",
        headers: { ...json, "sb-api-key-id": credentials.sendblueKeyId, "sb-api-secret-key": credentials.sendblueSecretKey },
        body: JSON.stringify({ type, webhooks: [{ url: `${origin}/webhooks/sendblue?type=${type}`, secret: "the-secret-of-sendblue" }] })
      })
    }
    return inside(await subscribed.json(), "signing_secret")
  })

/** A gateway over the database, with both vendors of a sandbox behind it. */
export const makeWorld = (database: string, variables: Readonly<Record<string, string>> = {}): Effect.Effect<World, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const { layer: recording, lines } = recorder()
    const sandbox = yield* Sandbox.make({ clock: "manual" })
    const { network } = sandbox
    yield* network.addLine("linq", numbers.onlyLinq)
    yield* network.addLine("sendblue", numbers.onlySendblue)
    // none comes before the answer to the request that it tells of, or with the message that opened its chat
    yield* network.addFault({ vendor: "linq", kind: "webhook-late", event: "chat.created", ms: 100, times: "forever" })
    for (const vendor of ["linq", "sendblue"] as const) yield* network.addFault({ vendor, kind: "webhook-late", ms: 300, times: "forever" })
    const server = yield* Listener.make({ host: "127.0.0.1", port: 0 })
    const port = server.address._tag === "TcpAddress" ? server.address.port : 0
    const origin = `http://127.0.0.1:${port}`
    const environment = {
      INTERLINE_POLICY: JSON.stringify({
        ...hasty,
        prefer: ["linq", "sendblue"],
        retry: { times: 0 },
        reconcile: { every: 1_000, within: 1_000 }
      }),
      INTERLINE_LINES:
        `support=linq:${numbers.linq},sendblue:${numbers.sendblue};east=linq:${numbers.onlyLinq};west=sendblue:${numbers.onlySendblue}`,
      INTERLINE_API_KEYS: `tour=${key}`,
      INTERLINE_PUBLIC_URL: origin,
      INTERLINE_CALLBACK_SECRET: "the-secret-of-the-reports",
      INTERLINE_ALLOW_PRIVATE_URLS: "true",
      INTERLINE_DRAIN: "1 second",
      INTERLINE_DRAIN_NOTICE: "0 seconds",
      LINQ_API_KEY: sandbox.credentials.linqToken,
      LINQ_BASE_URL: sandbox.linq,
      LINQ_WEBHOOK_SECRET: yield* subscribe(sandbox, origin),
      SENDBLUE_API_KEY: sandbox.credentials.sendblueKeyId,
      SENDBLUE_API_SECRET: sandbox.credentials.sendblueSecretKey,
      SENDBLUE_BASE_URL: sandbox.sendblue,
      SENDBLUE_WEBHOOK_SECRET: "the-secret-of-sendblue",
      DATABASE_URL: database,
      ...variables
    }
    yield* Layer.build(
      Gateway.layer().pipe(
        Layer.provide(Layer.succeed(HttpServer.HttpServer, server)),
        Layer.provide(Node.layer()),
        Layer.provide(recording)
      )
    ).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))))
    const sql = Context.get(yield* Layer.build(openBeside(database)), SqlClient.SqlClient)
    const said: Array<Said> = []
    const call: World["call"] = (route, path, body, headers = {}) =>
      Effect.map(
        ask(port, {
          method: route.split(" ")[0] ?? "GET",
          path,
          ...(body === undefined ? {} : { body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body) }),
          headers: {
            ...(body === undefined ? {} : json),
            ...(path.startsWith("/sendblue") ? { "sb-api-key-id": "tour", "sb-api-secret-key": key } : { authorization: `Bearer ${key}` }),
            ...headers
          }
        }),
        (answer) => {
          said.push({ route, answer })
          return answer
        }
      )
    const waiting = Effect.gen(function*() {
      const inbox = yield* sql<{ readonly count: number }>`SELECT count(*) AS count FROM interline_inbox WHERE due_at IS NOT NULL`
      const callbacks = yield* sql<{ readonly count: number }>`SELECT count(*) AS count FROM interline_callbacks WHERE due_at IS NOT NULL`
      const running = yield* sql<{ readonly count: number }>`SELECT count(*) AS count FROM interline_deliveries WHERE place = 'running'`
      return [inbox, callbacks, running].reduce((sum, [row]) => sum + Number(row?.count ?? 0), 0)
    })
    const idle: Effect.Effect<void, unknown> = Effect.flatMap(
      waiting,
      (left) => left === 0 ? Effect.void : Effect.zipRight(Effect.sleep("10 millis"), idle)
    )
    const settle = Effect.timeout(
      Effect.forEach(
        ["0 millis", "200 millis", "800 millis"] as const,
        (time) => Effect.all([network.advance(time), network.settle, idle]),
        { discard: true }
      ),
      "40 seconds"
    )
    return {
      network,
      sql,
      lines,
      said,
      call,
      step: (route, path, body, headers) => Effect.zipLeft(Effect.map(call(route, path, body, headers), bodyOf), settle),
      settle
    }
  })

/** Takes a gateway through everything that it stores and says; answers the ids that are known, with what they are ids of. */
export const takeTour = ({ call, network, said, settle, step }: World): Effect.Effect<ReadonlyMap<string, string>, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const names = new Map<string, string>()
    const name = (id: string, what: string): string => {
      if (id === "") throw new Error(`there is no id of ${what} in ${said.at(-1)?.answer.body}`)
      names.set(id, what)
      return id
    }
    const post = (path: string, body: unknown, headers?: Headers) => step(`POST ${path}`, path, body, headers)
    const send = (what: string, body: unknown, headers?: Headers) =>
      Effect.tap(post("/v1/send", body, headers), (answer) => {
        name(inside(answer, "id") || inside(answer, "deliveryId"), `delivery: ${what}`)
        const ref = inside(answer, "receipts", 0, "ref", "id")
        if (ref !== "") name(ref, `message: ${what}`)
        const chat = inside(answer, "receipts", 0, "chat", "id")
        if (chat !== "") name(chat, `chat: ${what}`)
      })

    // --- who is told ---

    const { origin: listener } = yield* RecordingServer.make()
    const { origin: gone } = yield* RecordingServer.make(() => ({ status: 410 }))
    const told = yield* post("/v1/callbacks", { url: `${listener}/told`, lines: [], events: [] })
    name(inside(told, "id"), "endpoint: everything")

    // --- sends ---

    const toAda = { line: "east", handle: people.ada }
    const toBen = { line: "west", handle: people.ben }
    const accepted = yield* send("by linq", { to: toAda, text: "by linq", metadata: { order: "17" } }, { "idempotency-key": "tour-1" })
    yield* post("/v1/send", { to: toAda, text: "by linq", metadata: { order: "17" } }, { "idempotency-key": "tour-1" })
    yield* post("/v1/send", { to: toAda, text: "another text" }, { "idempotency-key": "tour-1" })
    const sentByLinq = inside(accepted, "receipts", 0, "ref", "id")
    yield* send("with an effect", { to: toAda, text: "with an effect", effect: "confetti", replyTo: { to: inside(accepted, "id") } })
    yield* send("by sendblue", { to: toBen, text: "by sendblue" })
    yield* send("split", {
      to: toBen,
      parts: [{ _tag: "Text", text: "first" }, { _tag: "Media", url: photo }, { _tag: "Text", text: "last" }]
    })
    const refused = yield* network.addFault({ vendor: "linq", kind: "refused" })
    yield* send("failover", { to: { line: "support", handle: people.cyd }, text: "failover" })
    yield* network.clearFaults(refused.id)
    yield* network.addFault({ vendor: "sendblue", kind: "reset-before", match: { method: "POST", path: "/api/send-message" } })
    const held = yield* send("held", { to: { line: "west", handle: people.dan }, text: "held" }, { "idempotency-key": "tour-2" })
    yield* network.addFault({ vendor: "sendblue", kind: "reset-before", match: { method: "POST", path: "/api/send-message" } })
    const settled = yield* send("settled by hand", { to: { line: "west", handle: people.dan }, text: "settled by hand" })
    const settledId = inside(settled, "id") || inside(settled, "deliveryId")
    yield* step("POST /v1/held/{id}/settle", `/v1/held/${settledId}/settle`, { verdict: "not-sent" })
    const group = yield* send("to a group", { to: { line: "east", members: [people.ada, people.ben, people.cyd] }, text: "to a group" })
    const groupId = name(inside(group, "conversation", "id"), "group")
    yield* post("/v1/plan", { to: toBen, text: "a plan" })

    // --- other operations ---

    const file = yield* step(
      "POST /v1/attachments",
      "/v1/attachments?fileName=dot.png&mimeType=image%2Fpng",
      Buffer.from("89504e470d0a1a0a", "hex"),
      { "content-type": "image/png" }
    )
    name(inside(file, "ref", "id"), "attachment")
    yield* step("POST /v1/messages/{message}/reactions", `/v1/messages/linq:${sentByLinq}/reactions`, { tapback: "love" })
    yield* step("PATCH /v1/messages/{message}", `/v1/messages/linq:${sentByLinq}`, { text: "edited" })
    yield* step("PATCH /v1/chats/{chat}", `/v1/chats/${groupId}`, { name: "The tour" })
    yield* post("/v1/opt-outs", { handle: people.eve })
    yield* post("/v1/send", { to: { line: "east", handle: people.eve }, text: "to somebody who wants none" })
    yield* post("/v1/opt-outs", { handle: people.dan })
    yield* post("/v1/opt-ins", { handle: people.dan })

    // --- the fronts ---

    const linqSubscription = yield* post("/linq/v3/webhook-subscriptions", {
      target_url: `${listener}/linq`,
      subscribed_events: ["message.sent", "message.delivered", "message.received"]
    })
    name(inside(linqSubscription, "id"), "endpoint: linq")
    const chatBody = {
      from: numbers.onlyLinq,
      to: [people.ben],
      message: { parts: [{ type: "text", value: "by the front" }], idempotency_key: "tour-3" }
    }
    const chat = yield* post("/linq/v3/chats", chatBody)
    yield* post("/linq/v3/chats", chatBody)
    const chatId = name(inside(chat, "chat", "id"), "chat of the linq front")
    name(inside(chat, "chat", "message", "id"), "message of the linq front")
    const upload = yield* post("/linq/v3/attachments", { filename: "dot.png", content_type: "image/png", size_bytes: 8 })
    const attachmentId = name(inside(upload, "attachment_id"), "attachment of the linq front")
    const uploadPath = new URL(inside(upload, "upload_url")).pathname
    name(uploadPath.split("/").at(-1) ?? "", "upload secret")
    yield* step("PUT /linq/uploads/{id}/{secret}", uploadPath, Buffer.from("89504e470d0a1a0a", "hex"), { "content-type": "image/png" })
    yield* step("POST /linq/v3/chats/{chatId}/messages", `/linq/v3/chats/${chatId}/messages`, {
      message: { parts: [{ type: "media", attachment_id: attachmentId }] }
    })
    yield* step("PUT /linq/v3/chats/{chatId}", `/linq/v3/chats/${groupId}`, { display_name: "Renamed" })
    yield* step("POST /linq/v3/chats/{chatId}/typing", `/linq/v3/chats/${chatId}/typing`, "")
    yield* post("/linq/v3/chats", { from: "+12025559999", to: [people.ada], message: { parts: [{ type: "text", value: "from nowhere" }] } })

    yield* post("/sendblue/api/account/webhooks", {
      type: "outbound",
      webhooks: [{ url: `${listener}/sendblue`, secret: "the-secret-of-a-program" }]
    })
    const message = {
      number: people.ada,
      from_number: numbers.onlySendblue,
      content: "by the other front",
      send_style: "celebration",
      status_callback: `${listener}/status`
    }
    const handled = yield* post("/sendblue/api/send-message", message)
    name(inside(handled, "message_handle"), "message of the sendblue front")
    yield* post("/sendblue/api/send-message", message, { "x-stainless-retry-count": "1" })
    yield* post("/sendblue/api/send-group-message", {
      numbers: [people.ada, people.dan],
      from_number: numbers.onlySendblue,
      content: "to a group by the other front"
    })
    yield* post("/sendblue/api/send-typing-indicator", { number: people.ada, from_number: numbers.onlySendblue })
    yield* post("/sendblue/api/send-message", { number: "nobody", from_number: numbers.onlySendblue, content: "to nobody" })

    // --- what people and lines do ---

    yield* step("POST /v1/chats/{chat}/participants", `/v1/chats/${groupId}/participants`, { handle: people.eve })
    yield* step("POST /v1/chats/{chat}/participants", `/v1/chats/${groupId}/participants`, { handle: people.dan })
    yield* step("POST /v1/chats/{chat}/participants/remove", `/v1/chats/${groupId}/participants/remove`, { handle: people.dan })

    const reply = yield* network.say({ from: people.ada, to: numbers.onlyLinq, text: "an answer", media: [photo], effect: "slam" })
    name(reply.id, "answer of ada")
    yield* settle
    yield* network.say({ from: people.ada, to: numbers.onlyLinq, text: "a reply", replyTo: sentByLinq })
    yield* settle
    yield* network.react({ from: people.ada, messageId: sentByLinq, type: "like" })
    yield* settle
    yield* network.react({ from: people.ada, messageId: sentByLinq, type: "like", remove: true })
    yield* settle
    yield* network.read(people.ada, numbers.onlyLinq)
    yield* settle
    yield* network.typing(people.ada, numbers.onlyLinq, true)
    yield* settle
    yield* network.typing(people.ada, numbers.onlyLinq, false)
    yield* settle
    name((yield* network.say({ from: people.ben, to: numbers.onlySendblue, text: "an answer to the other" })).id, "answer of ben")
    yield* settle
    yield* network.typing(people.ben, numbers.onlySendblue, true)
    yield* settle
    yield* network.say({ from: people.ben, to: numbers.onlySendblue, text: "STOP" })
    yield* settle
    yield* network.say({ from: people.cyd, to: numbers.linq, text: "STOP" })
    yield* settle
    // the vendor lifts its opt-out by any message, and we say that ours stands; after that it is the same whether we hear of the message or of the opt-in first
    yield* network.say({ from: people.cyd, to: numbers.linq, text: "I am still here" })
    yield* settle
    yield* network.say({ from: people.cyd, to: numbers.linq, text: "START" })
    yield* settle
    yield* network.flagLine(numbers.sendblue)
    yield* settle
    yield* network.flagLine(numbers.linq)
    yield* settle
    yield* call("POST /webhooks/linq", "/webhooks/linq", { event_type: "unsigned" })
    yield* call("POST /webhooks/nobody", "/webhooks/nobody", {})

    // --- an endpoint that is gone: its first callback is a dead letter ---

    const dead = yield* post("/v1/callbacks", { url: `${gone}/gone`, events: ["Received"] })
    name(inside(dead, "id"), "endpoint: gone")
    yield* network.say({ from: people.ada, to: numbers.onlyLinq, text: "who hears this" })
    yield* settle

    const heldId = inside(held, "id") || inside(held, "deliveryId")
    yield* call("GET /v1/deliveries/{id}", `/v1/deliveries/${heldId}`)
    yield* call("GET /v1/deliveries/{id}/explain", `/v1/deliveries/${heldId}/explain`)
    return names
  })
