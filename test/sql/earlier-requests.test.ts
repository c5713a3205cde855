/** Requests that an earlier version of the gateway wrote down. Their retries come to this version, and the earlier one may still run beside it. */
import * as SqlClient from "@effect/sql/SqlClient"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Messaging } from "@interline/core/Messaging"
import * as Drain from "@interline/gateway/Drain"
import * as Front from "@interline/gateway/Front"
import type * as FrontService from "@interline/gateway/FrontService"
import { Router } from "@interline/router/Router"
import * as RequestLog from "@interline/sql/RequestLog"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Databases from "./databases.ts"

// SHA-256 of what each names, as every version makes them
const scope = "76e7770fa96b0e21f0cfcfc35bc4e257cd1bec7affd070343302903b039b9701"
const fingerprint = "94932637ce8582dfae062f3253867ef5688be9db493d2545f8a3070b52bd34ea"
const numbered = [
  {
    id: "c5af50cea1c9cbb24692491eae749b13597a306c3dd49527a8c551443d618a99",
    key: "a8e5006e0e13cd7579c66b010604dcc1cf578c44f7b6d1f67031e7ce4c6548b6"
  },
  {
    id: "d18cf6d8acb20391996da088dc882c6ca2a41c9c9cccec84b7675bc97acda89e",
    key: "9cc63edb705a1fa0fabac910438ea74ec210756b889466dfda98ed84c99ad2ae"
  }
] as const

const unkeyed = { id: "b4d0c9c0-1a5e-4a55-9d0e-3f6f4f1f2a11", key: "9fd4d1234da33b5f7cd0ad5f00b77ff163cd47e76283914aedcb8f77265d72bc" }

const nothing = "{\"status\":503,\"headers\":{\"retry-after\":\"5\",\"interline-again\":\"1\"},\"body\":\"later\"}"
const sent = "{\"status\":200,\"headers\":{\"interline-outcome\":\"accepted\"},\"body\":\"sent\"}"

const request = (more: Partial<FrontService.FrontRequest> = {}): FrontService.FrontRequest => ({
  caller: "app",
  method: "POST",
  path: "/api/send-message",
  body: "{\"content\":\"ok\"}",
  retry: 0,
  key: Option.none(),
  draining: { status: 503, headers: {}, body: "about to stop" },
  conflict: { status: 409, headers: {}, body: "another request" },
  ...more
})

const makeWork = () => {
  const keys: Array<string> = []
  const run: FrontService.Run = {
    _tag: "Keyed",
    run: (key) => Effect.sync(() => ({ reply: { status: 200, headers: {}, body: `run ${keys.push(key)}` }, effect: "done" }))
  }
  return { keys, run }
}

Databases.overBoth("a request of an earlier version", (it, fresh) => {
  const opened = Effect.flatMap(fresh, (url) =>
    Effect.map(
      Layer.build(
        Front.layer().pipe(
          Layer.provide([
            Layer.mock(Messaging, { carriers: [] }),
            Layer.mock(Router, { ended: () => Effect.succeedNone }),
            Drain.layer,
            RequestLog.layer
          ]),
          Layer.provideMerge(Databases.connect(url))
        )
      ),
      (context) => {
        const sql = Context.get(context, SqlClient.SqlClient)
        return {
          sql,
          once: Context.get(context, Front.Front).once,
          write: (id: string, reply: string | null, expectedUntil: number | null) =>
            Effect.flatMap(Clock.currentTimeMillis, (at) =>
              sql`INSERT INTO interline_requests (id, scope, fingerprint, at, lease_until, expires_at, turn, retried, unheard, expected_until, reply)
                VALUES (${id}, ${scope}, ${fingerprint}, ${at - 1_000}, 0, ${at + 86_400_000}, 1, 0, 0, ${expectedUntil}, ${reply})`)
        }
      }
    ))

  const keyed = request({ key: Option.some("one") })

  it.scoped("under a key is joined if it did something", () =>
    Effect.gen(function*() {
      const { once, write } = yield* opened
      const { keys, run } = makeWork()
      yield* write(numbered[0].id, sent, null)
      deepStrictEqual(yield* once(keyed, run), {
        status: 200,
        headers: { "interline-outcome": "accepted", "idempotent-replayed": "true" },
        body: "sent"
      })
      deepStrictEqual(keys, [])
    }))

  it.scoped("under a key runs anew under the next number if it did nothing", () =>
    Effect.gen(function*() {
      const { once, sql, write } = yield* opened
      const { keys, run } = makeWork()
      yield* write(numbered[0].id, nothing, 0)
      deepStrictEqual(yield* once(keyed, run), { status: 200, headers: {}, body: "run 1" })
      deepStrictEqual(keys, [numbered[1].key])
      deepStrictEqual(yield* sql`SELECT id, reply FROM interline_requests WHERE id = ${numbered[1].id}`, [
        { id: numbered[1].id, reply: "{\"status\":200,\"headers\":{},\"body\":\"run 1\"}" }
      ])
    }))

  it.scoped("under a key goes to the ledger under the same key if its process died", () =>
    Effect.gen(function*() {
      const { once, write } = yield* opened
      const { keys, run } = makeWork()
      yield* write(numbered[0].id, null, null)
      deepStrictEqual((yield* once(keyed, run)).body, "run 1")
      deepStrictEqual(keys, [numbered[0].key])
    }))

  it.scoped("without a key is joined by its retry if it did something, and replaced if it did nothing", () =>
    Effect.gen(function*() {
      const { once, write } = yield* opened
      const { keys, run } = makeWork()
      yield* write(unkeyed.id, sent, null)
      deepStrictEqual((yield* once(request({ retry: 1 }), run)).body, "sent")
      yield* write("2f1d8a52-6f5e-4a55-9d0e-3f6f4f1f2a12", nothing, (yield* Clock.currentTimeMillis) + 60_000)
      deepStrictEqual(yield* once(request({ retry: 1 }), run), { status: 200, headers: {}, body: "run 1" })
      deepStrictEqual(keys.length, 1)
    }))

  it.scoped("without a key goes to the ledger under the same key if its process died", () =>
    Effect.gen(function*() {
      const { once, write } = yield* opened
      const { keys, run } = makeWork()
      yield* write(unkeyed.id, null, null)
      deepStrictEqual((yield* once(request({ retry: 1 }), run)).body, "run 1")
      deepStrictEqual(keys, [unkeyed.key])
    }))

  it.scoped("is taken over by it again, and what went out then is not taken for nothing", () =>
    Effect.gen(function*() {
      const { once, sql, write } = yield* opened
      const { keys, run } = makeWork()
      yield* write(numbered[0].id, nothing, 0)
      // the earlier version begins it anew after its time, and keeps what it knows of
      yield* sql`UPDATE interline_requests SET expected_until = NULL, reply = ${sent} WHERE id = ${numbered[0].id}`
      deepStrictEqual((yield* once(keyed, run)).body, "sent")
      deepStrictEqual(keys, [])
    }))
})
