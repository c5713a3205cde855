import { describe, expect, it } from "@effect/vitest"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as MessageEffect from "@interline/core/MessageEffect"
import * as Reaction from "@interline/core/Reaction"
import * as Service from "@interline/core/Service"
import { capabilities } from "../src/Sendblue.ts"
import * as SendblueWords from "../src/wire/SendblueWords.ts"

describe("words", () => {
  it("every neutral status survives the way there and back", () => {
    for (const status of DeliveryStatus.DeliveryStatus.literals) {
      expect(SendblueWords.statusToNeutral[SendblueWords.statusFromNeutral[status]]).toBe(status)
    }
  })

  it("every style survives the way here and back", () => {
    for (const [style, effect] of Object.entries(SendblueWords.styleToEffect)) {
      expect(SendblueWords.effectToStyle[effect]).toEqual({ style, support: "native" })
    }
  })

  it("an effect that comes back as another one is an approximation", () => {
    for (const effect of MessageEffect.all) {
      const { style, support } = SendblueWords.effectToStyle[effect]
      expect(support).toBe(SendblueWords.styleToEffect[style] === effect ? "native" : "emulated")
      expect(capabilities.effects[effect]).toBe(support)
    }
  })

  it("thirteen styles", () => expect(Object.keys(SendblueWords.styleToEffect)).toHaveLength(13))

  it("every reaction survives the way there and back", () => {
    for (const tapback of Reaction.Tapback.literals) {
      expect(SendblueWords.reactionToNeutral[SendblueWords.reactionFromNeutral[tapback]]).toBe(tapback)
    }
  })

  it("every service survives the way there and back", () => {
    for (const service of Service.Service.literals) {
      expect(SendblueWords.serviceToNeutral[SendblueWords.serviceFromNeutral[service]]).toBe(service)
    }
  })

  it("no sentence can be read as two errors", () => {
    const all = Object.values(SendblueWords.phrases).flat()
    for (const one of all) for (const other of all) if (one !== other) expect(one).not.toContain(other)
  })

  it("every sentence has a row", () => {
    const codes = new Set(Object.keys(SendblueWords.errors).map((key) => key.split("/")[1]))
    for (const key of Object.keys(SendblueWords.phrases)) expect(codes).toContain(key)
  })
})
