/** Draws identifiers and random numbers from one seed, so that a run can be repeated. */
import * as Utils from "effect/Utils"

export interface Ids {
  readonly uuid: () => string
  /** `length` hexadecimal digits. */
  readonly hex: (length: number) => string
  readonly bytes: (length: number) => Uint8Array
}

export const make = (seed: number): Ids => {
  const random = new Utils.PCGRandom(seed)
  // One draw gives four digits, because identifiers are the slowest part of a send.
  const hex = (length: number): string => {
    let digits = ""
    while (digits.length < length) digits += random.integer(0x10000).toString(16).padStart(4, "0")
    return digits.slice(0, length)
  }
  return {
    hex,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${(8 + random.integer(4)).toString(16)}${hex(3)}-${hex(12)}`,
    bytes: (length) => Uint8Array.from({ length }, () => random.integer(256))
  }
}
