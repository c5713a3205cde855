import { describe, expect, it } from "@effect/vitest"
import { DeliveryStatus } from "@interline/core/DeliveryStatus"
import { HealthStatus } from "@interline/core/Health"
import * as MessageEffect from "@interline/core/MessageEffect"
import { Tapback } from "@interline/core/Reaction"
import { Service } from "@interline/core/Service"
import * as LinqWords from "../src/wire/LinqWords.ts"

describe("words", () => {
  it("are read back as they were written", () => {
    for (const status of DeliveryStatus.literals) expect(LinqWords.statusToNeutral[LinqWords.statusFromNeutral[status]]).toBe(status)
    for (const service of Service.literals) expect(LinqWords.serviceToNeutral[LinqWords.serviceFromNeutral[service]]).toBe(service)
    for (const tapback of Tapback.literals) expect(LinqWords.reactionToNeutral[LinqWords.reactionFromNeutral[tapback]]).toBe(tapback)
    for (const health of HealthStatus.literals) {
      const word = LinqWords.healthFromNeutral[health]
      expect(word === undefined ? "unknown" : LinqWords.healthToNeutral[word]).toBe(health)
    }
    for (const effect of MessageEffect.all) {
      const written = LinqWords.effectFromNeutral[effect]
      expect(written === undefined ? "shooting_star" : LinqWords.effectToNeutral[written.name]).toBe(effect)
    }
  })

  it("say of a failure that the person did not get the message only where Linq does", () => {
    for (const code of ["3007", "4002", "4006", "4007", "4008", "4999", "toString", undefined]) {
      for (const reason of ["Message send failed", "Recipient unavailable", "", null, undefined]) {
        expect([code, reason, LinqWords.isNeverDelivered(code, reason)]).toEqual([code, reason, false])
      }
    }
    expect(["Message send failed", "Message send failed.", "timed out", null].map((reason) => LinqWords.isNeverDelivered("4001", reason)))
      .toEqual([true, false, false, false])
    expect([undefined, "anything"].map((reason) => LinqWords.isNeverDelivered("4005", reason))).toEqual([true, true])
  })

  it("give each effect its own kind", () => {
    for (const effect of MessageEffect.all) {
      const written = LinqWords.effectFromNeutral[effect]
      if (written !== undefined) expect(written.type).toBe(MessageEffect.kinds[effect])
    }
  })

  it("sort every event into one neutral event", () => {
    for (const [neutral, events] of Object.entries(LinqWords.eventFromNeutral)) {
      for (const event of events) expect(LinqWords.eventToNeutral[event]).toBe(neutral)
    }
    expect(Object.values(LinqWords.eventFromNeutral).flat().sort()).toEqual(Object.keys(LinqWords.eventToNeutral).sort())
  })

  it("do not know words from the prototype", () => {
    expect(LinqWords.meaning<string, unknown>(LinqWords.statusToNeutral, "toString")).toBeUndefined()
    expect(LinqWords.meaning<string, unknown>(LinqWords.statusToNeutral, "__proto__")).toBeUndefined()
  })

  it("do not upload what Linq's docs say is rejected", () => {
    expect(LinqWords.contentTypes).not.toContain("image/webp")
    expect(LinqWords.contentTypes).not.toContain("image/svg+xml")
    expect(LinqWords.contentTypes.length).toBe(48)
    expect(new Set(LinqWords.mediaFormats).size).toBe(LinqWords.mediaFormats.length)
  })
})
