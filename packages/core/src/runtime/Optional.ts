/** Fields that may be absent: in a schema, and in a record that is built. */
import * as Schema from "effect/Schema"

/**
 * The schema of a field that is absent or has a value, and is never `undefined`.
 *
 * @category schemas
 */
export const optional = <A, I, R>(schema: Schema.Schema<A, I, R>): Schema.optionalWith<Schema.Schema<A, I, R>, { exact: true }> =>
  Schema.optionalWith(schema, { exact: true })

/**
 * A record without its undefined fields: a field that may be undefined may be absent instead.
 *
 * @category models
 */
export type Present<T> =
  & { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] }
  & { readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> }

/**
 * Leaves out the fields that are undefined. The others keep their order.
 *
 * @category constructors
 */
export function present<T extends object>(fields: T): Present<T>
// the compiler cannot follow which keys are left
export function present(fields: Readonly<Record<string, unknown>>): object {
  const out: Record<string, unknown> = {}
  for (const key in fields) if (fields[key] !== undefined) out[key] = fields[key]
  return out
}
