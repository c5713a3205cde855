/** Sends that name an earlier delivery to wait for. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as Specimens from "../src/ledger/suite/specimens.ts"
import { left, right, type Script, toBob, type World, world } from "./scripted.ts"

const settle = Effect.repeatN(Effect.yieldNow(), 20)

const idOf = ({ told }: World): DeliveryId => {
  const [id] = told.flatMap((event) => "deliveryId" in event ? [event.deliveryId] : [])
  if (id === undefined) throw new Error("nothing started")
  return id
}

const slow: Script = { answers: [Effect.delay(Effect.succeed("slow"), "10 seconds"), "second", "third"] }

const first = Draft.text("first")
const second = Draft.text("second")

/** A router that has a send under way, which takes ten seconds. */
const busy = (setup: Parameters<typeof world>[0] = {}) =>
  Effect.gen(function*() {
    const router = yield* world({ linq: slow, ...setup })
    const sending = yield* Effect.fork(router.send(first))
    yield* settle
    return { ...router, sending, id: idOf(router) }
  })

const problemOf = (answer: Effect.Effect.Success<ReturnType<World["send"]>>) => {
  const error = left(answer)
  return error._tag === "Invalid" ? error.problems.map(({ path, rule }) => [rule, ...path]) : error._tag
}

const named = [["after", "options", "after"]]

describe("a send after another one", () => {
  it.scoped("begins when that one has ended, and not before", () =>
    Effect.gen(function*() {
      const { id, linq, send, sending } = yield* busy()
      const waiting = yield* Effect.fork(send(second, { after: id, key: "order-17" }))
      yield* TestClock.adjust("9 seconds")
      deepStrictEqual(linq.texts(), ["first"])
      yield* TestClock.adjust("1 second")
      right(yield* Fiber.join(sending))
      right(yield* Fiber.join(waiting))
      deepStrictEqual(linq.texts(), ["first", "second"])
      right(yield* send(Draft.text("third"), { after: id }))
      deepStrictEqual(linq.texts(), ["first", "second", "third"])
    }))

  it.scoped("is refused for an id that is not known or of another conversation, and its key is free again", () =>
    Effect.gen(function*() {
      const { id, linq, send, sending } = yield* busy()
      deepStrictEqual(problemOf(yield* send(second, { after: Specimens.id(7), key: "order-17" }, toBob)), named)
      deepStrictEqual(problemOf(yield* send(second, { after: id, key: "order-17" }, toBob)), named)
      deepStrictEqual(linq.texts(), ["first"])
      right(yield* send(second, { key: "order-17" }, toBob))
      yield* TestClock.adjust("10 seconds")
      right(yield* Fiber.join(sending))
    }))

  it.scoped("is joined by a retry that names no delivery, or another one", () =>
    Effect.gen(function*() {
      const { id, linq, send } = yield* busy()
      const waiting = yield* Effect.fork(send(second, { after: id, key: "order-17" }))
      yield* settle
      const retries = yield* Effect.fork(Effect.all([
        send(second, { key: "order-17" }),
        send(second, { after: Specimens.id(7), key: "order-17" })
      ], { concurrency: 2 }))
      yield* TestClock.adjust("10 seconds")
      const answer = right(yield* Fiber.join(waiting))
      deepStrictEqual((yield* Fiber.join(retries)).map((retry) => right(retry).id), [answer.id, answer.id])
      deepStrictEqual(linq.texts(), ["first", "second"])
    }))
})
