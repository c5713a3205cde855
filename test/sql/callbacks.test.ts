/** Who is called for which event, how often, and what becomes of what nobody takes. */
import { assert } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Conversation from "@interline/core/Conversation"
import type { StatusFact } from "@interline/core/DeliveryStatus"
import * as MessageRef from "@interline/core/MessageRef"
import * as Metrics from "@interline/gateway/Metrics"
import { OutboundError, type Post } from "@interline/gateway/OutboundHttp"
import { NotRendered, type Renderer } from "@interline/gateway/Renderer"
import type { Endpoint } from "@interline/sql/EndpointTable"
import * as EventLog from "@interline/sql/EventLog"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Webhook } from "standardwebhooks"
import { overBoth } from "./databases.ts"
import * as Specimens from "./specimens.ts"
import { ada, halves, linq, numbers, open, sales, type Setup, support } from "./stores.ts"

const quiet = Logger.withMinimumLogLevel(LogLevel.None)

type Wanted = Omit<Endpoint, "id" | "createdAt" | "updatedAt">

const wanted = (more: Partial<Wanted> = {}): Wanted => ({
  url: "https://example.com/hook",
  dialect: "neutral",
  events: [],
  lines: [],
  active: true,
  ...more
})

const status = (more: Partial<EventLog.NewEvent> = {}): EventLog.NewEvent => ({
  at: 1000,
  event: { kind: "carrier", data: { _tag: "Status", carrierId: linq, fact: { ref: MessageRef.make(linq, "m"), status: "delivered" } } },
  ...more
})

const optedOut: EventLog.NewEvent = {
  at: 1000,
  event: { kind: "carrier", data: { _tag: "OptedOut", carrierId: linq, handle: ada, line: numbers.sales } }
}

const typeOf = (body: string): string => EventLog.typeOf(Schema.decodeSync(Schema.parseJson(EventLog.GatewayEvent))(body))

/** A process whose receiver answers as told, and everything it was called with. */
const receiving = (
  url: string,
  answer: (post: Post, nth: number) => number | Effect.Effect<number, OutboundError> = () => 200,
  setup: Setup = {}
) =>
  Effect.gen(function*() {
    const posts: Array<Post> = []
    const process = yield* open(url, {
      ...setup,
      post: (post) =>
        Effect.suspend(() => {
          posts.push(post)
          const said = answer(post, posts.length)
          return typeof said === "number" ? Effect.succeed(said) : said
        })
    })
    const publish = (...events: ReadonlyArray<EventLog.NewEvent>) => Effect.tap(process.log.append(events), process.callbacks.enqueue)
    return { ...process, posts, publish }
  })

const until = <A>(check: () => A | undefined | false | Effect.Effect<boolean>) =>
  Effect.timeout(
    Effect.repeat(
      Effect.zipRight(
        Effect.sleep("10 millis"),
        Effect.suspend(() => {
          const said = check()
          return Effect.isEffect(said) ? said : Effect.succeed(Boolean(said))
        })
      ),
      { until: (ended) => ended === true }
    ),
    "50 seconds"
  )

// long enough for a call that should not be made
const meanwhile = Effect.sleep("120 millis")

interface Row {
  readonly due_at: number | null
  readonly why: string | null
}

type Sql = { readonly sql: Effect.Effect.Success<ReturnType<typeof receiving>>["sql"] }

/** The only call, when it is written down that it failed. */
const failed = ({ sql }: Sql) =>
  Effect.timeout(
    Effect.repeat(Effect.zipRight(Effect.sleep("10 millis"), sql<Row>`SELECT due_at, why FROM interline_callbacks`), {
      until: ([row]) => row?.why !== null
    }),
    "50 seconds"
  ).pipe(
    Effect.map(([row]) => row?.due_at ?? null)
  )

/** Time passes for whatever waits. */
const hurry = ({ sql }: Sql) => sql`UPDATE interline_callbacks SET due_at = 0, why = NULL WHERE due_at IS NOT NULL`

