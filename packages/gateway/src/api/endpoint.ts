/**
 * Makes routes from the API's endpoints. All endpoints share the same steps: key, limits, idempotency, and problems for every failure.
 * `HttpLayerRouter.addHttpApi` is not used, because for unreadable requests it would answer with its own texts, and they quote the request.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiError from "@effect/platform/HttpApiError"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Defect from "@interline/core/Defect"
import { Messaging } from "@interline/core/Messaging"
import { keyPattern, Operation, operations } from "@interline/core/Operation"
import { Router } from "@interline/router/Router"
import { AuditTable, type AuditTableService } from "@interline/sql/AuditTable"
import * as Digest from "@interline/sql/Digest"
import { RequestLog } from "@interline/sql/RequestLog"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Authentication from "../access/Authentication.ts"
import * as Masked from "../access/masked.ts"
import type * as ApiKeys from "../http/ApiKeys.ts"
import * as Audit from "../http/audit.ts"
import * as HttpBody from "../http/body.ts"
import * as BrokenRequest from "../http/brokenRequest.ts"
import { Drain } from "../http/Drain.ts"
import * as ExplainIssue from "../http/explainIssue.ts"
import type * as KeyAccess from "../http/KeyAccess.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import { respond } from "../http/problemResponse.ts"
import * as Query from "../http/query.ts"
import * as CanonicalRequest from "../once/canonicalRequest.ts"
import * as WrongMethod from "../server/wrongMethod.ts"
import * as RepeatedKey from "./access/repeatedKey.ts"
import * as AccessTable from "./access/table.ts"
import * as AnswerOnce from "./answerOnce.ts"
import { GatewayApi } from "./Api.ts"
import { Caller, nameOf } from "./authorization.ts"
import * as ResolveAddress from "./resolveAddress.ts"
import * as VendorBody from "./vendorBody.ts"

type Response = HttpServerResponse.HttpServerResponse
type Request = HttpServerRequest.HttpServerRequest

/** The bytes of an uploaded file. They are stored here because a body can be read only once. */
export class UploadedBytes extends Context.Reference<UploadedBytes>()("@interline/gateway/internal/UploadedBytes", {
  defaultValue: (): Uint8Array => new Uint8Array()
}) {}

/** The limits of the API. */
export interface Options {
  /** The longest body in bytes (default: 1 MiB). */
  readonly bodyLimit?: number
  /** The longest file in bytes (default: 100 MiB). */
  readonly uploadLimit?: number
  /** The time in which a body must arrive (default: 30 seconds). */
  readonly bodyTimeout?: Duration.DurationInput
  /** The longest time for an answer (default: 2 minutes). It must be longer than the policy's `deadlines.send`. */
  readonly timeout?: Duration.DurationInput
  /** How long an idempotency key is remembered (default: 24 hours). */
  readonly keep?: Duration.DurationInput
}

interface Limits {
  readonly body: number
  readonly upload: number
  readonly bodyTimeout: Duration.Duration
  readonly timeout: Duration.Duration
}

const isOperation = Schema.is(Operation)

/**
 * Whether an operation may run twice. A send may, because the ledger joins it. An operation that sets a state may, because setting it again
 * changes nothing.
 */
const isRepeatable = (name: string): boolean =>
  name === "send" ||
  (isOperation(name)
    ? operations[name].effect !== "act"
    : !["createCallback", "redeliver", "changeRollout", "createKey", "signIn"].includes(name))

const effectOf = (name: string): "read" | "settle" | "act" =>
  isOperation(name) ? operations[name].effect : isRepeatable(name) ? "settle" : "act"

// --- failures, as problems ---

