/**
 * A vendor's answer as it came, for fields that have no neutral name. It may quote numbers and text, so it shows itself to
 * nobody who does not ask: not to JSON, not to `inspect`, not to a log.
 */
import * as Inspectable from "effect/Inspectable"
import * as Schema from "effect/Schema"

/**
 * What a vendor sent, unchanged. It never shows itself in logs, errors or spans.
 *
 * @category models
 */
export class Raw {
  // a private field rather than `Redacted`: its registry costs a garbage collection on every send
  readonly #value: unknown

  constructor(value: unknown) {
    this.#value = value
  }

  /** The answer, decoded from JSON. Not a getter: `inspect` can be asked to call those. */
  static value(raw: Raw): unknown {
    return raw.#value
  }

  toJSON(): string {
    return "<raw>"
  }

  toString(): string {
    return "<raw>"
  }

  // an inspector that is asked for getters would show `value`
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
