/** Shows what is known of a move to another carrier. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Shadow } from "../../shadow/Shadow.ts"
import { GatewayApi } from "../Api.ts"

export const migration = HttpApiBuilder.group(
  GatewayApi,
  "migration",
  (handlers) =>
    Effect.map(Shadow, ({ carrierId, comparisons }) =>
      handlers.handle("showMigration", () =>
        Effect.map(comparisons, (comparisons) => ({
          shadow: { ...Option.match(carrierId, { onNone: () => ({}), onSome: (carrierId) => ({ carrierId }) }), comparisons }
        }))))
)