/** Explains which part of a request cannot be read: its address, its query or its body. */
const explainRequest = (
  endpoint: Endpoint,
  lines: ReadonlyArray<string>
): Effect.Effect<ProblemDetails.ProblemDetails, never, HttpServerRequest.HttpServerRequest> =>
  Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const route = yield* Effect.serviceOption(HttpRouter.RouteContext)
    const address = Option.match(
      Option.zipWith(route, endpoint.parameters, ({ params }, schema) => ExplainIssue.explainIssue(schema, params)),
      {
        onNone: () => [],
        onSome: (problems) => problems
      }
    )
    const query = Query.explain(endpoint.query, Query.of(request.url))
    const text = endpoint.method === "GET" || endpoint.name === "uploadAttachment" ? Option.none() : yield* Effect.option(request.text)
    if (Option.isSome(endpoint.payload) && Option.exists(text, (text) => text.trim() === "")) return explainEmpty(endpoint, lines)
    const body = Option.flatMap(text, parse)
    const foreign = Option.match(body, { onNone: () => undefined, onSome: VendorBody.read })
    if (foreign !== undefined && (endpoint.name === "send" || endpoint.name === "plan")) {
      return ProblemDetails.make("malformed", {
        certainty: "not-sent",
        next: "fix",
        detail: VendorBody.explain(foreign, endpoint.name, lines)
      })
    }
    const content = Option.match(
      Option.zipWith(body, endpoint.payload, (json, schema) => ExplainIssue.explainIssue(schema, json, { lines })),
      {
        onNone: () => [],
        onSome: (problems) => problems
      }
    )
    return Query.unreadable([...address, ...query, ...content])
  })

const bulky = ProblemDetails.make("malformed", {
  certainty: "not-sent",
  next: "fix",
  detail: "the body is nested too deeply, or holds too many values"
})

const explainIllegible = (why: HttpBody.Illegible): ProblemDetails.ProblemDetails =>
  ProblemDetails.make(why === "charset" ? "unsupported-media-type" : "malformed", {
    certainty: "not-sent",
    next: "fix",
    detail: HttpBody.explanations[why]
  })

/** Explains an empty body. No field in it is wrong, so the sentence says which fields are needed. */
const explainEmpty = ({ name, payload }: Endpoint, lines: ReadonlyArray<string>): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("malformed", {
    certainty: "not-sent",
    next: "fix",
    detail: name === "send" || name === "plan"
      ? `the body is empty; send JSON, like ${VendorBody.neutral(lines)}`
      : "the body is empty; send an object of JSON",
    problems: Option.match(payload, { onNone: () => [], onSome: (schema) => ExplainIssue.explainIssue(schema, {}, { lines }) })
  })

const notJson = ProblemDetails.make("malformed", { certainty: "not-sent", next: "fix", detail: "the body is not well-formed JSON" })

const problemOf =
  (endpoint: Endpoint, lines: ReadonlyArray<string>) =>
  (cause: Cause.Cause<unknown>): Effect.Effect<ProblemDetails.ProblemDetails, never, HttpServerRequest.HttpServerRequest> => {
    const { name } = endpoint
    const error = Cause.squash(cause)
    if (error instanceof ProblemDetails.ProblemDetails) return Effect.succeed(error)
    if (error instanceof HttpApiError.HttpApiDecodeError) return explainRequest(endpoint, lines)
    if (error instanceof HttpServerError.RequestError) {
      return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
        Effect.match(request.text, {
          onFailure: () => notJson,
          onSuccess: (text) => text.trim() === "" ? explainEmpty(endpoint, lines) : notJson
        }))
    }
    if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
    // Only the name is logged: a defect may contain the parameters of a statement.
    const isRead = effectOf(name) === "read" || endpoint.method === "GET"
    return Effect.zipRight(
      Defect.logUnlessSaid(
        cause,
        Effect.annotateLogs(Effect.logError("a request broke"), { operation: name, defect: Defect.nameOf(error) })
      ),
      Effect.map(
        HttpServerRequest.HttpServerRequest,
        (request) =>
          BrokenRequest.explain(error, request, {
            certainty: isRead ? "not-sent" : "unknown",
            isRepeatable: isRead || effectOf(name) === "settle"
          })
      )
    )
  }