overBoth("an endpoint", (it, fresh) => {
  it.scoped("gets each event once, signed so that the library verifies it; the id is the event's at this endpoint", () =>
    Effect.gen(function*() {
      const { callbacks, posts, publish } = yield* Effect.flatMap(fresh, (url) => receiving(url))
      const endpoint = yield* callbacks.create(wanted())
      const secret = Redacted.value(endpoint.secret ?? Redacted.make(""))
      assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
      const [event] = yield* publish(status())
      yield* until(() => posts.length === 1)
      yield* meanwhile
      assert.strictEqual(posts.length, 1)
      const [post] = posts
      assert.strictEqual(post?.headers["webhook-id"], `${endpoint.id}.${event?.id}`)
      deepStrictEqual(
        new Webhook(secret).verify(post?.body ?? "", { ...post?.headers }),
        JSON.parse(JSON.stringify(Schema.encodeSync(EventLog.GatewayEvent)(event ?? assert.fail())))
      )
      assert.throws(() => new Webhook("whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0").verify(post?.body ?? "", { ...post?.headers }))
    }))

  it.scoped("told of one event twice is called once, by the process that owns it", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const [one, two] = [yield* receiving(url, () => 200, { owned: halves[0] }), yield* receiving(url, () => 200, { owned: halves[1] })]
      yield* one.callbacks.create(wanted())
      const events = yield* one.log.append(Array.from({ length: 50 }, (_, index) => status({ at: index })))
      yield* Effect.all([one.callbacks.enqueue(events), two.callbacks.enqueue(events)], { concurrency: 2 })
      yield* until(() => one.posts.length + two.posts.length >= 50)
      yield* one.callbacks.enqueue(events)
      yield* meanwhile
      deepStrictEqual([one.posts.length, two.posts.length].toSorted((left, right) => left - right), [0, 50])
      assert.strictEqual(new Set([...one.posts, ...two.posts].map(({ headers }) => headers["webhook-id"])).size, 50)
    }))

  it.scoped("is called for the events, lines and delivery that it asks for, and while it is active", () =>
    Effect.gen(function*() {
      const { callbacks, posts, publish } = yield* Effect.flatMap(fresh, (url) => receiving(url))
      const now = yield* Clock.currentTimeMillis
      const named = (name: string, more: Partial<Wanted>) => callbacks.create(wanted({ url: `https://example.com/${name}`, ...more }))
      yield* named("statuses", { events: ["Status"] })
      yield* named("sales", { lines: [sales] })
      yield* named("delivery-1", { deliveryId: Specimens.id(1), expiresAt: now + 60_000 })
      yield* named("expired", { deliveryId: Specimens.id(1), expiresAt: now - 1 })
      yield* named("asleep", { active: false })
      yield* publish(
        status({ deliveryId: Specimens.id(1), conversation: Conversation.direct(support, ada) }),
        status({ deliveryId: Specimens.id(2), conversation: Conversation.direct(sales, ada) }),
        optedOut
      )
      yield* until(() => posts.length === 5)
      yield* meanwhile
      deepStrictEqual(posts.map(({ body, url }) => `${url.slice(20)} ${typeOf(body)}`).toSorted(), [
        "delivery-1 Status",
        "sales OptedOut",
        "sales Status",
        "statuses Status",
        "statuses Status"
      ])
    }))

  it.scoped("of another dialect gets what that dialect's renderer says, by that dialect's words, or nothing", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, (url) =>
        receiving(url, () => 200, {
          renderers: {
            linq: (event, { version }) =>
              Effect.succeed(
                EventLog.typeOf(event) === "Status"
                  ? Option.some({ type: "message.delivered", body: `"${version}"`, headers: { "x-webhook-event": "message.delivered" } })
                  : Option.none()
              )
          }
        }))
      yield* process.callbacks.create(
        wanted({ dialect: "linq", events: ["message.delivered"], version: "2026-02-03", secret: Redacted.make("whsec_any") })
      )
      yield* process.callbacks.create(wanted({ dialect: "linq", events: ["message.read"] }))
      yield* process.publish(status(), optedOut)
      yield* until(() => process.posts.length === 1)
      yield* meanwhile
      deepStrictEqual(process.posts.map(({ body, headers }) => [body, headers["x-webhook-event"]]), [[
        "\"2026-02-03\"",
        "message.delivered"
      ]])
      yield* until(() =>
        Effect.map(process.sql`SELECT id FROM interline_callbacks WHERE due_at IS NOT NULL`, ({ length }) => length === 0).pipe(
          Effect.orDie
        )
      )
    }))

  it.scoped("is refused if its address must not be called, or its secret cannot sign", () =>
    Effect.gen(function*() {
      const { callbacks } = yield* Effect.flatMap(fresh, (url) => receiving(url))
      assert.strictEqual((yield* Effect.flip(callbacks.create(wanted({ url: "http://example.com" })))).why, "not https")
      for (const secret of ["secret", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64 at all, but long enough to be one"]) {
        assert.include((yield* Effect.flip(callbacks.create(wanted({ secret: Redacted.make(secret) })))).why, "whsec_")
      }
      const endpoint = yield* callbacks.create(wanted())
      assert.strictEqual((yield* Effect.flip(callbacks.update(endpoint.id, { url: "http://example.com" }))).why, "not https")
      deepStrictEqual(yield* callbacks.find(endpoint.id), Option.some(endpoint))
    }))

  it.scoped("is listed, found, changed and removed; those of a delivery are not listed", () =>
    Effect.gen(function*() {
      const { callbacks, posts, publish, sql } = yield* Effect.flatMap(fresh, (url) => receiving(url, () => 500))
      const first = yield* callbacks.create(wanted({ events: ["Status"], lines: [support] }))
      const other = yield* callbacks.create(wanted({ dialect: "sendblue", url: "https://example.com/other" }))
      yield* callbacks.create(wanted({ deliveryId: Specimens.id(1) }))
      deepStrictEqual((yield* callbacks.list()).map(({ id }) => id).toSorted(), [first.id, other.id].toSorted())
      deepStrictEqual(yield* callbacks.list("sendblue"), [other])
      const changed = Option.getOrThrow(yield* callbacks.update(first.id, { events: [], url: "https://example.com/elsewhere" }))
      deepStrictEqual({ ...changed, updatedAt: 0 }, { ...first, events: [], url: "https://example.com/elsewhere", updatedAt: 0 })
      deepStrictEqual(yield* callbacks.update("nothing", { active: false }), Option.none())
      yield* callbacks.update(first.id, { lines: [] })
      yield* publish(optedOut)
      yield* until(() => posts.length === 1)
      deepStrictEqual([yield* callbacks.remove(first.id), yield* callbacks.remove(first.id)], [true, false])
      deepStrictEqual(yield* callbacks.find(first.id), Option.none())
      assert.strictEqual((yield* sql`SELECT id FROM interline_callbacks WHERE endpoint_id = ${first.id}`).length, 0)
    }).pipe(quiet))
})

