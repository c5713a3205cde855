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
import * as Schema from "effect/Schema"
import * as ChildProcess from "node:child_process"
import * as Path from "node:path"
import * as Url from "node:url"
import { inject } from "vitest"
import * as GatewayProcess from "../support/gatewayProcess.ts"
import { bundled } from "../support/program.ts"
import { fault, hasty, orders, quiet, routerOver } from "../support/router.ts"
import { ada, numbers, support, type Vendor } from "../support/sandbox.ts"
import { overBoth } from "./databases.ts"
import { bob } from "./entries.ts"
import { Order } from "./sender.ts"

const here = Path.dirname(Url.fileURLToPath(import.meta.url))

const program = Effect.suspend(() => bundled(Path.join(here, "sender.ts"), inject("folder")))

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

const preferring = (vendor: Vendor): readonly [Vendor, Vendor] => vendor === "linq" ? ["linq", "sendblue"] : ["sendblue", "linq"]

overBoth("a process that is killed in the middle of a send", (it, fresh) => {
  /** A process of its own sends, and is killed while its person has the message already. Then another process opens the same database. */
  const killedOnce = (vendor: Vendor) =>
    Effect.gen(function*() {
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
        prefer: preferring(vendor),
        numbers,
        to: ada,
        text: "hello",
        key: "order-17",
        optedOut: bob
      })
      assert.strictEqual(
        yield* GatewayProcess.eventually(copies, (count) => count > 0),
        1,
        "the phone has it, and the process waits for the answer"
      )
      assert.strictEqual(yield* killed(child), "SIGKILL")

      const stores = yield* Layer.build(
        Layer.provideMerge(Layer.mergeAll(SqlLedger.layer(), SqlSuppression.layer), Database.layer(url, { connections: 4 }))
      )
      const suppression = Context.get(stores, Suppression)
      assert.isTrue(Option.isSome(yield* suppression.find(bob)), "what it learned of opt-outs holds")
      const world = Effect.map(
        routerOver(sandbox, { ...hasty, prefer: preferring(vendor) }, { ledger: Context.get(stores, Ledger), suppression }),
        ({ messaging, router }) => ({
          router,
          send: (text: string) =>
            Effect.either(messaging.send(Conversation.direct(support, ada), Draft.make([Part.text(text)]), { key: "order-17" }))
        })
      )
      return { copies, sandbox, sql: Context.get(stores, SqlClient.SqlClient), world }
    })

  const idOf = (sql: SqlClient.SqlClient) =>
    Effect.map(sql<{ readonly id: string }>`SELECT id FROM interline_deliveries`, (rows) => rows.map(({ id }) => id))

  /** The send had an hour less, so its time is over. */
  const endTime = (sql: SqlClient.SqlClient) =>
    Effect.gen(function*() {
      const rows = yield* sql<{ readonly state: string }>`SELECT state FROM interline_deliveries`
      const shorter = rows.map(({ state }) => state.replace(/"deadline":(\d+)/, (_, at) => `"deadline":${Number(at) - 3_600_000}`))
      yield* sql`UPDATE interline_deliveries SET begin_by = begin_by - 3600000, state = ${shorter[0]}`
    })

  for (const vendor of orders) {
    it.scoped(
      `leaves it to another one, which goes on with it, and the person gets it once (${vendor})`,
      () =>
        quiet(Effect.gen(function*() {
          const { copies, sql, world } = yield* killedOnce(vendor)
          const { send } = yield* world
          const ended = Either.getOrThrow(yield* send("hello"))
          deepStrictEqual(yield* idOf(sql), [ended.id], "it is the killed one's send, not another")
          deepStrictEqual(ended.attempts.map(({ carrierId, outcome }) => [carrierId, outcome]), [[vendor, "accepted"]])
          assert.deepInclude(Either.merge(yield* send("goodbye")), { _tag: "Invalid" }, "its key is still its own")
          assert.strictEqual(yield* copies, 1)
        })),
      60_000
    )

    it.scoped(
      `leaves it to another one, which holds it if its time is over, and the person gets it once (${vendor})`,
      () =>
        quiet(Effect.gen(function*() {
          const { copies, sandbox, sql, world } = yield* killedOnce(vendor)
          yield* endTime(sql)
          const { router, send } = yield* world
          const held = Option.getOrThrow(Either.getLeft(yield* send("hello")))
          assert.deepInclude(held, { _tag: "Held" })
          deepStrictEqual(yield* idOf(sql), [held.deliveryId], "it is the killed one's send, not another")
          // asking Sendblue's list sends nothing; Linq can only be asked by sending again, which nobody waits for any more
          yield* router.look
          const [message] = (yield* sandbox.network.phone(ada)).messages
          if (vendor === "linq") {
            yield* router.settle(held.deliveryId, {
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
        })),
      60_000
    )
  }
})
