/** Tests the promises about messages that were taken for not sent. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Absence } from "../Ledger.ts"
import { type Case, crowd, same } from "./expect.ts"
import * as Specimens from "./specimens.ts"

const written = (absences: ReadonlyArray<Absence>): unknown => Schema.encodeSync(Schema.Array(Absence))(absences)
const names = (absences: ReadonlyArray<Absence>) => absences.map(({ generation, id }) => [id, generation])

const { absence, id, shardOfAlice, shardOfBob } = Specimens

export const absences: ReadonlyArray<Case> = [
  {
    name: "an absence is read as it was written, also after its delivery is done",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* same("nothing is noted", yield* ledger.absences(10), [])
        yield* ledger.open(Specimens.sending(Specimens.idle(1)), 60_000)
        yield* ledger.noteAbsence(absence(1))
        yield* same("noted", written(yield* ledger.absences(10)), written([absence(1)]))
        yield* ledger.save(Specimens.done(Specimens.idle(1)))
        yield* same("done", written(yield* ledger.absences(10)), written([absence(1)]))
      })
  },
  {
    name: "absences are listed oldest first, those of some shards without the others",
    run: (ledger) =>
      Effect.gen(function*() {
        const list = (limit: number, shards?: ReadonlySet<number>) => Effect.map(ledger.absences(limit, shards), names)
        yield* ledger.noteAbsence(absence(1, { since: 3000 }))
        yield* ledger.noteAbsence(absence(2, { since: 1000, shard: shardOfBob }))
        yield* ledger.noteAbsence(absence(1, { since: 2000, generation: 2 }))
        yield* same("all", yield* list(10), [[id(2), 1], [id(1), 2], [id(1), 1]])
        yield* same("limited", yield* list(2), [[id(2), 1], [id(1), 2]])
        yield* same("of one shard", yield* list(10, new Set([shardOfAlice])), [[id(1), 2], [id(1), 1]])
        yield* same("of one shard, limited", yield* list(1, new Set([shardOfAlice])), [[id(1), 2]])
        yield* same("of both", yield* list(10, new Set([shardOfAlice, shardOfBob])), [[id(2), 1], [id(1), 2], [id(1), 1]])
        yield* same("of none", yield* list(10, new Set()), [])
      })
  },
  {
    name: "an absence ends alone, and once",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.noteAbsence(absence(1))
        yield* ledger.noteAbsence(absence(1, { generation: 2, since: 7000 }))
        yield* ledger.noteAbsence(absence(2, { since: 8000 }))
        yield* ledger.endAbsence(id(1), 1)
        yield* same("the others", names(yield* ledger.absences(10)), [[id(1), 2], [id(2), 1]])
        yield* ledger.endAbsence(id(1), 1)
        yield* ledger.endAbsence(id(3), 1)
        yield* same("once more", names(yield* ledger.absences(10)), [[id(1), 2], [id(2), 1]])
      })
  },
  {
    name: "an absence that is noted again stays as it was",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.noteAbsence(absence(1))
        yield* ledger.noteAbsence(absence(1, { since: 90_000 }))
        yield* same("noted again", written(yield* ledger.absences(10)), written([absence(1)]))
      })
  },
  {
    name: "of a hundred equal absences that are noted at once one is stored",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* crowd((index) => ledger.noteAbsence(absence(1, { since: index })))
        yield* same("stored", names(yield* ledger.absences(200)), [[id(1), 1]])
      })
  }
]