overBoth("a call", (it, fresh) => {
  it.scoped("that fails is made again under the same id, later each time", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, (url) =>
        receiving(url, (_, nth) =>
          nth === 1 ? 500 : nth === 2 ? Effect.fail(new OutboundError({ why: "nobody there" })) : nth === 3 ? 302 : 204))
      yield* process.callbacks.create(wanted())
      const waits: Array<number> = []
      yield* process.publish(status())
      for (const nth of [1, 2, 3]) {
        yield* until(() =>
          process.posts.length === nth
        )
        waits.push(((yield* failed(process)) ?? 0) - (yield* Clock.currentTimeMillis))
        yield* hurry(process)
      }
      yield* until(() => process.posts.length === 4)
      assert.isTrue(waits[0]! > 2_000 && waits[0]! <= 6_000, `first wait ${waits[0]}`)
      assert.isTrue(waits[1]! > 22_000 && waits[1]! <= 36_000, `second wait ${waits[1]}`)
      assert.isTrue(waits[2]! > 94_000 && waits[2]! <= 144_000, `third wait ${waits[2]}`)
      assert.strictEqual(new Set(process.posts.map(({ headers }) => headers["webhook-id"])).size, 1)
      yield* meanwhile
      yield* hurry(process)
      yield* meanwhile
      assert.strictEqual(process.posts.length, 4)
    }).pipe(quiet), 30_000)

  it.scoped("that fails eight times is a dead letter, which can be redelivered", () =>
    Effect.gen(function*() {
      let isUp = false
      const process = yield* Effect.flatMap(fresh, (url) => receiving(url, () => isUp ? 200 : 503))
      const { callbacks, posts } = process
      const endpoint = yield* callbacks.create(wanted())
      const [event] = yield* process.publish(status())
      for (let nth = 1; nth <= 8; nth++) {
        yield* until(() => posts.length === nth)
        yield* failed(process)
        yield* hurry(process)
      }
      yield* until(() => Effect.map(callbacks.deadLetters(10), ({ length }) => length === 1))
      const [letter] = yield* callbacks.deadLetters(10)
      deepStrictEqual({ ...letter, at: 0 }, {
        id: letter?.id ?? "",
        endpointId: endpoint.id,
        eventId: event?.id ?? 0,
        attempts: 8,
        why: "the endpoint answered 503",
        at: 0
      })
      yield* meanwhile
      assert.strictEqual(posts.length, 8)
      isUp = true
      deepStrictEqual([
        yield* callbacks.queue.retry("x"),
        yield* callbacks.queue.retry("999"),
        yield* callbacks.queue.retry(letter?.id ?? "")
      ], [
        false,
        false,
        true
      ])
      yield* until(() => posts.length === 9)
      deepStrictEqual(yield* callbacks.deadLetters(10), [])
      assert.isFalse(yield* callbacks.queue.retry(letter?.id ?? ""))
    }).pipe(quiet), 30_000)

  it.scoped("that is answered 410 ends the endpoint", () =>
    Effect.gen(function*() {
      const { callbacks, posts, publish } = yield* Effect.flatMap(fresh, (url) => receiving(url, () => 410))
      const endpoint = yield* callbacks.create(wanted())
      yield* publish(status())
      yield* until(() => Effect.map(callbacks.deadLetters(10), ({ length }) => length === 1))
      deepStrictEqual(Option.map(yield* callbacks.find(endpoint.id), ({ active }) => active), Option.some(false))
      yield* publish(optedOut)
      yield* meanwhile
      assert.strictEqual(posts.length, 1)
    }).pipe(quiet))

  it.scoped("in a dialect that only a later version knows is put off, and keeps no other endpoint waiting", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, (url) => receiving(url))
      const later = yield* process.callbacks.create(wanted({ url: "https://example.com/later" }))
      yield* process.sql`UPDATE interline_endpoints SET dialect = 'carrier-pigeon'`
      yield* process.callbacks.create(wanted())
      yield* process.publish(status())
      yield* until(() => process.posts.length === 1)
      yield* until(() => Effect.map(process.callbacks.find(later.id), Option.exists(({ failure }) => failure !== undefined)))
      deepStrictEqual(
        [
          process.posts.map(({ url }) => url),
          Option.map(yield* process.callbacks.find(later.id), ({ active, failure }) => [active, failure])
        ],
        [["https://example.com/hook"], Option.some([true, "its dialect is not known here"])]
      )
    }).pipe(quiet))

  it.scoped("is not blamed for a carrier that does not say what an event is about, and is called later", () =>
    Effect.gen(function*() {
      const renderer: Renderer = () => new NotRendered({ why: "the message cannot be read from its carrier now: Unavailable" })
      const process = yield* Effect.flatMap(fresh, (url) => receiving(url, () => 200, { renderers: { linq: renderer } }))
      const { id } = yield* process.callbacks.create(wanted({ dialect: "linq" }))
      yield* process.publish(status())
      assert.isNotNull(yield* failed(process))
      const record = Option.getOrThrow(yield* process.callbacks.find(id))
      deepStrictEqual([record.active, record.failure, process.posts.length], [true, undefined, 0])
    }))

  it.scoped("that hangs keeps nobody else waiting", () =>
    Effect.gen(function*() {
      const { callbacks, posts, publish } = yield* Effect.flatMap(fresh, (url) =>
        receiving(url, ({ url }) =>
          url.endsWith("hangs") ? Effect.never : 200, { callbacks: { concurrency: 8, pollEvery: "20 millis" } }))
      yield* callbacks.create(wanted({ url: "https://example.com/hangs" }))
      yield* callbacks.create(wanted({ url: "https://example.com/answers" }))
      yield* publish(...Array.from({ length: 30 }, (_, index) =>
        status({ at: index })))
      yield* until(() => posts.filter(({ url }) => url.endsWith("answers")).length === 30)
      assert.strictEqual(posts.filter(({ url }) => url.endsWith("hangs")).length, 4)
    }))

  it.scoped("that a process died in is made by another one", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const dead = yield* Effect.scoped(Effect.gen(function*() {
        const dying = yield* receiving(url, () => Effect.never)
        yield* dying.callbacks.create(wanted())
        yield* dying.publish(status())
        yield* until(() => dying.posts.length === 1)
        return dying.posts
      }))
      const next = yield* receiving(url)
      yield* until(() => next.posts.length === 1)
      assert.strictEqual(next.posts[0]?.headers["webhook-id"], dead[0]?.headers["webhook-id"])
      yield* meanwhile
      assert.strictEqual(next.posts.length, 1)
    }))

  it.scoped("waits while the queue is paused, and is made when it is resumed", () =>
    Effect.gen(function*() {
      const { callbacks, posts, publish } = yield* Effect.flatMap(fresh, (url) => receiving(url))
      yield* callbacks.create(wanted())
      yield* callbacks.queue.pause
      yield* publish(status())
      yield* meanwhile
      assert.strictEqual(posts.length, 0)
      yield* callbacks.queue.resume
      yield* until(() => posts.length === 1)
    }))
})

