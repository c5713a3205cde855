/** Writes down who did what, after it was done, with the id of the request and what it was done to. */
import * as Handle from "@interline/core/Handle"
import type { AuditTableService, Entry } from "@interline/sql/AuditTable"
import * as Store from "@interline/sql/Store"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/** An act, before it is done. */
export interface Act {
  readonly actor: string
  readonly act: string
  readonly subject: string | undefined
}

/** The fields of a body that say what an act is done to. The first one that is there counts. */
const fields = ["handle", "peer", "number", "target_url", "url", "name", "carrier"] as const

/** A number in its one spelling, and an address without its query, which may hold a secret. */
const toSubject = (field: string, text: string): string =>
  field.endsWith("url") ? text.replace(/[?#].*$/s, "") : Either.getOrElse(Handle.parse(text), () => text)

/** What an act is done to: the texts in its path, or else the field of its body that says it. */
export const subjectOf = (params: Readonly<Record<string, string | undefined>>, body: unknown): string | undefined => {
  const named = Object.values(params).filter((text) => text !== undefined)
  if (named.length > 0) return named.join(" ")
  for (const field of fields) {
    if (Predicate.hasProperty(body, field) && typeof body[field] === "string") return toSubject(field, body[field])
  }
  return undefined
}

/** The name of an act. One that insists on what could not be checked has a name of its own. */
export const nameOfAct = (endpoint: string, body: unknown): string =>
  Predicate.hasProperty(body, "unchecked") && body.unchecked === true ? `${endpoint}.unchecked` : endpoint

/** The same for the answer of a front. */
export const outcomeOfReply = (
  { effect, reply }: { readonly effect: "none" | "done"; readonly reply: { readonly status: number } }
): Entry["outcome"] | undefined => effect === "none" ? undefined : reply.status < 400 ? "done" : "unknown"

const requestId = Effect.map(Effect.option(Effect.currentParentSpan), Option.map(({ traceId }) => traceId))

/** Writes down an act. `false`: it could not be written. */
export const record = (audit: AuditTableService, { act, actor, subject }: Act, outcome: Entry["outcome"]): Effect.Effect<boolean> =>
  Effect.gen(function*() {
    const at = yield* Clock.currentTimeMillis
    const id = yield* requestId
    const entry = {
      at,
      actor,
      act,
      outcome,
      ...(subject === undefined ? {} : { subject: Store.toIndexable(subject) }),
      ...(Option.isNone(id) ? {} : { requestId: id.value })
    }
    // The act stands, so its answer must not be lost. The log says which act the audit lacks.
    const isWritten = yield* Store.writeOr("an act of an operator", Effect.as(audit.record(entry), true), false)
    if (!isWritten) yield* Effect.logError("the audit lacks an act", { actor, act })
    return isWritten
  })

/**
 * Runs an act and writes it down. What certainly did nothing is not written down (`undefined`). What was broken off may have been done.
 */
export const watch = <A, E, R>(
  audit: AuditTableService,
  act: Act,
  run: Effect.Effect<A, E, R>,
  outcomeOf: (result: A) => Entry["outcome"] | undefined
): Effect.Effect<A, E, R> =>
  Effect.onExit(run, (exit) => {
    const outcome = Exit.isSuccess(exit) ? outcomeOf(exit.value) : "unknown"
    return outcome === undefined ? Effect.void : record(audit, act, outcome)
  })
