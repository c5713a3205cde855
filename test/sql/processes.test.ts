import * as SqlClient from "@effect/sql/SqlClient"
import { assert } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as MessageRef from "@interline/core/MessageRef"
import * as Part from "@interline/core/Part"
import { Suppression } from "@interline/core/Suppression"
import { Ledger } from "@interline/router/Ledger"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Database from "@interline/sql/Database"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as SqlSuppression from "@interline/sql/SqlSuppression"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as ChildProcess from "node:child_process"
import * as Path from "node:path"
import * as Url from "node:url"
import { bundled } from "../support/program.ts"
import { fault, hasty, orders, quiet, routerOver } from "../support/router.ts"
import { ada, numbers, support } from "../support/sandbox.ts"
import { overBoth } from "./databases.ts"
import { bob } from "./entries.ts"
import { Order } from "./sender.ts"

const here = Path.dirname(Url.fileURLToPath(import.meta.url))

const program = bundled(Path.join(here, "sender.ts"))

const running = (file: string, order: typeof Order.Type) =>
  Effect.acquireRelease(
    Effect.map(Schema.encode(Order)(order), (text) =>
      ChildProcess.spawn(process.execPath, [file, text], { stdio: ["ignore", "inherit", "inherit"] })),
    (child) =>
      Effect.sync(() => child.kill("SIGKILL"))
  )

const killed = (child: ChildProcess.ChildProcess) =>
  Effect.async<NodeJS.Signals | null>((resume) => {
    child.once("exit", (_, signal) => resume(Effect.succeed(signal)))
    child.kill("SIGKILL")
  })

const eventually = <A, E, R>(what: Effect.Effect<A, E, R>, holds: (value: A) => boolean) =>
  Effect.zipRight(
    Effect.repeat(what, { until: holds, schedule: Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(600)) }),
    what
  )

overBoth("a process that is killed in the middle of a send", (it, fresh) => {
  for (const vendor of orders) {
    it.scoped(`leaves it to another one, and the person gets it once (${vendor})`, () =>
      quiet(Effect.gen(function*() {
        const url = yield* fresh
        const sandbox = yield* Sandbox.make({ clock: "real" })
        yield* sandbox.network.addFault(fault(vendor, "ack-lost-hang"))
        const copies = Effect.map(sandbox.network.phone(ada), ({ messages }) => messages.length)

        const child = yield* running(yield* program, {
          database: url,
          linq: { baseUrl: sandbox.linq, token: sandbox.credentials.linqToken },
          sendblue: {
            baseUrl: sandbox.sendblue,
            apiKey: sandbox.credentials.sendblueKeyId,
            apiSecret: sandbox.credentials.sendblueSecretKey
          },
          prefer: vendor === "linq" ? ["linq", "sendblue"] : ["sendblue", "linq"],
          numbers,
          to: ada,
          text: "hello",
          key: "order-17",
          optedOut: bob
        })
        assert.strictEqual(yield* eventually(copies, (count) => count > 0), 1, "the phone has it, and the process waits for the answer")
        assert.strictEqual(yield* killed(child), "SIGKILL")
        // Over SQLite, this opening is the restart after the kill.
        const stores = yield* Layer.build(
          Layer.provideMerge(Layer.mergeAll(SqlLedger.layer(), SqlSuppression.layer), Database.layer(url, { connections: 4 }))
        )
        const ledger = Context.get(stores, Ledger)
        const suppression = Context.get(stores, Suppression)
        assert.isTrue(Option.isSome(yield* suppression.find(bob)), "what it learned of opt-outs holds")

        // its lease ends in some seconds
        yield* Context.get(stores, SqlClient.SqlClient)`UPDATE interline_deliveries SET lease_until = 0`
        const world = yield* routerOver(sandbox, { ...hasty, prefer: vendor === "linq" ? ["linq", "sendblue"] : ["sendblue", "linq"] }, {
          ledger,
          suppression
        })
        const send = (text: string) =>
          Effect.either(world.messaging.send(Conversation.direct(support, ada), Draft.make([Part.text(text)]), { key: "order-17" }))
        const held = Option.getOrThrow(Either.getLeft(yield* send("hello")))
        assert.deepInclude(held, { _tag: "Held" }, "it is the killed one's send, not another")
        // asking Sendblue's list sends nothing; Linq can only be asked by sending again, which nobody waits for any more
        yield* world.router.look
        const [message] = (yield* sandbox.network.phone(ada)).messages
        if (vendor === "linq") {
          yield* world.router.settle(held.deliveryId, {
            _tag: "Arrived",
            ref: MessageRef.make(CarrierId.make("linq"), message?.id ?? "none")
          })
        }
        const again = Either.getOrThrow(yield* send("hello"))
        deepStrictEqual([again.id, again.attempts.map(({ carrierId, outcome }) => [carrierId, outcome])], [held.deliveryId, [[
          vendor,
          "accepted"
        ]]])
        assert.deepInclude(Either.merge(yield* send("goodbye")), { _tag: "Invalid" }, "its key is still its own")
        assert.strictEqual(yield* copies, 1)
      })), 60_000)
  }
})
