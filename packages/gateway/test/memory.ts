/** A request log in memory, and requests to tell it about. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Begin, Reply, RequestLogService } from "../src/RequestLog.ts"

interface Row {
  readonly request: Begin
  readonly reply: Reply | undefined
}

export const requestLog = (): RequestLogService & { readonly rows: ReadonlyMap<string, Row> } => {
  const rows = new Map<string, Row>()
  const change = (id: string, to: (row: Row) => Row) =>
    Effect.sync(() => {
      const row = rows.get(id)
      if (row !== undefined) rows.set(id, to(row))
    })
  return {
    rows,
    begin: (request) =>
      Effect.sync(() => {
        const row = rows.get(request.id)
        if (row === undefined) {
          rows.set(request.id, { request, reply: undefined })
          return { _tag: "Fresh" }
        }
        if (row.request.scope !== request.scope || row.request.fingerprint !== request.fingerprint) return { _tag: "Conflict" }
        if (row.reply !== undefined) return { _tag: "Done", reply: row.reply }
        if (row.request.leaseUntil > request.at) return { _tag: "InProgress" }
        rows.set(request.id, { request, reply: undefined })
        return { _tag: "Abandoned" }
      }),
    finish: (id, reply) => change(id, (row) => ({ ...row, reply })),
    forget: (id) => Effect.sync(() => rows.delete(id)),
    abandon: (id) => Effect.flatMap(Clock.currentTimeMillis, (at) => change(id, ({ reply, request }) => ({ reply, request: { ...request, leaseUntil: at } }))),
    latest: (scope, fingerprint, since) =>
      Effect.sync(() =>
        Option.fromNullable(
          Array.from(rows.values())
            .filter(({ request }) => request.scope === scope && request.fingerprint === fingerprint && request.at >= since)
            .map(({ request }) => request.id)
            .at(-1)
        )
      )
  }
}
