/** A request log in memory, and requests to tell it about. */
import type { ApiKeyTableService, StoredKey } from "@interline/sql/ApiKeyTable"
import type { AuditTableService, Entry } from "@interline/sql/AuditTable"
import type { Begin, Begun, Repeated, Reply, RequestLogService, Retry } from "@interline/sql/RequestLog"
import type { SessionTableService, StoredSession } from "@interline/sql/SessionTable"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isDeepStrictEqual } from "node:util"

interface Row {
  readonly request: Begin
  readonly leaseUntil: number
  readonly turn: number
  readonly reply: Reply | undefined
  readonly retried: number
  readonly unheard: boolean
  readonly expectedUntil: number | undefined
  readonly awaitedUntil: number | undefined
}

const recent = 600_000
const overtaken = 600_000

const isAlike = (one: Begin, { fingerprint, scope, spelling = fingerprint }: Begin): boolean =>
  one.scope === scope && [fingerprint, spelling].includes(one.fingerprint)

export const requestLog = (): RequestLogService & { readonly rows: ReadonlyMap<string, Row> } => {
  const rows = new Map<string, Row>()
  const fresh = (request: Begin, retried = 0, awaitedUntil?: number): Row => ({
    request,
    leaseUntil: request.at + request.lease,
    turn: 1,
    reply: undefined,
    retried,
    unheard: false,
    expectedUntil: undefined,
    awaitedUntil
  })
  const awaitedFrom = (at: number, { awaitedUntil }: Row) => awaitedUntil === undefined ? undefined : at + overtaken
  const change = (id: string, to: (row: Row) => Row) =>
    Effect.sync(() => {
      const row = rows.get(id)
      if (row !== undefined) rows.set(id, to(row))
    })
  const take = (request: Begin): Begun => {
    const row = rows.get(request.id)
    if (row === undefined) {
      rows.set(request.id, fresh(request))
      return { _tag: "Fresh" }
    }
    if (!isAlike(row.request, request)) return { _tag: "Conflict", ...(row.reply === undefined ? {} : { reply: row.reply }) }
    if (row.reply !== undefined) return { _tag: "Done", reply: row.reply }
    if (row.leaseUntil > request.at) return { _tag: "InProgress" }
    rows.set(request.id, { ...row, request, leaseUntil: request.at + request.lease, turn: row.turn + 1 })
    return { _tag: "Abandoned" }
  }
  const replace = (id: string, retry: Retry): boolean => {
    const row = rows.get(id)
    if (row?.reply === undefined) return false
    rows.delete(id)
    rows.set(retry.id, fresh(retry, retry.retry, awaitedFrom(retry.at, row)))
    return true
  }
  /** What counts first is first; less is better. */
  const ranks = ({ at, retry }: Retry, { expectedUntil, request, retried, unheard }: Row): ReadonlyArray<number> => [
    retried < retry ? 0 : 1,
    expectedUntil === undefined || (retried < retry && expectedUntil > at) ? 0 : 1,
    retried < retry && request.at > at - recent ? -retried : 0,
    expectedUntil === undefined && unheard && request.at > at - recent ? -1 : 0,
    expectedUntil === undefined ? 1 : 0,
    -request.at
  ]
  const repeat = (retry: Retry): Repeated => {
    // the newest last, so that it comes first among equals
    const [best] = Array.from(rows)
      .filter(([, { request }]) => isAlike(request, retry) && request.expiresAt > retry.at)
      .reverse()
      .map(([id, row]) => ({ id, row, ranks: ranks(retry, row) }))
      .sort((one, other) => {
        const index = one.ranks.findIndex((rank, index) => rank !== other.ranks[index])
        return index < 0 ? 0 : (one.ranks[index] ?? 0) - (other.ranks[index] ?? 0)
      })
    if (best === undefined) {
      rows.set(retry.id, fresh(retry, retry.retry, retry.at + overtaken))
      return { _tag: "Fresh" }
    }
    if (best.row.expectedUntil !== undefined) {
      replace(best.id, retry)
      return { _tag: "Anew" }
    }
    rows.set(best.id, {
      ...best.row,
      retried: Math.max(best.row.retried, retry.retry),
      unheard: false,
      awaitedUntil: awaitedFrom(retry.at, best.row)
    })
    return { _tag: "Joined", id: best.id }
  }
  const beginFirst = (request: Begin): Repeated => {
    const [overtaking] = Array.from(rows).filter(([, { awaitedUntil, request: other }]) =>
      isAlike(other, request) && awaitedUntil !== undefined && awaitedUntil > request.at
    ).reverse()
    if (overtaking === undefined) {
      rows.set(request.id, fresh(request))
      return { _tag: "Fresh" }
    }
    const [id, row] = overtaking
    rows.set(id, { ...row, awaitedUntil: undefined })
    return { _tag: "Joined", id }
  }
  return {
    rows,
    begin: (request) => Effect.sync(() => take(request)),
    resume: (request) => Effect.sync(() => rows.has(request.id) ? Option.some(take(request)) : Option.none()),
    beginFirst: (request) => Effect.sync(() => beginFirst(request)),
    repeat: (retry) => Effect.sync(() => repeat(retry)),
    replace: (id, retry) => Effect.sync(() => replace(id, retry)),
    markUnanswered: (id) => change(id, (row) => ({ ...row, unheard: true })),
    find: (id) => Effect.sync(() => Option.map(Option.fromNullable(rows.get(id)), ({ reply }) => reply)),
    join: (id) =>
      Effect.sync(() => {
        const row = rows.get(id)
        if (row === undefined || row.reply !== undefined) return 0
        rows.set(id, { ...row, turn: row.turn + 1 })
        return row.turn + 1
      }),
    finish: (id, reply) =>
      Effect.sync(() => {
        const row = rows.get(id)
        if (row !== undefined && row.reply === undefined) rows.set(id, { ...row, reply, expectedUntil: undefined })
        return Option.fromNullable(row?.reply)
      }),
    withdraw: (id, refusal) =>
      Effect.sync(() => {
        const row = rows.get(id)
        if (row === undefined || row.reply !== undefined) return false
        if (row.turn > 1) rows.set(id, { ...row, turn: row.turn - 1 })
        else if (refusal === undefined) rows.delete(id)
        else rows.set(id, { ...row, reply: refusal.reply, expectedUntil: refusal.expectedUntil })
        return row.turn <= 1
      }),
    amend: (id, from, to) =>
      change(id, (row) => isDeepStrictEqual(row.reply, from) ? { ...row, reply: to, expectedUntil: undefined } : row),
    abandon: (id) => Effect.flatMap(Clock.currentTimeMillis, (at) => change(id, (row) => ({ ...row, leaseUntil: at }))),
    renew: (ids, lease) =>
      Effect.flatMap(
        Clock.currentTimeMillis,
        (at) =>
          Effect.forEach(ids, (id) => change(id, (row) => row.reply === undefined ? { ...row, leaseUntil: at + lease } : row), {
            discard: true
          })
      )
  }
}