const toDone = (problem: ProblemDetails.ProblemDetails): AnswerOnce.Done => ({ response: respond(problem), problem: Option.some(problem) })

const runHandler = (
  endpoint: Endpoint,
  lines: ReadonlyArray<string>,
  handler: Handler
): Effect.Effect<AnswerOnce.Done, never, HttpServerRequest.HttpServerRequest> =>
  Effect.matchCauseEffect(handler, {
    onSuccess: (response) => Effect.succeed<AnswerOnce.Done>({ response, problem: Option.none() }),
    onFailure: (cause) => Effect.map(problemOf(endpoint, lines)(cause), toDone)
  })

const answerLate = (name: string): Response =>
  respond(
    effectOf(name) === "act"
      ? ProblemDetails.make("unanswered", { certainty: "unknown", next: "reconcile" })
      : ProblemDetails.make("slow", { certainty: "unknown", next: "retry", ...(isOperation(name) ? { operation: name } : {}) })
  )

// --- the body ---

interface Body {
  readonly bytes: Buffer
  readonly text: string
}

const prototype = ProblemDetails.make("malformed", {
  certainty: "not-sent",
  next: "fix",
  detail: "an object of the body has the key \"__proto__\", which cannot be kept; take another name"
})

const findWrong = (text: string): ProblemDetails.ProblemDetails | undefined =>
  HttpBody.isBulky(text) ? bulky : HttpBody.namesPrototype(text) ? prototype : undefined

const packedBody = () =>
  ProblemDetails.make("unsupported-media-type", {
    certainty: "not-sent",
    next: "fix",
    detail: "the content-encoding is not undone here; send the body as it is"
  })

const readBody = (request: Request, isUpload: boolean, limits: Limits): Effect.Effect<Body, ProblemDetails.ProblemDetails> => {
  const limit = isUpload ? limits.upload : limits.body
  // The problem is made only when it is needed, because it is an error, and an error records its stack when it is made.
  const tooLarge = () => ProblemDetails.make("too-large", { certainty: "not-sent", next: "fix", detail: `at most ${limit} bytes` })
  const type = request.headers["content-type"]
  if (!isUpload && !HttpBody.isJson(type)) {
    return Effect.fail(
      ProblemDetails.make("unsupported-media-type", {
        certainty: "not-sent",
        next: "fix",
        detail: `content-type: ${HttpBody.nameOfType(type)} is not read; send application/json`
      })
    )
  }
  return Effect.matchEffect(HttpBody.read(request, limit, limits.bodyTimeout), {
    // The body is longer than announced, or it was broken off. In that case no client reads the answer.
    onFailure: (why) =>
      Effect.fail(
        why === "slow"
          ? ProblemDetails.make("body-timeout", { certainty: "not-sent", next: "retry" })
          : why === "coding"
          ? packedBody()
          : tooLarge()
      ),
    onSuccess: (bytes) => {
      if (isUpload) return Effect.succeed({ bytes, text: "" })
      const read = HttpBody.decode(bytes, type)
      if (Either.isLeft(read)) return Effect.fail(explainIllegible(read.left))
      const text = read.right
      const wrong = findWrong(text)
      return wrong === undefined ? Effect.succeed({ bytes, text }) : Effect.fail(wrong)
    }
  })
}

// --- the key ---

const readKey = (request: Request): Effect.Effect<Option.Option<string>, ProblemDetails.ProblemDetails> => {
  const key = request.headers["idempotency-key"]
  return key === undefined
    ? Effect.succeedNone
    : keyPattern.test(key)
    ? Effect.succeedSome(key)
    : Effect.fail(ProblemDetails.make("idempotency-key", { certainty: "not-sent", next: "fix" }))
}

const notStored = (): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("malformed", {
    certainty: "not-sent",
    next: "fix",
    detail: "this takes no Idempotency-Key: the answer holds the secret of a session, and is not stored; leave the header out"
  })

