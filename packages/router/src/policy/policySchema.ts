/** Defines the schemas of the policy: its fields, and the messages for fields that cannot be read. */
import { Feature } from "@interline/core/Capabilities"
import { CarrierId } from "@interline/core/CarrierId"
import { Fidelity } from "@interline/core/Draft"
import { LineName } from "@interline/core/Line"
import { optional } from "@interline/core/Optional"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { OnUnknown } from "../decision/Decision.ts"

const seconds = 1000
const minutes = 60 * seconds

/** The message for a value of the wrong kind. Problems inside the value keep their own messages. */
export const ofWrongKind = (sentence: string) => ({ message: () => sentence })

/** The message for a value with any problem. It replaces the messages of problems inside the value. */
export const ofAnyProblem = (sentence: string) => ({ message: () => ({ message: sentence, override: true }) })

export const notAnId = "is not a carrier's id: at most 32 lower-case letters, digits and dashes, a letter first"

const spanSentence = "is not a time span: write \"30 seconds\", \"5 minutes\", \"500 millis\", or a whole number of milliseconds"

const millisOf = (written: string | number): Option.Option<number> =>
  Option.filter(
    Predicate.isNumber(written)
      ? Option.some(written)
      // `Duration` reads a negative span as zero, so make it unreadable here
      : Option.map(Duration.decodeUnknown(written.trim().replace(/^-.*$/, "negative")), Duration.toMillis),
    (millis) => Number.isSafeInteger(millis) && millis >= 0
  )

const longestContinuation = 500

export const Continuation = Schema.String.pipe(
  Schema.filter((text) => text.length <= longestContinuation && text.trim() !== "")
).annotations(ofAnyProblem(`is not a text of at most ${longestContinuation} characters that says something`))

export const Span: Schema.Schema<number, string | number> = Schema.transformOrFail(
  Schema.Union(Schema.String, Schema.Number),
  Schema.Number,
  {
    strict: true,
    decode: (written, _, ast) =>
      Option.match(millisOf(written), {
        onNone: () => ParseResult.fail(new ParseResult.Type(ast, written, spanSentence)),
        onSome: ParseResult.succeed
      }),
    encode: ParseResult.succeed
  }
).annotations({ identifier: "Span", ...ofAnyProblem(spanSentence) })

/** A span that must be above 0 ms. With 0 ms something would happen all the time, or never. */
export const PositiveSpan: Schema.Schema<number, string | number> = Span.pipe(
  Schema.filter((millis) => millis > 0, { message: () => "must be longer than nothing" })
)

/** A span of at least 1 minute. If a key were forgotten sooner, a repeated call would send the message again. */
export const KeptSpan: Schema.Schema<number, string | number> = Span.pipe(
  Schema.filter((millis) => millis >= minutes, { message: () => "must be at least 1 minute, or a call that is repeated would send again" })
)

const Id = CarrierId.annotations(ofAnyProblem(notAnId))

const Name = LineName.annotations(ofAnyProblem("is not a line's name: at most 64 letters, digits, dashes and underscores, a letter first"))

const Code = Schema.String.pipe(Schema.pattern(/^\+[1-9]\d{0,14}$/)).annotations(ofAnyProblem("is not the beginning of a number, like +44"))

const Count = Schema.NonNegativeInt.annotations(ofAnyProblem("is not a whole number from 0"))

const Prefer = Schema.NonEmptyArray(Id).annotations(
  ofWrongKind("is not a list of carriers' ids, first choice first, like [\"linq\",\"sendblue\"]")
)

export const AffinityMode = Schema.Literal("sticky", "pinned", "free")

export type AffinityMode = typeof AffinityMode.Type

export const AffinityPolicy = Schema.Struct({
  mode: optional(AffinityMode),
  groups: optional(AffinityMode),
  expiresAfter: optional(PositiveSpan),
  movesOn: optional(
    Schema.Array(Schema.Literal("failure", "incapable")).annotations(ofWrongKind("is not a list of reasons, like [\"failure\"]"))
  ),
  continuation: optional(Continuation)
}).annotations(ofWrongKind("is not an object like {\"mode\":\"sticky\"}"))

export interface AffinityPolicy extends Schema.Schema.Type<typeof AffinityPolicy> {}

export const Match = Schema.Struct({
  lines: optional(Schema.NonEmptyArray(Name).annotations(ofWrongKind("is not a list of lines' names, like [\"support\"]"))),
  kind: optional(Schema.Literal("direct", "group")),
  countryCodes: optional(Schema.NonEmptyArray(Code).annotations(ofWrongKind("is not a list of beginnings of numbers, like [\"+44\"]"))),
  features: optional(Schema.NonEmptyArray(Feature).annotations(ofWrongKind("is not a list of features, like [\"effect\"]"))),
  share: optional(Schema.Number.pipe(Schema.between(0, 1)).annotations(ofAnyProblem("is not a number between 0 and 1")))
}).annotations(ofWrongKind("is not an object like {\"kind\":\"group\"}"))

export interface Match extends Schema.Schema.Type<typeof Match> {}

export const Rule = Schema.Struct({
  match: Match,
  prefer: Prefer,
  fidelity: optional(Fidelity),
  onUnknown: optional(OnUnknown)
}).annotations(ofWrongKind("is not a rule, like {\"match\":{\"kind\":\"group\"},\"prefer\":[\"linq\"]}"))

export interface Rule extends Schema.Schema.Type<typeof Rule> {}

