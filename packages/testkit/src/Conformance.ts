/**
 * Registers the suite that every carrier must pass. It tests the carrier's `Capabilities` in both directions. A declared capability works.
 * A denied capability fails before a request leaves.
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
 * Registers the suite with vitest. `declared` has the capabilities of the carrier. A test checks that the carrier declares the same.
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
