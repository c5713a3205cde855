/** The entry of Linq's wire: checks the key, reads the request, and runs its route once. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Defect from "@interline/core/Defect"
import * as Uuid from "@interline/core/Uuid"
import type { AuditTableService } from "@interline/sql/AuditTable"
import type { Reply } from "@interline/sql/RequestLog"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { ApiKeysService, Key } from "../../http/ApiKeys.ts"
import * as Audit from "../../http/audit.ts"
import * as Body from "../../http/body.ts"
import * as KeyAccess from "../../http/KeyAccess.ts"
import * as MalformedText from "../../http/malformedText.ts"
import * as CanonicalRequest from "../../once/canonicalRequest.ts"
import * as ClientRequest from "../kit/clientRequest.ts"
import type { Answer, FrontRequest, Run } from "../kit/FrontService.ts"
import * as PathTable from "../kit/pathTable.ts"
import { toResponse } from "../kit/toResponse.ts"
import * as Files from "./files.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"
import * as Wire from "./wire.ts"

export interface Options {
  /**
   * The address at which callers reach this gateway, without a slash at the end. Uploads and downloads are named under it. Default:
   * the host that the caller named, over `http:`.
   */
  readonly publicUrl?: string
  /** How long the body of a request may take to come; a file has 5 minutes. Default: 30 seconds. */
  readonly bodyWithin?: Duration.DurationInput
}

/** The path under which this front stands. */
export const prefix = "/linq"

/** The largest body of JSON: a hundred texts of the longest kind. */
const maxBody = 4 * 1024 * 1024

const bodyTakes = "30 seconds"
const uploadTakes = Duration.minutes(5)

// --- the path ---

/** The path below the version, which every route has before it. */
const stripVersion = (path: string): string => path.startsWith("/v3/") ? path.slice("/v3".length) : ""

// --- the key ---

const authenticate = (keys: ApiKeysService, authorization: string | undefined): Effect.Effect<Key, Refusal.Refusal> => {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? "Bearer") ?? []
  return token === undefined
    ? Effect.fail(Refusal.unauthorized)
    : Effect.flatMap(
      Effect.mapError(keys.verify(Redacted.make(token)), () => Refusal.keysUnreadable),
      Option.match({ onNone: () => Effect.fail(Refusal.unauthorized), onSome: Effect.succeed })
    )
}

// --- the request ---

// the body was not read to its end: its rest must not be read as the next request, and nobody must wait for it
const refuseUnread = (status: number, message: string) =>
  Effect.fail(Refusal.withHeaders(Refusal.make({ status, code: 1003 }, message), { connection: "close" }))

const tooLarge = refuseUnread(400, "the body is larger than this endpoint takes")
const tooSlow = refuseUnread(408, "the body took too long")
const packed = Effect.fail(
  Refusal.withHeaders(Refusal.make({ status: 415, code: 1003 }, "the content-encoding is not supported; send the body as it is"), {
    connection: "close",
    "accept-encoding": "identity"
  })
)

/** Reads a body within its limit and its time. */
const readBody = (
  request: HttpServerRequest.HttpServerRequest,
  limit: number,
  within: Duration.DurationInput
): Effect.Effect<Buffer, Refusal.Refusal> =>
  Effect.catchAll(Body.read(request, limit, within), (why) => why === "slow" ? tooSlow : why === "coding" ? packed : tooLarge)

const decodeText = (bytes: Buffer, type: string | undefined): Effect.Effect<string, Refusal.Refusal> =>
  Either.match(Body.decode(bytes, type), {
    onLeft: (why) => Refusal.refuse({ status: why === "charset" ? 415 : 400, code: 1003 }, Body.explanations[why]),
    onRight: Effect.succeed
  })

const requestOf = (
  { body, caller, key, method, path, traceId }: Request.Call,
  { headers }: HttpServerRequest.HttpServerRequest
): FrontRequest => ({
  caller,
  method,
  path: CanonicalRequest.ofTarget(path),
  body: CanonicalRequest.ofBody(body),
  spelling: body,
  retry: ClientRequest.readRetryCount(headers),
  key,
  draining: Refusal.reply(Refusal.draining, traceId),
  conflict: Refusal.reply(Refusal.conflict, traceId)
})

