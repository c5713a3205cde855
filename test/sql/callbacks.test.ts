/** Who is called for which event, how often, and what becomes of what nobody takes. */
import { assert } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as MessageRef from "@interline/core/MessageRef"
import type { Endpoint } from "@interline/gateway/Callbacks"
import { EgressError, type Post } from "@interline/gateway/Egress"
import * as EventLog from "@interline/gateway/EventLog"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Webhook } from "standardwebhooks"
import { overBoth } from "./databases.ts"
import * as Specimens from "./specimens.ts"
import { ada, linq, numbers, open, sales, type Setup, support } from "./stores.ts"

const quiet = Logger.withMinimumLogLevel(LogLevel.None)

type Wanted = Omit<Endpoint, "id" | "createdAt" | "updatedAt">

const wanted = (more: Partial<Wanted> = {}): Wanted => ({ url: "https://example.com/hook", dialect: "neutral", events: [], lines: [], active: true, ...more })

const status = (more: Partial<EventLog.NewEvent> = {}): EventLog.NewEvent => ({
  at: 1000,
  event: { kind: "carrier", data: { _tag: "Status", carrierId: linq, fact: { ref: MessageRef.make(linq, "m"), status: "delivered" } } },
  ...more
})

const optedOut: EventLog.NewEvent = { at: 1000, event: { kind: "carrier", data: { _tag: "OptedOut", carrierId: linq, handle: ada, line: numbers.sales } } }

const typeOf = (body: string): string => EventLog.typeOf(Schema.decodeSync(Schema.parseJson(EventLog.GatewayEvent))(body))

/** A process whose receiver answers as told, and everything it was called with. */
const receiving = (url: string, answer: (post: Post, nth: number) => number | Effect.Effect<number, EgressError> = () => 200, setup: Setup = {}) =>
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
    const publish = (...events: ReadonlyArray<EventLog.NewEvent>) => Effect.tap(process.log.append(events), process.callbacks.published)
    return { ...process, posts, publish }
  })

const until = <A>(check: () => A | undefined | false | Effect.Effect<boolean>) =>
  Effect.timeout(
    Effect.repeat(Effect.zipRight(Effect.sleep("10 millis"), Effect.suspend(() => {
      const said = check()
      return Effect.isEffect(said) ? said : Effect.succeed(Boolean(said))
    })), { until: (ended) => ended === true }),
    "10 seconds"
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
  Effect.timeout(Effect.repeat(Effect.zipRight(Effect.sleep("10 millis"), sql<Row>`SELECT due_at, why FROM interline_callbacks`), { until: ([row]) => row?.why !== null }), "10 seconds").pipe(
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
      assert.deepStrictEqual(new Webhook(secret).verify(post?.body ?? "", { ...post?.headers }), JSON.parse(JSON.stringify(Schema.encodeSync(EventLog.GatewayEvent)(event ?? assert.fail()))))
      assert.throws(() => new Webhook("whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0").verify(post?.body ?? "", { ...post?.headers }))
    }))

  it.scoped("told of one event twice is called once, and by one of two processes", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const [one, two] = [yield* receiving(url), yield* receiving(url)]
      yield* one.callbacks.create(wanted())
      const events = yield* one.log.append(Array.from({ length: 50 }, (_, index) => status({ at: index })))
      yield* Effect.all([one.callbacks.published(events), two.callbacks.published(events)], { concurrency: 2 })
      yield* until(() => one.posts.length + two.posts.length >= 50)
      yield* one.callbacks.published(events)
      yield* meanwhile
      assert.strictEqual(one.posts.length + two.posts.length, 50)
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
      assert.deepStrictEqual(posts.map(({ body, url }) => `${url.slice(20)} ${typeOf(body)}`).toSorted(), ["delivery-1 Status", "sales OptedOut", "sales Status", "statuses Status", "statuses Status"])
    }))

  it.scoped("of another dialect gets what that dialect's renderer says, by that dialect's words, or nothing", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, (url) =>
        receiving(url, () => 200, {
          renderers: {
            linq: (event, { version }) =>
              Effect.succeed(EventLog.typeOf(event) === "Status" ? Option.some({ type: "message.delivered", body: `"${version}"`, headers: { "x-webhook-event": "message.delivered" } }) : Option.none())
          }
        }))
      yield* process.callbacks.create(wanted({ dialect: "linq", events: ["message.delivered"], version: "2026-02-03", secret: Redacted.make("whsec_any") }))
      yield* process.callbacks.create(wanted({ dialect: "linq", events: ["message.read"] }))
      yield* process.publish(status(), optedOut)
      yield* until(() => process.posts.length === 1)
      yield* meanwhile
      assert.deepStrictEqual(process.posts.map(({ body, headers }) => [body, headers["x-webhook-event"]]), [["\"2026-02-03\"", "message.delivered"]])
      yield* until(() => Effect.map(process.sql`SELECT id FROM interline_callbacks WHERE due_at IS NOT NULL`, ({ length }) => length === 0).pipe(Effect.orDie))
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
      assert.deepStrictEqual(yield* callbacks.find(endpoint.id), Option.some(endpoint))
    }))

  it.scoped("is listed, found, changed and removed; those of a delivery are not listed", () =>
    Effect.gen(function*() {
      const { callbacks, posts, publish, sql } = yield* Effect.flatMap(fresh, (url) => receiving(url, () => 500))
      const first = yield* callbacks.create(wanted({ events: ["Status"], lines: [support] }))
      const other = yield* callbacks.create(wanted({ dialect: "sendblue", url: "https://example.com/other" }))
      yield* callbacks.create(wanted({ deliveryId: Specimens.id(1) }))
      assert.deepStrictEqual((yield* callbacks.list()).map(({ id }) => id).toSorted(), [first.id, other.id].toSorted())
      assert.deepStrictEqual(yield* callbacks.list("sendblue"), [other])
      const changed = Option.getOrThrow(yield* callbacks.update(first.id, { events: [], url: "https://example.com/elsewhere" }))
      assert.deepStrictEqual({ ...changed, updatedAt: 0 }, { ...first, events: [], url: "https://example.com/elsewhere", updatedAt: 0 })
      assert.deepStrictEqual(yield* callbacks.update("nothing", { active: false }), Option.none())
      yield* callbacks.update(first.id, { lines: [] })
      yield* publish(optedOut)
      yield* until(() => posts.length === 1)
      assert.deepStrictEqual([yield* callbacks.remove(first.id), yield* callbacks.remove(first.id)], [true, false])
      assert.deepStrictEqual(yield* callbacks.find(first.id), Option.none())
      assert.strictEqual((yield* sql`SELECT id FROM interline_callbacks WHERE endpoint_id = ${first.id}`).length, 0)
    }).pipe(quiet))
})

