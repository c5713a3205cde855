import { describe, expect, it } from "@effect/vitest"
import { DeliveryStatus } from "@interline/core/DeliveryStatus"
import { HealthStatus } from "@interline/core/Health"
import * as MessageEffect from "@interline/core/MessageEffect"
import { Tapback } from "@interline/core/Reaction"
import { Service } from "@interline/core/Service"
import * as Words from "../src/wire/LinqWords.ts"

describe("words", () => {
  it("are read back as they were written", () => {
    for (const status of DeliveryStatus.literals) expect(Words.statusToNeutral[Words.statusFromNeutral[status]]).toBe(status)
    for (const service of Service.literals) expect(Words.serviceToNeutral[Words.serviceFromNeutral[service]]).toBe(service)
    for (const tapback of Tapback.literals) expect(Words.reactionToNeutral[Words.reactionFromNeutral[tapback]]).toBe(tapback)
    for (const health of HealthStatus.literals) {
      const word = Words.healthFromNeutral[health]
      expect(word === undefined ? "unknown" : Words.healthToNeutral[word]).toBe(health)
    }
    for (const effect of MessageEffect.all) {
      const written = Words.effectFromNeutral[effect]
      expect(written === undefined ? "shooting_star" : Words.effectToNeutral[written.name]).toBe(effect)
    }
  })

  it("say of a failure that the person did not get the message only where Linq does", () => {
    for (const code of ["3007", "4002", "4006", "4007", "4008", "4999", "toString", undefined]) {
      for (const reason of ["Message send failed", "Recipient unavailable", "", null, undefined]) expect([code, reason, Words.isNeverDelivered(code, reason)]).toEqual([code, reason, false])
    }
    expect(["Message send failed", "Message send failed.", "timed out", null].map((reason) => Words.isNeverDelivered("4001", reason))).toEqual([true, false, false, false])
    expect([undefined, "anything"].map((reason) => Words.isNeverDelivered("4005", reason))).toEqual([true, true])
  })

  it("give each effect its own kind", () => {
    for (const effect of MessageEffect.all) {
      const written = Words.effectFromNeutral[effect]
      if (written !== undefined) expect(written.type).toBe(MessageEffect.kinds[effect])
    }
  })

  it("sort every event into one neutral event", () => {
    for (const [neutral, events] of Object.entries(Words.eventFromNeutral)) {
      for (const event of events) expect(Words.eventToNeutral[event]).toBe(neutral)
    }
    expect(Object.values(Words.eventFromNeutral).flat().sort()).toEqual(Object.keys(Words.eventToNeutral).sort())
  })

  it("do not know words from the prototype", () => {
    expect(Words.meaning<string, unknown>(Words.statusToNeutral, "toString")).toBeUndefined()
    expect(Words.meaning<string, unknown>(Words.statusToNeutral, "__proto__")).toBeUndefined()
  })

  it("do not upload what Linq's docs say is rejected", () => {
    expect(Words.contentTypes).not.toContain("image/webp")
    expect(Words.contentTypes).not.toContain("image/svg+xml")
    expect(Words.contentTypes.length).toBe(48)
    expect(new Set(Words.mediaFormats).size).toBe(Words.mediaFormats.length)
  })
})
