import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Carrier from "../src/carrier/Carrier.ts"
import * as DeliveryId from "../src/names/DeliveryId.ts"
import { deliveryId } from "./support.ts"

const ids = Arbitrary.make(DeliveryId.DeliveryId)
const generations = FastCheck.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const steps = FastCheck.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })

describe("fromKey", () => {
  it("reads back what Carrier.idempotencyKey wrote", () => {
    FastCheck.assert(FastCheck.property(ids, generations, steps, (deliveryId, generation, step) => {
      expect(DeliveryId.fromKey(Carrier.idempotencyKey(deliveryId, generation, step))).toEqual(
        Option.some({ deliveryId, generation, step })
      )
    }))
  })

  it("reads only what Carrier.idempotencyKey writes", () => {
    const digits = FastCheck.constantFrom("0", "1", "01", "00", "-1", "1.5", "1e3", "9007199254740993", "", " 1")
    const almost = FastCheck.tuple(FastCheck.oneof(ids, FastCheck.string()), digits, digits).map((parts) => parts.join(":"))
    FastCheck.assert(FastCheck.property(FastCheck.oneof(almost, FastCheck.string()), (text) => {
      const read = DeliveryId.fromKey(text)
      if (Option.isSome(read)) expect(Carrier.idempotencyKey(read.value.deliveryId, read.value.generation, read.value.step)).toBe(text)
    }))
  })

  it.each([
    "",
    deliveryId,
    `${deliveryId}:1`,
    `${deliveryId}:1:`,
    `${deliveryId}:0:0`,
    `${deliveryId}:01:0`,
    `${deliveryId}:1:00`,
    `${deliveryId}:1:0:0`,
    `${deliveryId}:1:0\n`,
    ` ${deliveryId}:1:0`,
    `${deliveryId}:1:9007199254740993`,
    "unique-request-id-123",
    `${deliveryId.replace("-", "x")}:1:0`
  ])("takes %j for the key of another program", (key) => {
    expect(DeliveryId.fromKey(key)).toEqual(Option.none())
  })
})
