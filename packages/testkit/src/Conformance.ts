/**
 * The suite that every carrier must pass. It reads the carrier's `Capabilities` and proves them in both directions: what is
 * declared works, what is denied fails before a request leaves.
 */
import { describe, expect } from "@effect/vitest"
import type * as Capabilities from "@interline/core/Capabilities"
import * as Effect from "effect/Effect"
import * as DraftTests from "./draftTests.ts"
import type { Harness } from "./Harness.ts"
import * as LostAnswerTests from "./lostAnswerTests.ts"
import * as OperationTests from "./operationTests.ts"
import * as Suite from "./suite.ts"

/**
 * Registers the suite with vitest. Pass the capabilities that the carrier declares; each test checks that it still does.
 *
 * @category constructors
 */
export const suite = (harness: Harness, declared: Capabilities.Capabilities): void =>
  void describe(`${harness.name} conforms`, () => {
    const suite = Suite.make(harness, declared)
    suite.inWorld("to the capabilities that are tested here", ({ carrier }) =>
      Effect.sync(() => {
        expect(carrier.capabilities).toEqual(declared)
      }))
    OperationTests.testOperations(suite)
    OperationTests.testFence(suite)
    DraftTests.testEffects(suite)
    DraftTests.testReactions(suite)
    DraftTests.testFeatures(suite)
    DraftTests.testLimits(suite)
    LostAnswerTests.testLostAnswers(suite)
    DraftTests.testSms(suite)
  })