export const CarrierPolicy = Schema.Struct({
  perSecond: optional(Schema.Finite.pipe(Schema.greaterThanOrEqualTo(0.001)).annotations(ofAnyProblem("is not a number from 0.001"))),
  newContactsPerHour: optional(Count),
  newContactsPerDay: optional(Count),
  opens: optional(Schema.Literal("anyone", "known")),
  beforeReply: optional(Schema.Literal("warn", "refuse")),
  absenceProof: optional(PositiveSpan)
}).annotations(ofWrongKind("is not an object like {\"perSecond\":1}"))

export interface CarrierPolicy extends Schema.Schema.Type<typeof CarrierPolicy> {}

const Portion = Schema.Number.pipe(Schema.between(0, 1)).annotations(ofAnyProblem("is not a number between 0 and 1"))

export const RolloutMoves = Schema.Literal("new", "new and existing")

export type RolloutMoves = typeof RolloutMoves.Type

export const RolloutStep = Schema.Struct({
  share: Schema.Number.pipe(Schema.greaterThan(0), Schema.lessThanOrEqualTo(1)).annotations(
    ofAnyProblem("is not a number above 0 and at most 1")
  ),
  moves: optional(RolloutMoves),
  waits: optional(Span)
}).annotations(ofWrongKind("is not a step, like {\"share\":0.1,\"moves\":\"new\",\"waits\":\"1 day\"}"))

export interface RolloutStep extends Schema.Schema.Type<typeof RolloutStep> {}

export const Guardrails = Schema.Struct({
  notSent: optional(Portion),
  failed: optional(Portion),
  optedOut: optional(Portion),
  late: optional(Portion),
  slower: optional(Schema.Finite.pipe(Schema.greaterThanOrEqualTo(1)).annotations(ofAnyProblem("is not a number from 1"))),
  lateAfter: optional(PositiveSpan),
  silentAfter: optional(PositiveSpan),
  within: optional(PositiveSpan),
  every: optional(PositiveSpan),
  minimum: optional(Schema.Positive.pipe(Schema.int()).annotations(ofAnyProblem("is not a whole number from 1"))),
  crossed: optional(Schema.Literal("pause", "back"))
}).annotations(ofWrongKind("is not an object like {\"failed\":0.02}"))

export interface Guardrails extends Schema.Schema.Type<typeof Guardrails> {}

export const Rollout = Schema.Struct({
  from: Id,
  to: Id,
  steps: Schema.NonEmptyArray(RolloutStep).annotations(ofWrongKind("is not a list of steps, like [{\"share\":0.1}]")),
  continuation: optional(Continuation),
  guardrails: optional(Guardrails)
}).annotations(ofWrongKind("is not an object like {\"from\":\"sendblue\",\"to\":\"linq\",\"steps\":[{\"share\":0.1}]}"))

export interface Rollout extends Schema.Schema.Type<typeof Rollout> {}

export const Policy = Schema.Struct({
  prefer: Prefer,
  rules: optional(
    Schema.Array(Rule).annotations(ofWrongKind("is not a list of rules, like [{\"match\":{\"kind\":\"group\"},\"prefer\":[\"linq\"]}]"))
  ),
  rollout: optional(Rollout),
  fidelity: optional(Fidelity),
  affinity: optional(AffinityPolicy),
  onUnknown: optional(OnUnknown),
  deadlines: optional(
    Schema.Struct({ attempt: optional(PositiveSpan), send: optional(PositiveSpan) }).annotations(
      ofWrongKind("is not an object like {\"attempt\":\"30 seconds\"}")
    )
  ),
  retry: optional(
    Schema.Struct({
      times: optional(Schema.Int.pipe(Schema.between(0, 10)).annotations(ofAnyProblem("is not a whole number from 0 to 10"))),
      base: optional(Span),
      maxRetryAfter: optional(Span)
    }).annotations(ofWrongKind("is not an object like {\"times\":2}"))
  ),
  maxWait: optional(Span),
  reconcile: optional(
    Schema.Struct({ every: optional(PositiveSpan), within: optional(PositiveSpan) }).annotations(
      ofWrongKind("is not an object like {\"within\":\"30 seconds\"}")
    )
  ),
  breaker: optional(
    Schema.Struct({
      failures: optional(Schema.Positive.pipe(Schema.int()).annotations(ofAnyProblem("is not a whole number from 1"))),
      window: optional(PositiveSpan),
      openFor: optional(PositiveSpan),
      maxOpenFor: optional(PositiveSpan)
    }).annotations(ofWrongKind("is not an object like {\"failures\":5}"))
  ),
  carriers: optional(
    Schema.Record({ key: Id, value: CarrierPolicy }).annotations(
      ofWrongKind("is not an object by carriers' ids, like {\"linq\":{\"perSecond\":1}}")
    )
  ),
  shadow: optional(Id),
  keys: optional(
    Schema.Struct({ rememberFor: optional(KeptSpan) }).annotations(
      ofWrongKind("is not an object like {\"rememberFor\":\"1 day\"}")
    )
  )
}).annotations(ofWrongKind("is not an object like {\"prefer\":[\"linq\",\"sendblue\"]}"))

export type Policy = typeof Policy.Type

export const PolicyProblem = Schema.Struct({ path: Schema.Array(Schema.Union(Schema.String, Schema.Number)), message: Schema.String })

export interface PolicyProblem extends Schema.Schema.Type<typeof PolicyProblem> {}
