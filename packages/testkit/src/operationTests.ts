/** Tests operations: a declared one works, a denied one is refused, and one that reaches a person respects the suppression list. */
import { describe, expect } from "@effect/vitest"
import * as Capabilities from "@interline/core/Capabilities"
import * as Operation from "@interline/core/Operation"
import * as Effect from "effect/Effect"
import { probes, settingOf } from "./probes.ts"
import { refusedWithoutARequest, type Suite } from "./suite.ts"

/** Tests every operation in direct conversations and in groups. */
export const testOperations = ({ declared, inWorld }: Suite): void =>
  void describe("operations", () => {
    for (const operation of Operation.all) {
      for (const kind of ["direct", "group"] as const) {
        const supported = Capabilities.supports(declared, operation, kind)
        inWorld(
          `${operation} in ${kind} conversations ${supported ? "works" : "is refused before a request leaves"}`,
          (world) =>
            Effect.gen(function*() {
              const setting = yield* settingOf(world, kind)
              const probe = probes[operation]
              if (supported) {
                const answer = yield* probe.use(setting)
                expect(yield* probe.seen(setting, answer)).toBe(true)
              } else {
                const error = yield* refusedWithoutARequest(world, probe.use(setting))
                expect(error).toMatchObject({ reason: "Unsupported" })
                const why = declared.reasons?.[operation]
                if (why !== undefined) expect(error).toMatchObject({ message: expect.stringContaining(why) })
              }
            })
        )
      }
    }
  })

/** Tests the fence: a person on the suppression list gets nothing. */
export const testFence = ({ declared, inWorld }: Suite): void =>
  void describe("the fence", () => {
    for (const operation of Operation.all) {
      const { reaches } = Operation.operations[operation]
      if (!reaches || !Capabilities.supports(declared, operation)) continue
      const kind = Capabilities.supports(declared, operation, "direct") ? "direct" : "group"
      inWorld(`stands in front of ${operation}`, (world) =>
        Effect.gen(function*() {
          const setting = yield* settingOf(world, kind)
          yield* world.suppression.add(world.friends[0], "explicit")
          const before = yield* world.phone(world.friends[0])
          const writes = yield* world.writes
          const result = yield* Effect.either(probes[operation].use(setting))
          if (result._tag === "Right") expect(result.right).toMatchObject({ _tag: "Rejected", error: { reason: "Suppressed" } })
          else expect(result.left).toMatchObject({ reason: "Suppressed" })
          yield* world.settle
          expect(yield* world.phone(world.friends[0])).toEqual(before)
          // these probes first set the line's contact card or store a file; those writes concern no person
          if (operation !== "shareContactCard" && operation !== "moveSticker") expect(yield* world.writes).toBe(writes)
        }))
    }
  })
