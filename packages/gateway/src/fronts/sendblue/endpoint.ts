/** The entry of Sendblue's wire: checks the key, reads the request, and runs its route once. */
import type * as Headers from "@effect/platform/Headers"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Defect from "@interline/core/Defect"
import type { AuditTableService } from "@interline/sql/AuditTable"
import type { Reply } from "@interline/sql/RequestLog"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
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
import type * as Routes from "./routes.ts"
import type { Services } from "./services.ts"

export interface Options {
  /** How long the fields of a request may take to come; a file has 5 minutes. Default: 30 seconds. */
  readonly bodyWithin?: Duration.DurationInput
}

/** The path under which this front stands. */
export const prefix = "/sendblue"

/** The largest body of fields: ten times the longest text that the vendor takes. */
const maxBody = 256 * 1024

const patience = "30 seconds"

// --- the key ---

const authenticate = (keys: ApiKeysService, headers: Headers.Headers): Effect.Effect<Key, Refusal.Refusal> => {
  const id = headers["sb-api-key-id"] ?? headers["x-sb-api-key-id"]
  const secret = headers["sb-api-secret-key"] ?? headers["x-sb-api-secret-key"]
  // the vendor answers 403 where the headers are missing, 401 where they are wrong
  return id === undefined || id === "" || secret === undefined || secret === ""
    ? Refusal.refuseWith(403, { message: "Did not get inputs for authorization" })
    : Effect.flatMap(
      Effect.catchAll(keys.verify(Redacted.make(secret)), () => Refusal.keysUnreadable),
      Option.match({ onNone: () => Refusal.refuse(401, "Invalid Credentials"), onSome: Effect.succeed })
    )
}

// the vendor repeats the path in its answer; the gateway does not, because a path may hold anything
const noSuchPath: Reply = { status: 404, headers: { "content-type": "text/html; charset=utf-8" }, body: "Cannot find this path" }

// --- the request ---

const tooLarge = Refusal.refuseUnread(413, "request entity too large")

/** The vendor's sentences begin with a capital letter. */
const toSentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

const textOf = (request: HttpServerRequest.HttpServerRequest, bodyWithin: Duration.DurationInput): Effect.Effect<string, Refusal.Refusal> =>
  Effect.matchEffect(Body.read(request, maxBody, bodyWithin), {
    onFailure: (why) =>
      why === "slow" ? Refusal.refuseUnread(408, "The request took too long") : why === "coding" ? Refusal.packed : tooLarge,
    onSuccess: (bytes) =>
      Either.match(Body.decode(bytes, request.headers["content-type"]), {
        onLeft: (why) => Refusal.refuse(why === "charset" ? 415 : 400, toSentence(Body.explanations[why])),
        onRight: (text) => Body.isBulky(text) ? Refusal.refuse(400, "Invalid JSON in request body") : Effect.succeed(text)
      })
  })

const requestOf = (
  caller: string,
  request: HttpServerRequest.HttpServerRequest,
  path: string,
  asks: Pick<FrontRequest, "body" | "spelling">
): FrontRequest => ({
  ...asks,
  caller,
  method: request.method,
  path: CanonicalRequest.ofTarget(path),
  retry: ClientRequest.readRetryCount(request.headers),
  key: ClientRequest.readKey(request.headers),
  draining: Refusal.draining,
  conflict: Refusal.conflict
})

const toAnswer = (effect: Effect.Effect<Reply, Refusal.Refusal>): Effect.Effect<Answer> =>
  Effect.match(effect, {
    onSuccess: (reply) => ({ reply, effect: "done" }),
    onFailure: ({ effect, reply }) => ({ reply, effect })
  })

const runOnce = (act: Effect.Effect<Reply, Refusal.Refusal>): Run => ({ _tag: "Once", run: toAnswer(act), unknown: Refusal.unknown })

const broken: Reply = Refusal.json(500, { status: "ERROR", message: "Internal server error message" }, { "x-should-retry": "false" })