const hostPattern = /^[A-Za-z0-9._-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/

/** The address of the gateway for its callers: the configured one, else the host of the request if it has the form of a host. */
const originOf = (publicUrl: string | undefined, host: string | undefined): Effect.Effect<string, Refusal.Refusal> =>
  publicUrl !== undefined
    ? Effect.succeed(publicUrl)
    : host !== undefined && hostPattern.test(host)
    ? Effect.succeed(`http://${host}`)
    : Refusal.refuseBody("the Host header names no host")

// --- the run ---

const toAnswer = (act: Effect.Effect<Reply, Refusal.Refusal>, traceId: string): Effect.Effect<Answer> =>
  Effect.match(act, {
    onSuccess: (reply) => ({ reply, effect: "done" }),
    onFailure: (refusal) => ({ reply: Refusal.reply(refusal, traceId), effect: refusal.again ? "none" : "done" })
  })

const runOf = (route: Exclude<Request.Route, { readonly kind: "read" }>, call: Request.Call): Run =>
  route.kind === "keyed"
    ? { _tag: "Keyed", run: (key) => toAnswer(route.run(call, key), call.traceId) }
    : { _tag: "Once", run: toAnswer(route.run(call), call.traceId), unknown: Refusal.reply(Refusal.lost, call.traceId) }

/** What every request works with. */
interface Parts {
  readonly services: Services
  readonly keys: ApiKeysService
  readonly audit: AuditTableService
}

export const make = (
  { audit, keys, services }: Parts,
  routes: ReadonlyArray<Request.Route>,
  { bodyWithin = bodyTakes, publicUrl }: Options
) => {
  const perform = (request: HttpServerRequest.HttpServerRequest, traceId: string): Effect.Effect<Reply, Refusal.Refusal> =>
    Effect.gen(function*() {
      // HEAD is GET without the body of the answer (RFC 9110, 9.3.2)
      const method = request.method === "HEAD" ? "GET" : request.method
      const { path, query } = ClientRequest.splitTarget(prefix, request.url)
      const uploading = method === "PUT" ? PathTable.match("/uploads/:id/:secret", path) : Option.none()
      if (Option.isSome(uploading)) {
        const { id = "", secret = "" } = uploading.value.params
        const bytes = (limit: number) => readBody(request, limit, uploadTakes)
        return yield* Files.upload(services, { id, secret, type: request.headers["content-type"] }, bytes)
      }
      const downloading = method === "GET" ? PathTable.match("/files/:id/:name", path) : Option.none()
      if (Option.isSome(downloading)) return yield* Files.download(services, downloading.value.params["id"] ?? "")

      const key = yield* authenticate(keys, request.headers["authorization"])
      const { params, route } = yield* Effect.mapError(PathTable.find(routes, method, stripVersion(path)), () => Refusal.noResource)
      const { name: caller } = yield* Effect.mapError(KeyAccess.check(key, route.access), Refusal.forbidden)
      const origin = yield* originOf(publicUrl, request.headers["host"])
      const body = method === "GET" ? "" : yield* decodeText(yield* readBody(request, maxBody, bodyWithin), request.headers["content-type"])
      if (Body.isBulky(body)) return yield* Refusal.refuseBody("the body is nested too deeply, or holds too many values")
      const broken = MalformedText.fieldOf(body, () => Either.getOrUndefined(Request.parseBody(body)), ["value", "text"])
      if (broken !== undefined) return yield* Refusal.refuseValue(`${broken} holds half of a character, or a NUL`)
      // the key in the message comes first: it stays with the message, while a client may make a new header for each request
      const inMessage = route.kind === "keyed" ? Request.readKey(body) : Option.none()
      const inHeader = route.kind === "read" ? Option.none() : ClientRequest.readKey(request.headers)
      if (ClientRequest.isBlank(inMessage)) return yield* Refusal.refuseValue(ClientRequest.explainBlank("message.idempotency_key"))
      if (ClientRequest.isBlank(inHeader)) return yield* Refusal.refuseValue(ClientRequest.explainBlank("Idempotency-Key"))
      const requestKey = Option.orElse(inMessage, () => inHeader)
      const contentType = request.headers["content-type"]
      const list = ClientRequest.readList(request.headers)
      const call: Request.Call = {
        caller,
        method,
        path: request.url,
        params,
        query,
        body,
        origin,
        traceId,
        key: requestKey,
        contentType,
        list
      }
      if (route.kind === "read") return yield* route.run(call)
      const run = runOf(route, call)
      if (route.access.isAudited !== true || run._tag === "Keyed") return yield* services.front.once(requestOf(call, request), run)
      const act = {
        actor: caller,
        act: `${method} ${prefix}/v3${route.path}`,
        subject: Audit.subjectOf(params, Either.getOrUndefined(Request.parseBody(body)))
      }
      return yield* services.front.once(requestOf(call, request), {
        ...run,
        run: Audit.watch(audit, act, run.run, Audit.outcomeOfReply)
      })
    })

  return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
    Effect.flatMap(Uuid.mint, (uuid) => {
      const traceId = Wire.traceId(uuid)
      return perform(request, traceId).pipe(
        Effect.catchAll((refusal) => Effect.succeed(Refusal.reply(refusal, traceId))),
        Effect.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause)
            ? Effect.interrupt
            // the cause is not logged: it may hold the text of a message
            : Effect.as(
              Defect.logUnlessSaid(cause, Effect.logError("a request to the v3 front broke")),
              Refusal.reply(Refusal.broken, traceId)
            )
        ),
        Effect.map(toResponse)
      )
    })
}