overBoth("a call", (it, fresh) => {
  it.scoped("that fails is made again under the same id, later each time", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, (url) =>
        receiving(url, (_, nth) => nth === 1 ? 500 : nth === 2 ? Effect.fail(new EgressError({ why: "nobody there" })) : nth === 3 ? 302 : 204))
      yield* process.callbacks.create(wanted())
      const waits: Array<number> = []
      yield* process.publish(status())
      for (const nth of [1, 2, 3]) {
        yield* until(() => process.posts.length === nth)
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
      assert.deepStrictEqual({ ...letter, at: 0 }, { id: letter?.id ?? "", endpointId: endpoint.id, eventId: event?.id ?? 0, attempts: 8, why: "the endpoint answered 503", at: 0 })
      yield* meanwhile
      assert.strictEqual(posts.length, 8)
      isUp = true
      assert.deepStrictEqual([yield* callbacks.redeliver("x"), yield* callbacks.redeliver("999"), yield* callbacks.redeliver(letter?.id ?? "")], [false, false, true])
      yield* until(() => posts.length === 9)
      assert.deepStrictEqual(yield* callbacks.deadLetters(10), [])
      assert.isFalse(yield* callbacks.redeliver(letter?.id ?? ""))
    }).pipe(quiet), 30_000)

  it.scoped("that is answered 410 ends the endpoint", () =>
    Effect.gen(function*() {
      const { callbacks, posts, publish } = yield* Effect.flatMap(fresh, (url) => receiving(url, () => 410))
      const endpoint = yield* callbacks.create(wanted())
      yield* publish(status())
      yield* until(() => Effect.map(callbacks.deadLetters(10), ({ length }) => length === 1))
      assert.deepStrictEqual(Option.map(yield* callbacks.find(endpoint.id), ({ active }) => active), Option.some(false))
      yield* publish(optedOut)
      yield* meanwhile
      assert.strictEqual(posts.length, 1)
    }).pipe(quiet))

  it.scoped("that hangs keeps nobody else waiting", () =>
    Effect.gen(function*() {
      const { callbacks, posts, publish } = yield* Effect.flatMap(fresh, (url) => receiving(url, ({ url }) => url.endsWith("hangs") ? Effect.never : 200, { callbacks: { concurrency: 8, pollEvery: "20 millis" } }))
      yield* callbacks.create(wanted({ url: "https://example.com/hangs" }))
      yield* callbacks.create(wanted({ url: "https://example.com/answers" }))
      yield* publish(...Array.from({ length: 30 }, (_, index) => status({ at: index })))
      yield* until(() => posts.filter(({ url }) => url.endsWith("answers")).length === 30)
      assert.strictEqual(posts.filter(({ url }) => url.endsWith("hangs")).length, 4)
    }))

  it.scoped("that a process died in is made by another one when its lease ends", () =>
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
      yield* meanwhile
      assert.strictEqual(next.posts.length, 0)
      yield* hurry(next)
      yield* until(() => next.posts.length === 1)
      assert.strictEqual(next.posts[0]?.headers["webhook-id"], dead[0]?.headers["webhook-id"])
    }))
})
