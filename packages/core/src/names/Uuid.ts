/**
 * Where fresh identifiers come from. The default is the platform's cryptographic generator; tests may replace it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

declare const crypto: { readonly randomUUID: () => string }

/**
 * A generator of random UUIDs (version 4).
 *
 * @since 0.1.0
 * @category services
 */
export class Uuid extends Context.Reference<Uuid>()("@interline/core/Uuid", {
  defaultValue: (): { readonly next: () => string } => ({ next: () => crypto.randomUUID() })
}) {}

/**
 * A fresh UUID.
 *
 * @since 0.1.0
 * @category constructors
 */
export const mint: Effect.Effect<string> = Effect.map(Uuid, (uuid) => uuid.next())