/**
 * Removes the certainty. The record of the key was not read, so the result of an earlier request with this key is not known. That is so for a refusal of
 * the API key, too: another key of the same name may have allowed the earlier request.
 */
const withoutCertainty = ({ certainty: _, ...problem }: ProblemDetails.ProblemDetails): ProblemDetails.ProblemDetails =>
  new ProblemDetails.ProblemDetails(problem, { disableValidation: true })

// --- the entry ---

type Handler = Effect.Effect<Response, unknown, HttpServerRequest.HttpServerRequest>

interface Endpoint {
  readonly name: string
  readonly method: WrongMethod.Method
  readonly path: string
  readonly access: KeyAccess.Access
  readonly parameters: Option.Option<ExplainIssue.Readable>
  readonly query: Option.Option<ExplainIssue.Readable>
  readonly payload: Option.Option<ExplainIssue.Readable>
  /** Hides people in an answer. */
  readonly mask: (response: Response) => Response
  /** The meaning of a body, however it is written. A body that cannot be read stays as it is. */
  readonly meaningOf: (text: string) => string
}

const parse = Schema.decodeUnknownOption(Schema.parseJson())

/** The meaning of a body, without what it says of other requests: a repeated send may name another delivery to wait for, or none. */
const withoutOrder = (json: unknown): unknown => {
  if (!Predicate.hasProperty(json, "after")) return json
  const { after: _, ...rest } = json
  return rest
}

const meaningBy = <A, I>(payload: Schema.Schema<A, I>, isSend: boolean): Endpoint["meaningOf"] => {
  const decode = Schema.decodeUnknownOption(payload)
  const encode = Schema.encodeOption(payload)
  return (text) =>
    Option.match(parse(text), {
      onNone: () => text,
      onSome: (json) => {
        const meaning = Option.getOrElse(Option.flatMap(decode(json), encode), () => json)
        return CanonicalRequest.of(isSend ? withoutOrder(meaning) : meaning)
      }
    })
}

/** Refuses a query with unknown fields. If a field is missing, the handler refuses the query. */
const checkQuery = (endpoint: Endpoint, handler: Handler): Handler => {
  const asksMore = Query.asksMore(endpoint.query)
  return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
    asksMore(request.url)
      ? Effect.fail(Query.unreadable(Query.explain(endpoint.query, Query.of(request.url))))
      : handler)
}

/** Whether an act is known to be done. `undefined`: it certainly did nothing. */
const outcomeOf = ({ problem }: AnswerOnce.Done) =>
  Option.match(problem, {
    onNone: () => "done" as const,
    onSome: (problem) => ProblemDetails.effectOf(problem) === "none" ? undefined : "unknown" as const
  })

const params = Effect.map(
  Effect.serviceOption(HttpRouter.RouteContext),
  Option.match({ onNone: () => ({}), onSome: ({ params }) => params })
)

/** What all endpoints work with. */
interface Parts {
  readonly answerOnce: AnswerOnce.AnswerOnce
  readonly credentials: Authentication.Credentials
  readonly audit: AuditTableService
  readonly noteShown: Masked.NoteShown
  readonly limits: Limits
  readonly lines: ReadonlyArray<string>
}

