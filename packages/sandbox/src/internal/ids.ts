/** Identifiers and chances drawn from one seed, so that a run can be repeated. */
import * as Utils from "effect/Utils"

export interface Ids {
  readonly uuid: () => string
  /** `length` hexadecimal digits. */
  readonly hex: (length: number) => string
  readonly bytes: (length: number) => Uint8Array
}

export const make = (seed: number): Ids => {
  const random = new Utils.PCGRandom(seed)
  const hex = (length: number): string =>
    Array.from({ length }, () => random.integer(16).toString(16)).join("")
  return {
    hex,
    uuid: () =>
      `${hex(8)}-${hex(4)}-4${hex(3)}-${(8 + random.integer(4)).toString(16)}${hex(3)}-${hex(12)}`,
    bytes: (length) => Uint8Array.from({ length }, () => random.integer(256))
  }
}
