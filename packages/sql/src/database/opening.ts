/** The shared part of opening a database: it brings the tables up to date, and turns a failure into a sentence. */
import * as Migrator from "@effect/sql/Migrator"
import { codeOf } from "@interline/router/DatabaseFault"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { migrations as absences } from "./migrations/absences.ts"
import { migrations as consent } from "./migrations/consent.ts"
import { migrations as events } from "./migrations/events.ts"
import { migrations as files } from "./migrations/files.ts"
import { migrations as imports } from "./migrations/imports.ts"
import { migrations as ledger } from "./migrations/ledger.ts"
import { migrations as lines } from "./migrations/lines.ts"
import { migrations as notices } from "./migrations/notices.ts"
import { migrations as queues } from "./migrations/queues.ts"
import { migrations as retries } from "./migrations/retries.ts"
import { migrations as rollouts } from "./migrations/rollouts.ts"
import { migrations as shadow } from "./migrations/shadow.ts"
import { migrations as shards } from "./migrations/shards.ts"
import { migrations as statuses } from "./migrations/statuses.ts"
import { migrations as stores } from "./migrations/stores.ts"

/** The table of the migrator itself. */
export const table = "interline_migrations"

/** What marks the database of a sandbox: SQLite's id of an application, or in PostgreSQL the comment on the migrator's table. */
export const sandboxMark = { sqlite: 0x49_4c_53_42, postgres: "the data of a sandbox" } as const

/** Every migration that this version knows. */
export const loader = Migrator.fromRecord({
  ...ledger,
  ...stores,
  ...events,
  ...files,
  ...retries,
  ...statuses,
  ...consent,
  ...queues,
  ...lines,
  ...shards,
  ...absences,
  ...shadow,
  ...rollouts,
  ...imports,
  ...notices
})

/** Brings the tables up to date. */
export const migrate = Migrator.make({})({ loader, table })

/** Says why a database cannot be used, for the person who starts the program. It holds no password. */
export type Sentence = string

/** Turns a failure into a sentence. It also does so for a defect, because the drivers throw some of their errors. */
export const explain = <A, R>(
  effect: Effect.Effect<A, unknown, R>,
  sentence: (code: string | undefined, error: unknown) => Sentence
): Effect.Effect<A, Sentence, R> =>
  Effect.catchAllCause(effect, (cause) =>
    Cause.isInterruptedOnly(cause)
      ? Effect.interrupt
      : Effect.fail(sentence(codeOf(Cause.squash(cause)), Cause.squash(cause))))
