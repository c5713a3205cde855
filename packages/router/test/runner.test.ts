/** The place where deliveries run: a router asks its runner, and a layer can put another one there. */
import { describe, expect, it } from "@effect/vitest"
import * as Carriers from "@interline/core/Carriers"
import * as MessageRef from "@interline/core/MessageRef"
import * as Messaging from "@interline/core/Messaging"
import * as Suppression from "@interline/core/Suppression"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Runner from "../src/ownership/Runner.ts"
import * as Router from "../src/Router.ts"
import { hello, linq, toAda, world } from "./scripted.ts"

/** What a router asks its runner for, in order. */
const watching = (asked: Array<string>): Runner.Place => (local) =>
  Effect.gen(function*() {
    yield* Effect.addFinalizer(() => Effect.sync(() => asked.push("closed")))
    const runner = yield* Runner.alone(local)
    asked.push(`has ${local.epochs().size} shards`)
    return {
      run: (id, prepared) => Effect.zipRight(Effect.sync(() => asked.push("run")), runner.run(id, prepared)),
      tell: (id, fact) => Effect.zipRight(Effect.sync(() => asked.push("tell")), runner.tell(id, fact)),
      drain: (millis) => Effect.zipRight(Effect.sync(() => asked.push("drain")), runner.drain(millis))
    }
  })

describe("a runner of one's own", () => {
  it.scoped("gets every send and every fact of a router, and drains before it is closed", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const { carrier, carriers } = yield* Effect.map(world(), ({ linq, sendblue }) => ({
        carrier: linq,
        carriers: [linq.carrier, sendblue.carrier]
      }))
      yield* Effect.gen(function*() {
        const { id } = yield* Messaging.send(toAda, hello)
        yield* (yield* Router.Router).observe({
          _tag: "Status",
          carrierId: linq,
          fact: { ref: MessageRef.make(linq, "heard"), status: "delivered" },
          idempotencyKey: `${id}:1:0`
        })
      }).pipe(
        Effect.provide(
          Router.layer({ prefer: ["linq", "sendblue"] }).pipe(
            Layer.provide(Runner.layer(watching(asked))),
            Layer.provide(MemoryLedger.layer()),
            Layer.provide(Layer.effect(Suppression.Suppression, Suppression.makeMemory)),
            Layer.provide(Layer.effect(Carriers.Carriers, Carriers.make(carriers)))
          )
        )
      )
      expect(asked).toEqual(["has 300 shards", "run", "tell", "drain", "closed"])
      expect(carrier.asked).toHaveLength(1)
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))
})