const wrapHandler = (endpoint: Endpoint, { answerOnce, audit, credentials, limits, lines, noteShown }: Parts) => {
  const isUpload = endpoint.name === "uploadAttachment"

  return (handler: Handler): Effect.Effect<Response, never, HttpServerRequest.HttpServerRequest> => {
    const done = runHandler(endpoint, lines, checkQuery(endpoint, handler))
    const act = endpoint.name === "createKey" ? Effect.map(done, RepeatedKey.withRepeated) : done
    const answerInTime = <R>(done: Effect.Effect<AnswerOnce.Done, never, R>): Effect.Effect<Response, never, R> =>
      Effect.map(
        Effect.timeoutOption(done, limits.timeout),
        Option.match({ onNone: () => answerLate(endpoint.name), onSome: ({ response }) => response })
      )
    /** The request without its wish to see people, its caller, and the last step of its answer. */
    const withWish = <R>(request: Request, authenticated: Effect.Effect<Option.Option<ApiKeys.Key>, ProblemDetails.ProblemDetails, R>) =>
      Effect.gen(function*() {
        const caller = yield* authenticated
        const wish = Masked.wishOf(request.url)
        if (Option.isSome(caller)) yield* noteShown(caller.value, wish, endpoint.name)
        return {
          caller,
          asked: wish.showsPeople ? request.modify({ url: wish.url }) : request,
          finish: Option.exists(caller, (key) => Masked.hides(key, wish)) ? endpoint.mask : identity
        }
      })
    const authenticated = Effect.flatMap(
      HttpServerRequest.HttpServerRequest,
      (request) =>
        endpoint.access.isOpen === true
          ? Effect.as(Authentication.checkConsole(credentials.sessions, request), Option.none<ApiKeys.Key>())
          : Effect.asSome(Authentication.authenticateBy(credentials, request, endpoint.access))
    )
    if (endpoint.method === "GET") {
      return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
        Effect.matchEffect(withWish(request, authenticated), {
          onFailure: (problem) => Effect.succeed(respond(problem)),
          onSuccess: ({ asked, caller, finish }) =>
            Effect.map(
              Effect.provide(answerInTime(act), Context.make(Caller, caller).pipe(Context.add(HttpServerRequest.HttpServerRequest, asked))),
              finish
            )
        }))
    }
    return Effect.gen(function*() {
      const given = yield* HttpServerRequest.HttpServerRequest
      const { asked: request, caller, finish } = yield* withWish(given, authenticated)
      const key = yield* readKey(request)
      if (Option.isSome(key) && endpoint.name === "signIn") return yield* Effect.fail(notStored())
      const { bytes, text } = yield* readBody(request, isUpload, limits)
      const own = Context.make(Caller, caller).pipe(
        Context.add(UploadedBytes, bytes),
        Context.add(HttpServerRequest.HttpServerRequest, isUpload ? request : HttpBody.withText(request, text))
      )
      // The context has all services of the gateway, so it is copied once, and not for each of these.
      const provided = <A, E, R>(effect: Effect.Effect<A, E, R>, ledgerKey = Option.none<string>()) =>
        Effect.mapInputContext(
          effect,
          (context: Context.Context<R>) => Context.merge(context, Context.add(own, AnswerOnce.LedgerKey, ledgerKey))
        )
      const body = endpoint.access.isAudited === true ? Option.getOrUndefined(parse(text)) : undefined
      const watched = endpoint.access.isAudited === true
        ? Audit.watch(
          audit,
          { actor: nameOf(caller), act: Audit.nameOfAct(endpoint.name, body), subject: Audit.subjectOf(yield* params, body) },
          act,
          outcomeOf
        )
        : act
      if (Option.isNone(key)) return finish(yield* provided(answerInTime(watched)))
      const [path, query] = Query.split(request.url)
      const digest = isUpload ? Digest.ofBytes(bytes) : Digest.of(text)
      const answered = yield* answerOnce(
        {
          caller: nameOf(caller),
          key: key.value,
          method: request.method,
          path: CanonicalRequest.ofTarget(path),
          fingerprint: Digest.of(CanonicalRequest.ofQuery(query), isUpload ? digest : endpoint.meaningOf(text)),
          spelling: Digest.of(query, digest),
          repeatable: isRepeatable(endpoint.name),
          isSend: endpoint.name === "send"
        },
        (ledgerKey) => provided(watched, ledgerKey)
      )
      return finish(answered)
    }).pipe(
      Effect.catchAll((problem) =>
        Effect.map(
          HttpServerRequest.HttpServerRequest,
          ({ headers }) => respond(headers["idempotency-key"] === undefined ? problem : withoutCertainty(problem))
        )
      )
    )
  }
}

