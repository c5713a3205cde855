/** Makes new identifiers. The default is the platform's cryptographic generator; tests may replace it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

declare const crypto: { readonly randomUUID: () => string }

/**
 * A generator of random UUIDs (version 4).
 *
 * @category services
 */
export class Uuid extends Context.Reference<Uuid>()("@interline/core/Uuid", {
  defaultValue: (): { readonly next: () => string } => ({ next: () => crypto.randomUUID() })
}) {}

/**
 * A fresh UUID.
 *
 * @category constructors
 */
export const mint: Effect.Effect<string> = Effect.map(Uuid, (uuid) => uuid.next())
