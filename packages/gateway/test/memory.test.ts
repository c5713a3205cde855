/** The request log of the tests decides as the one in SQL. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Database from "@interline/sql/Database"
import * as RequestLog from "@interline/sql/RequestLog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { temporary } from "./database.ts"
import { requestLog } from "./memory.ts"

const reply: RequestLog.Reply = { status: 202, headers: {}, body: "" }

/** Numbers from 0 to 1, the same each time. */
const seeded = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}

describe("a request log", () => {
  it.scoped("retries find in SQL what they find in memory", () =>
    Effect.gen(function*() {
      const database = yield* Layer.build(Database.layer(yield* temporary))
      const open = Effect.map(Layer.build(RequestLog.layer), Context.get(RequestLog.RequestLog))
      const [left, right] = yield* Effect.provide(Effect.all([open, open]), database)
      const memory = requestLog()
      const random = seeded(7)
      let at = 1_000_000
      const known: Array<string> = []
      for (let step = 0; step < 300; step++) {
        at += 1 + Math.floor(random() * (random() < 0.1 ? 900_000 : 60_000))
        const log = random() < 0.5 ? left : right
        const id = `request ${step}`
        const both = <A>(run: (log: RequestLog.RequestLogService) => Effect.Effect<A>) =>
          Effect.map(Effect.all([run(log), run(memory)]), ([one, two]) => (deepStrictEqual(one, two, id), two))
        const begun = { id, scope: "ada/POST/messages", fingerprint: "hello", at, lease: 300_000, expiresAt: at + 5_000_000 }
        const some = known[Math.floor(random() * known.length)] ?? id
        const dice = random()
        if (dice < 0.25) {
          const found = yield* both((log) => log.beginFirst(begun))
          if (found._tag !== "Joined") known.push(id)
        } else if (dice < 0.45) {
          const expectedUntil = [undefined, 0, at + 120_000][Math.floor(random() * 3)]
          yield* expectedUntil === undefined
            ? both((log) => log.finish(some, reply))
            : both((log) => log.withdraw(some, { reply, expectedUntil }))
        } else if (dice < 0.55) yield* both((log) => log.markUnanswered(some))
        else {
          const count = 1 + Math.floor(random() * 3)
          const found = yield* both((log) => log.repeat({ ...begun, retry: count }))
          if (found._tag !== "Joined") known.push(id)
        }
      }
    }))
})
