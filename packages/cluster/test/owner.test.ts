/** Which calls make a process take a shard. */
import * as ShardId from "@effect/cluster/ShardId"
import type * as Sharding from "@effect/cluster/Sharding"
import { describe, it } from "@effect/vitest"
import { assertLeft, deepStrictEqual } from "@effect/vitest/utils"
import type { Prepared } from "@interline/core/Backend"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as SendError from "@interline/core/SendError"
import { type LocalRunner, NotOwner } from "@interline/router/Runner"
import * as Shard from "@interline/router/Shard"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Calls from "../src/calls.ts"
import type * as Direct from "../src/direct.ts"
import * as Owner from "../src/owner.ts"

const secret = Redacted.make("the secret of the cluster")

const prepared: Prepared = {
  conversation: Conversation.direct(Line.name("support"), Handle.make("+12025550123")),
  draft: Draft.text("hello"),
  fidelity: "adapt"
}

const shard = Shard.of(Conversation.key(prepared.conversation))

/** An engine that gave every shard to this process. */
const sharding = {
  getShardId: () => ShardId.make("default", 1),
  hasShardId: () => true,
  registerEntity: () => Effect.void,
  makeClient: () => Effect.succeed(() => ({ Wake: () => Effect.void }))
} as unknown as Context.Tag.Service<typeof Sharding.Sharding>

describe("a call past the engine", () => {
  it.scoped("is refused while the shard is not taken: only the engine's calls take it", () =>
    Effect.gen(function*() {
      const id = yield* DeliveryId.mint
      const epochs = new Map<number, number>()
      const asked = { acquired: 0, runs: 0, tells: 0 }
      const local: LocalRunner = {
        run: (id) => Effect.suspend(() => (asked.runs += 1, Effect.fail(SendError.invalid(id, [])))),
        tell: () => Effect.sync((): "Applied" => (asked.tells += 1, "Applied")),
        recall: (id) => Effect.fail(SendError.invalid(id, [])),
        acquire: (shards) =>
          Effect.sync(() => {
            asked.acquired += 1
            for (const one of shards) epochs.set(one, 1)
          }),
        release: () => Effect.void,
        takeUp: Effect.void,
        epochs: () => epochs,
        sendWithin: 10_000,
        takenUp: () => 0,
        drain: () => Effect.void
      }
      let handlers: Direct.Handlers | undefined
      yield* Owner.make({
        sharding,
        serve: (given) => Effect.sync(() => void (handlers = given)),
        local,
        pulse: { wasFrozen: () => false },
        secret
      })
      if (handlers === undefined) throw new Error("nothing is served")
      const { send, tell } = handlers
      const sending = Effect.either(send({ secret, shard, deliveryId: id, within: 1_000, prepared: Calls.toPrepared(prepared) }))
      const telling = Effect.either(tell({ secret, shard, deliveryId: id, fact: { _tag: "NotSent" } }))
      assertLeft(yield* sending, new NotOwner({ shard }))
      assertLeft(yield* telling, new NotOwner({ shard }))
      deepStrictEqual(asked, { acquired: 0, runs: 0, tells: 0 })
      epochs.set(shard, 1)
      assertLeft(yield* sending, SendError.invalid(id, []))
      yield* telling
      deepStrictEqual(asked, { acquired: 0, runs: 1, tells: 1 })
    }))
})