// --- the routes ---

type GroupsOf<Api> = Api extends HttpApi.HttpApi<infer _Id, infer Groups, infer _E, infer _R> ? Groups : never

/** The name of every endpoint. Two groups have no endpoint of one name. */
type EndpointName = HttpApiEndpoint.HttpApiEndpoint.Name<HttpApiGroup.HttpApiGroup.Endpoints<GroupsOf<typeof GatewayApi>>>

const accessOf: Readonly<Record<EndpointName, KeyAccess.Access>> = AccessTable.table

const isEndpointName = (name: string): name is EndpointName => Object.hasOwn(accessOf, name)

const endpoints: ReadonlyArray<Endpoint> = (() => {
  const found: Array<Endpoint> = []
  HttpApi.reflect(GatewayApi, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint: { method, name, path, pathSchema, payloadSchema, urlParamsSchema }, successes }) =>
      isEndpointName(name) && found.push({
        // No endpoint has a HEAD of its own.
        method: method as WrongMethod.Method,
        name,
        path,
        access: accessOf[name],
        parameters: pathSchema,
        query: urlParamsSchema,
        payload: payloadSchema,
        mask: Masked.make(name, Array.from(successes.values()).flatMap(({ ast }) => Option.toArray(ast))),
        meaningOf: Option.match(payloadSchema, {
          onNone: () => CanonicalRequest.ofBody,
          onSome: (payload) => meaningBy(payload, name === "send")
        })
      })
  })
  return found
})()

/** The addresses of the API. They include routes that are not endpoints of `HttpApi`, and the pages beside the API. */
export const addresses: ReadonlyArray<string> = Array.from(
  new Set([
    ...endpoints.map(({ path }) => path),
    ...["/v1/events", "/v1/opt-outs/import", "/docs", "/openapi.json", "/metrics", "/healthz", "/readyz", "/webhooks/:carrier"]
  ])
)

/** Routes that refuse every other method of an address. */
const refusals = Array.from(
  new Set([...endpoints.map(({ path }) => path), "/v1/events"]),
  (path) =>
    WrongMethod.refusals(
      path,
      path === "/v1/events" ? ["GET"] : endpoints.filter((endpoint) => endpoint.path === path).map(({ method }) => method)
    )
).flat()

export const layer = (options: Options) =>
  HttpApiBuilder.Router.unwrap((built) =>
    Layer.scopedDiscard(Effect.gen(function*() {
      const router = yield* HttpLayerRouter.HttpRouter
      const credentials = yield* Authentication.credentials
      const audit = yield* AuditTable
      const noteShown = Masked.makeNote(audit)
      const { carriers } = yield* Messaging
      const lines = ResolveAddress.linesOf(carriers)
      const limits: Limits = {
        body: options.bodyLimit ?? 1024 * 1024,
        upload: options.uploadLimit ?? 100 * 1024 * 1024,
        bodyTimeout: Duration.decode(options.bodyTimeout ?? "30 seconds"),
        timeout: Duration.decode(options.timeout ?? "2 minutes")
      }
      const answerOnce = yield* AnswerOnce.make(
        { log: yield* RequestLog, drain: yield* Drain, ended: (yield* Router).ended },
        { timeout: limits.timeout, keep: Duration.decode(options.keep ?? "24 hours") }
      )
      for (const { handler, method, path } of built.routes) {
        const endpoint = endpoints.find((endpoint) => endpoint.method === method && endpoint.path === path)
        if (endpoint === undefined) continue
        // The builder has provided everything but the request. Its types say so only to `addHttpApi`.
        const wrapped = wrapHandler(endpoint, { answerOnce, audit, credentials, limits, lines, noteShown })(handler as Handler)
        yield* router.add(endpoint.method, endpoint.path as HttpLayerRouter.PathInput, wrapped)
      }
      yield* router.addAll(refusals)
    }))
  )
