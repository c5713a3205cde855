/** What the tables of verbs say of a verb and of an option. */

/**
 * An option. `takes` names its value. An option without `takes` has no value. `wants` says what the value is, for a sentence about one that is
 * missing or wrong. `least` and `most` belong to whole numbers, and `oneOf` to words. `is`: what the value is checked as. `needed`: the
 * command does not work without it.
 */
export interface Flag {
  readonly takes?: string
  readonly wants?: string
  readonly least?: number
  readonly most?: number
  readonly oneOf?: ReadonlyArray<string>
  readonly is?: "gateway" | "address"
  readonly needed?: true
  readonly says: string
}

/**
 * A verb. `operands`: what it takes beside options. It needs at least one, unless they are `optional` or an option of `unless` is given, and
 * takes no more than `most`. A verb of two words belongs to the group of the first. `endless`: it runs until it is stopped.
 */
export interface Verb {
  readonly says: string
  readonly operands?: {
    readonly takes: string
    readonly called: string
    readonly most?: number
    readonly optional?: true
    readonly unless?: ReadonlyArray<string>
  }
  readonly flags: Readonly<Record<string, Flag>>
  readonly endless?: true
  readonly examples: readonly [string, ...ReadonlyArray<string>]
}
