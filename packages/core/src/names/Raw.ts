/**
 * Holds a vendor's answer as it came, for fields that have no neutral name. It may quote numbers and text. So JSON, `inspect` and logs do
 * not show it; only `Raw.value` reads it.
 */
import * as Inspectable from "effect/Inspectable"
import * as Schema from "effect/Schema"

/**
 * What a vendor sent, unchanged. It never shows itself in logs, errors or spans.
 *
 * @category models
 */
export class Raw {
  // a private field instead of `Redacted`, because the registry of `Redacted` costs a garbage collection on every send
  readonly #value: unknown

  constructor(value: unknown) {
    this.#value = value
  }

  /** The answer, decoded from JSON. It is no getter, because `inspect` has an option that calls getters. */
  static value(raw: Raw): unknown {
    return raw.#value
  }

  toJSON(): string {
    return "<raw>"
  }

  toString(): string {
    return "<raw>"
  }

  // an inspector with the option for getters would otherwise show `value`
  [Inspectable.NodeInspectSymbol](): string {
    return "<raw>"
  }
}

/**
 * The schema of a `Raw` that is already one.
 *
 * @category schemas
 */
export const RawFromSelf: Schema.Schema<Raw> = Schema.instanceOf(Raw, {
  arbitrary: () => (fc) => fc.jsonValue().map((value) => new Raw(value))
})