/** A status that is folded, as the inbox tells it. */
const folded = (word: StatusFact["status"], of = "m"): EventLog.NewEvent => ({
  at: 1000,
  status: word,
  event: { kind: "carrier", data: { _tag: "Status", carrierId: linq, fact: { ref: MessageRef.make(linq, of), status: word } } }
})

const wordsOf = (posts: ReadonlyArray<Post>): ReadonlyArray<string> =>
  posts.map(({ body }) => Schema.decodeSync(Schema.parseJson(EventLog.GatewayEvent))(body).status ?? "none")

overBoth("the statuses of one message, to one endpoint", (it, fresh) => {
  it.scoped("are told one after another, beside those of other messages", () =>
    Effect.gen(function*() {
      const gate = yield* Effect.makeLatch()
      const { callbacks, posts, publish } = yield* Effect.flatMap(fresh, (url) =>
        receiving(url, (post) => wordsOf([post])[0] === "sent" ? Effect.as(gate.await, 200) : 200))
      yield* callbacks.create(wanted())
      yield* publish(folded("sent"), folded("delivered"), folded("queued", "other"))
      yield* until(() =>
        posts.length === 2
      )
      yield* meanwhile
      // nothing orders the calls for two messages
      deepStrictEqual([...wordsOf(posts)].sort(), ["queued", "sent"])
      yield* gate.open
      yield* until(() => posts.length === 3)
      strictEqual(wordsOf(posts)[2], "delivered")
    }))

  it.scoped("do not come again after a later one was taken; one that failed holds up nobody", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, (url) => receiving(url, (_, nth) => nth === 1 ? 500 : 200))
      yield* process.callbacks.create(wanted())
      yield* process.publish(folded("sent"))
      yield* failed(process)
      yield* process.publish(folded("delivered"))
      yield* until(() => process.posts.length === 2)
      yield* meanwhile
      yield* hurry(process)
      yield* until(() =>
        Effect.map(process.sql`SELECT 1 AS one FROM interline_callbacks WHERE due_at IS NOT NULL`, (rows) => rows.length === 0).pipe(
          Effect.orDie
        )
      )
      deepStrictEqual(wordsOf(process.posts), ["sent", "delivered"])
    }).pipe(quiet))

  it.scoped("come again where the later one was of a kind that the endpoint does not take", () =>
    Effect.gen(function*() {
      const renderer: Renderer = ({ status = "none" }) =>
        Effect.succeed(Option.some({ type: status, body: JSON.stringify({ status }), headers: {} }))
      const process = yield* Effect.flatMap(fresh, (url) =>
        receiving(url, (_, nth) => nth === 1 ? 500 : 200, { renderers: { linq: renderer } }))
      yield* process.callbacks.create(wanted({ dialect: "linq", events: ["sent"] }))
      yield* process.publish(folded("sent"), folded("delivered"))
      yield* until(() =>
        process.posts.length === 1
      )
      yield* meanwhile
      yield* hurry(process)
      yield* until(() => process.posts.length === 2)
      deepStrictEqual(process.posts.map(({ body }) => body), ["{\"status\":\"sent\"}", "{\"status\":\"sent\"}"])
    }).pipe(quiet))
})

