import { describe, expect, it } from "@effect/vitest"
import * as BoundedMap from "../src/runtime/BoundedMap.ts"

const range = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to + 1 }, (_, index) => index).filter((index) => index >= from)

describe("a map bounded by count", () => {
  it("keeps the newest, and at most twice as many as it must", () => {
    const map = BoundedMap.make<number, string>(10)
    for (let key = 0; key < 200; key++) {
      map.set(key, `value ${key}`)
      expect(map.size()).toBeLessThanOrEqual(20)
      expect(range(key - 9, key).every((newer) => map.get(newer) === `value ${newer}`)).toBe(true)
    }
    expect(map.get(0)).toBeUndefined()
  })

  it("forgets nothing by age, and what is deleted at once", () => {
    const map = BoundedMap.make<string, number>(3)
    for (const [value, key] of ["one", "two", "three", "four"].entries()) map.set(key, value)
    expect(map.get("one")).toBe(0)
    map.delete("one")
    map.set("four", 4)
    expect([map.get("one"), map.get("four"), map.size()]).toEqual([undefined, 4, 3])
  })
})

describe("a map bounded by count and age", () => {
  it("keeps the newest, and at most twice as many as it must", () => {
    const map = BoundedMap.makeExpiring<number, string>(10)
    for (let key = 0; key < 200; key++) {
      map.set(key, `value ${key}`, 0, 1000)
      expect(map.size()).toBeLessThanOrEqual(20)
      expect(range(key - 9, key).every((newer) => map.get(newer) === `value ${newer}`)).toBe(true)
    }
    expect(map.get(0)).toBeUndefined()
  })

  it("counts a key that is written again as new, and once", () => {
    const map = BoundedMap.makeExpiring<string, number>(10)
    map.set("kept", 0, 0, 1000)
    for (let key = 0; key < 100; key++) {
      map.set(`key ${key}`, key, 0, 1000)
      map.set("kept", key, 0, 1000)
      expect(map.get("kept")).toBe(key)
    }
    const full = BoundedMap.makeExpiring<string, number>(2)
    full.set("first", 1, 0, 1000)
    for (let again = 0; again < 100; again++) full.set("second", again, 0, 1000)
    expect(full.get("first")).toBe(1)
    expect(full.size()).toBe(2)
    map.delete("kept")
    expect(map.get("kept")).toBeUndefined()
  })

  it("keeps what is young enough and forgets what is twice too old", () => {
    const map = BoundedMap.makeExpiring<number, string>(1000)
    for (let at = 0; at < 400; at++) {
      map.set(at, "value", at, at + 50)
      expect(range(at - 49, at).every((young) => map.get(young) === "value")).toBe(true)
      if (at > 110) expect(map.get(at - 110)).toBeUndefined()
    }
    expect(map.size()).toBeLessThanOrEqual(110)
  })

  it("keeps an entry to its own end, also among shorter ones", () => {
    const map = BoundedMap.makeExpiring<string, string>(1000)
    map.set("short", "value", 0, 1)
    map.set("long", "value", 0, 500)
    for (let at = 0; at < 499; at++) map.set(`short ${at}`, "value", at, at + 1)
    expect(map.get("long")).toBe("value")
  })
})
