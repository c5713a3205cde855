/** Runs the program that moves: a process of its own that knows one vendor's official client only. */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { fileURLToPath } from "node:url"
import type { Vendor } from "../configuration.ts"

/** A job: a text to a person or a group, or a look at a message of before. */
export type Job =
  | { readonly to: string; readonly text: string; readonly picture?: string; readonly festive?: boolean }
  | { readonly group: string; readonly members: ReadonlyArray<string>; readonly text: string }
  | { readonly look: string }

const Answer = Schema.Struct({
  number: Schema.Number,
  ok: Schema.Boolean,
  /** The vendor's id of the message, as the official client gave it. */
  message: Schema.optional(Schema.String),
  to: Schema.optional(Schema.String),
  text: Schema.optional(Schema.String),
  status: Schema.optional(Schema.String),
  why: Schema.optional(Schema.String)
})

export interface Answer extends Schema.Schema.Type<typeof Answer> {}

export class ProgramError extends Data.TaggedError("ProgramError")<{ readonly message: string }> {}

export interface Program {
  /** Gives jobs to the program. Succeeds with an answer for each, in their order. */
  readonly work: (jobs: ReadonlyArray<Job>) => Effect.Effect<ReadonlyArray<Answer>, ProgramError>
}

const decode = Schema.decode(Schema.parseJson(Answer))

const pathOf = (vendor: Vendor): string => fileURLToPath(new URL(`../../programs/${vendor}.mjs`, import.meta.url))

/** Starts the program. It ends with the scope. `node` is the path of Node. */
export const start = (
  node: string,
  vendor: Vendor,
  variables: Readonly<Record<string, string>>
): Effect.Effect<Program, ProgramError, CommandExecutor.CommandExecutor | Scope.Scope> =>
  Effect.gen(function*() {
    const jobs = yield* Queue.unbounded<string>()
    const answers = yield* Queue.unbounded<string>()
    const ended = yield* Deferred.make<never, ProgramError>()
    const child = yield* Command.make(node, pathOf(vendor)).pipe(
      Command.env(variables),
      Command.stdin(Stream.encodeText(Stream.fromQueue(jobs))),
      Command.stderr("inherit"),
      Command.start
    )
    yield* child.stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.runForEach((line) => Queue.offer(answers, line)),
      Effect.ignore,
      Effect.zipRight(Deferred.fail(ended, new ProgramError({ message: "the program ended" }))),
      Effect.forkScoped
    )
    let given = 0
    const answer = Effect.flatMap(Effect.raceFirst(Queue.take(answers), Deferred.await(ended)), decode)
    const program: Program = {
      work: (all) =>
        Effect.gen(function*() {
          for (const job of all) yield* Queue.offer(jobs, `${JSON.stringify({ number: ++given, ...job })}\n`)
          return yield* Effect.forEach(all, () => answer)
        }).pipe(Effect.mapError(({ message }) => new ProgramError({ message: `the program with the official client: ${message}` })))
    }
    return program
  }).pipe(Effect.catchAll((cause) => Effect.fail(new ProgramError({ message: `the program did not start: ${cause.message}` }))))
