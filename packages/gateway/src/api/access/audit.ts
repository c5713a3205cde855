/** Lists who did what. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { AuditTable } from "@interline/sql/AuditTable"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { GatewayApi } from "../Api.ts"
import * as PageCursor from "../pageCursor.ts"

const pages = PageCursor.make(Schema.Struct({ at: Schema.Int, place: Schema.String }))

export const audit = HttpApiBuilder.group(
  GatewayApi,
  "audit",
  (handlers) =>
    Effect.map(
      AuditTable,
      ({ list }) =>
        handlers.handle("listAudit", ({ urlParams: { cursor, limit = 50, ...conditions } }) =>
          Effect.gen(function*() {
            const after = yield* pages.readIfGiven(cursor)
            const { items, next } = yield* list({ ...conditions, limit, ...(after === undefined ? {} : { after }) })
            return { items, ...(next === undefined ? {} : { next: pages.write(next) }) }
          }))
    )
)