overBoth("what an operator sees of callbacks", (it, fresh) => {
  it.scoped("counts only calls that were made", () =>
    Effect.gen(function*() {
      const count = Metric.value(
        Metric.taggedWithLabels(Metrics.callbacks, [MetricLabel.make("dialect", "linq"), MetricLabel.make("result", "taken")])
      )
      const before = (yield* count).count
      const renderer: Renderer = ({ status = "none" }) =>
        Effect.succeed(status === "read" ? Option.none() : Option.some({ type: status, body: "{}", headers: {} }))
      const process = yield* Effect.flatMap(fresh, (url) => receiving(url, () => 200, { renderers: { linq: renderer } }))
      yield* process.callbacks.create(wanted({ dialect: "linq", events: ["delivered", "read"] }))
      yield* process.publish(folded("sent"), folded("delivered"), folded("read"))
      yield* until(() =>
        Effect.map(process.sql`SELECT 1 AS one FROM interline_callbacks WHERE due_at IS NOT NULL`, (rows) => rows.length === 0).pipe(
          Effect.orDie
        )
      )
      assert.strictEqual(process.posts.length, 1)
      assert.strictEqual((yield* count).count - before, 1)
    }))

  it.scoped("says once in the log that an address has begun to fail, and keeps on its record when and why", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      yield* Effect.gen(function*() {
        let answer = 500
        const process = yield* Effect.flatMap(fresh, (url) => receiving(url, () => answer))
        const { id } = yield* process.callbacks.create(wanted())
        assert.notProperty(Option.getOrThrow(yield* process.callbacks.find(id)), "failure")
        const settled = (posts: number) => Effect.zipRight(until(() => process.posts.length === posts), meanwhile)
        yield* process.publish(folded("sent"))
        yield* settled(1)
        yield* process.publish(folded("sent", "other"))
        yield* settled(2)
        const record = Option.getOrThrow(yield* process.callbacks.find(id))
        assert.strictEqual(record.failure, "the endpoint answered 500")
        assert.isAbove(record.failedAt ?? 0, 0)
        assert.strictEqual(told.length, 1)
        const { dead, waiting } = yield* process.callbacks.queue.state
        deepStrictEqual({ dead, waiting }, { dead: 0, waiting: 2 })
        answer = 200
        yield* process.publish(folded("read"))
        yield* settled(3)
        assert.strictEqual(Option.getOrThrow(yield* process.callbacks.find(id)).failure, "the endpoint answered 500")
        answer = 503
        yield* process.publish(folded("read", "third"))
        yield* settled(4)
        assert.strictEqual(told.length, 2)
        assert.isTrue(told.every((line) => line.includes(id) && !line.includes("example.com")))
      }).pipe(Effect.provide(Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ annotations, message }) => void told.push(JSON.stringify([message, Array.from(annotations)])))
      )))
    }))
})