/** Created API keys in memory. */
export const apiKeyTable = (): ApiKeyTableService => {
  const rows = new Map<string, { readonly key: StoredKey; readonly digest: string }>()
  const change = (id: string, more: Partial<StoredKey>): boolean => {
    const row = rows.get(id)
    if (row === undefined || row.key.revokedAt !== undefined) return false
    rows.set(id, { ...row, key: { ...row.key, ...more } })
    return true
  }
  const all = () => Array.from(rows.values()).reverse()
  return {
    insert: (key, digest) =>
      Effect.sync(() => {
        if (all().some((row) => row.key.name === key.name)) return false
        rows.set(key.id, { key, digest })
        return true
      }),
    list: Effect.sync(() => all().map(({ key }) => key)),
    usable: Effect.sync(() => all().filter(({ key }) => key.revokedAt === undefined)),
    revoke: (id, by, at) => Effect.sync(() => change(id, { revokedAt: at, revokedBy: by })),
    recordUse: (id, at) => Effect.sync(() => void change(id, { lastUsedAt: at }))
  }
}

/** The audit in memory, the newest first. */
/** Sessions in memory. */
export const sessionTable = (): SessionTableService => {
  const rows = new Map<string, StoredSession>()
  return {
    insert: (session) => Effect.sync(() => void rows.set(session.digest, session)),
    find: (digest) => Effect.sync(() => Option.fromNullable(rows.get(digest))),
    remove: (digest) => Effect.sync(() => rows.delete(digest))
  }
}

/** The audit in memory. */
export const auditTable = (): AuditTableService & { readonly entries: ReadonlyArray<Entry> } => {
  const entries: Array<Entry> = []
  return {
    entries,
    record: (entry) => Effect.sync(() => void entries.unshift(entry)),
    list: ({ limit }) => Effect.sync(() => ({ items: entries.slice(0, limit) }))
  }
}
