/** Answers one import of opt-outs: reads its body and adds the people that it names. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as CarrierId from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import type { SuppressionService } from "@interline/core/Suppression"
import type { AuditTableService } from "@interline/sql/AuditTable"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import type { CatchUpService } from "../catchup/CatchUp.ts"
import * as ReadOptOuts from "../catchup/ReadOptOuts.ts"
import type { Key } from "../http/ApiKeys.ts"
import * as Audit from "../http/audit.ts"
import * as Body from "../http/body.ts"
import * as ContentEncoding from "../http/contentEncoding.ts"
import * as ContinueResponse from "../http/continueResponse.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import * as ProblemResponse from "../http/problemResponse.ts"
import * as Query from "../http/query.ts"

export interface Parts {
  readonly authenticated: Effect.Effect<Key, ProblemDetails.ProblemDetails, HttpServerRequest.HttpServerRequest>
  readonly audit: AuditTableService
  readonly suppression: SuppressionService
  readonly importOptOuts: CatchUpService["importOptOuts"]
  readonly bodyWithin: Duration.DurationInput
}

const jsonLimit = 1_048_576

const Asked = Schema.parseJson(Schema.Union(
  Schema.Struct({ carrier: CarrierId.CarrierId }),
  Schema.Struct({ handles: Schema.Array(Schema.String) })
))
const decode = Schema.decodeUnknownEither(Asked, { onExcessProperty: "error" })

const malformed = (detail: string): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("malformed", { detail, certainty: "not-sent", next: "fix" })

const shape =
  "a body of application/json is {\"carrier\": \"sendblue\"} or {\"handles\": [\"+1…\"]}; one person on each line is application/x-ndjson or text/plain"

/**
 * Answers the counts. If no line names a person, the answer is a refusal. A program that reads only the status would otherwise believe that
 * the import worked.
 */
const answer = (counts: ReadOptOuts.Counts): Effect.Effect<HttpServerResponse.HttpServerResponse, ProblemDetails.ProblemDetails> =>
  counts.malformed > 0 && counts.malformed === counts.read
    ? Effect.fail(
      malformed(
        `none of the ${counts.malformed} lines names a person, so nobody was added; a line is {"handle":"+1…"}, a JSON string, or a number in the first column, in UTF-8`
      )
    )
    : Effect.succeed(HttpServerResponse.unsafeJson(counts, { headers: { "cache-control": "no-store" } }))

const packedBody = ProblemDetails.make("unsupported-media-type", {
  certainty: "not-sent",
  next: "fix",
  detail: "the content-encoding is not undone here; send the body as it is"
})

const otherCharset = ProblemDetails.make("unsupported-media-type", {
  certainty: "not-sent",
  next: "fix",
  detail: Body.explanations.charset
})

const isJson = (request: HttpServerRequest.HttpServerRequest): boolean =>
  /^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")

const refuseQuery = Query.refuse(Option.none())

export const make = ({ audit, authenticated, bodyWithin, importOptOuts, suppression }: Parts) => {
  const importJson = (
    request: HttpServerRequest.HttpServerRequest
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, ProblemDetails.ProblemDetails> =>
    Effect.gen(function*() {
      const bytes = yield* Effect.mapError(Body.read(request, jsonLimit, bodyWithin), (why) =>
        why === "coding"
          ? packedBody
          : why === "size"
          ? ProblemDetails.make("too-large", {
            certainty: "not-sent",
            next: "fix",
            detail: `a body of application/json may have 1 MiB; ${shape}`
          })
          : malformed("the body did not come"))
      const text = Body.decode(bytes, request.headers["content-type"])
      if (Either.isLeft(text)) {
        return yield* Effect.fail(text.left === "charset" ? otherCharset : malformed(Body.explanations[text.left]))
      }
      const body = decode(text.right)
      if (Either.isLeft(body)) {
        const [issue] = ParseResult.ArrayFormatter.formatErrorSync(body.left)
        return yield* Effect.fail(
          malformed(`${issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")} cannot be read; `}${shape}`)
        )
      }
      if ("carrier" in body.right) {
        return yield* answer(yield* importOptOuts(body.right.carrier))
      }
      return yield* answer(yield* ReadOptOuts.addLines(suppression, Stream.fromIterable(body.right.handles), () => Effect.void))
    })

  const importLines = (
    request: HttpServerRequest.HttpServerRequest
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, ProblemDetails.ProblemDetails> =>
    Effect.gen(function*() {
      if (ContentEncoding.of(request.headers["content-encoding"]).length > 0) return yield* Effect.fail(packedBody)
      if (!Body.isUtf8(request.headers["content-type"])) return yield* Effect.fail(otherCharset)
      if (request.source instanceof Http.IncomingMessage) ContinueResponse.invite(request.source)
      const taken = yield* Ref.make(ReadOptOuts.none)
      const splitter = ReadOptOuts.makeSplitter()
      const text = request.stream.pipe(
        Stream.timeoutFail(() => "slow" as const, bodyWithin),
        Stream.mapError(() => "broken" as const),
        Stream.decodeText("utf-8")
      )
      const all = Stream.concat(
        Stream.mapConcat(text, splitter.take),
        Stream.suspend(() => Stream.fromIterable(splitter.end()))
      )
      const counts = yield* ReadOptOuts.addLines(suppression, all, (counts) => Ref.set(taken, counts)).pipe(
        Effect.catchAll(() =>
          Effect.flatMap(Ref.get(taken), ({ added, read }) =>
            Effect.fail(
              malformed(`the body broke off; the first ${read} people of it were taken, ${added} of them new; send all of it again`)
            ))
        )
      )
      yield* Effect.logInfo("opt-outs were imported", { read: counts.read, added: counts.added, malformed: counts.malformed })
      return yield* answer(counts)
    })

  return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
    Effect.flatMap(
      Effect.zipLeft(Effect.provideService(authenticated, HttpServerRequest.HttpServerRequest, request), refuseQuery(request.url)),
      ({ name }) =>
        Audit.watch(
          audit,
          { actor: name, act: "importOptOuts", subject: undefined },
          isJson(request) ? importJson(request) : importLines(request),
          () => "done"
        )
    ).pipe(
      Effect.catchAllCause((cause) => {
        const failure = Chunk.head(Cause.failures(cause))
        if (failure._tag === "Some") return Effect.succeed(ProblemResponse.respond(failure.value))
        return Cause.isInterruptedOnly(cause)
          ? Effect.interrupt
          : Effect.as(
            Defect.logUnlessSaid(cause, Effect.logError("an import broke", { defect: Defect.nameOf(Cause.squash(cause)) })),
            ProblemResponse.respond(
              ProblemDetails.make("internal", { certainty: "unknown", detail: "import it again: nobody is added twice" })
            )
          )
      })
    )
}