/** What every request works with. */
interface Parts {
  readonly services: Services
  readonly keys: ApiKeysService
  readonly audit: AuditTableService
}

export const make = (
  { audit, keys, services }: Parts,
  routes: ReadonlyArray<Routes.Route>,
  { bodyWithin = patience }: Options = {}
) => {
  const { front } = services

  /** Whether the key of a request is still valid. If the keys cannot be read now, it counts as valid. */
  const isStillValid = (headers: Headers.Headers, access: KeyAccess.Access): Effect.Effect<boolean> =>
    Effect.match(authenticate(keys, headers), {
      onFailure: ({ reply }) => reply.status === 503,
      onSuccess: (key) => Either.isRight(KeyAccess.check(key, access))
    })

  const perform = (
    request: HttpServerRequest.HttpServerRequest
  ): Effect.Effect<Reply | HttpServerResponse.HttpServerResponse, Refusal.Refusal> =>
    Effect.gen(function*() {
      const { path, query } = ClientRequest.splitTarget(prefix, request.url)
      const key = yield* authenticate(keys, request.headers)
      // HEAD is GET without the body of the answer (RFC 9110, 9.3.2)
      const found = PathTable.find(routes, request.method === "HEAD" ? "GET" : request.method, path)
      if (Option.isNone(found) || !found.value.isWhole) return noSuchPath
      const { params, route } = found.value
      const { name: caller } = yield* Effect.catchAll(KeyAccess.check(key, route.access), Refusal.forbidden)
      const contentType = request.headers["content-type"]
      const asked = { method: request.method, path, params, query, contentType, list: ClientRequest.readList(request.headers) }
      if (route.kind === "read") return yield* route.run({ ...asked, fields: {}, text: "" })
      if (route.kind === "stream") {
        const asking = { lastEventId: request.headers["last-event-id"], mayGoOn: isStillValid(request.headers, route.access) }
        return yield* route.run({ ...asked, fields: {}, text: "" }, asking)
      }
      if (ClientRequest.isBlank(ClientRequest.readKey(request.headers))) {
        return yield* Refusal.refuseUnread(400, ClientRequest.explainBlank("Idempotency-Key"))
      }
      if ("takes" in route) {
        const { digest, upload } = yield* Files.read(request)
        return yield* front.once(requestOf(caller, request, path, { body: digest }), runOnce(route.run(upload)))
      }
      const body = yield* textOf(request, bodyWithin)
      const fields = yield* Request.readFields(body, contentType)
      const broken = MalformedText.fieldOf(body, () => fields, ["content"])
      if (broken !== undefined) return yield* Refusal.refuse(400, `${broken} holds half of a character, or a NUL`)
      const call: Request.Call = { ...asked, fields, text: body }
      const given = requestOf(caller, request, path, { body: CanonicalRequest.ofFilled(fields), spelling: body })
      if (route.kind === "keyed") return yield* front.once(given, { _tag: "Keyed", run: (key) => toAnswer(route.run(call, key)) })
      const run = toAnswer(route.run(call))
      if (route.access.isAudited !== true) return yield* front.once(given, { _tag: "Once", run, unknown: Refusal.unknown })
      const act = {
        actor: caller,
        act: `${request.method} ${prefix}${route.path}`,
        subject: Audit.subjectOf(params, fields)
      }
      return yield* front.once(given, {
        _tag: "Once",
        run: Audit.watch(audit, act, run, Audit.outcomeOfReply),
        unknown: Refusal.unknown
      })
    })

  return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
    perform(request).pipe(
      Effect.catchAll(({ reply }) => Effect.succeed(reply)),
      Effect.catchAllCause((cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.interrupt
          // the cause is not logged: it may hold the text of a message
          : Effect.as(Defect.logUnlessSaid(cause, Effect.logError("a request to the legacy front broke")), broken)
      ),
      Effect.map((answer) => HttpServerResponse.isServerResponse(answer) ? answer : toResponse(answer))
    )
}
