/** Serves one vendor's API over HTTP. Applies the faults and logs every request. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Http from "../http/http.ts"
import * as Json from "../http/json.ts"
import * as Log from "../http/log.ts"
import type { Vendor } from "../world/Fault.ts"
import type { Faults, Struck } from "../world/faults.ts"
import * as World from "../world/world.ts"

/** A vendor's API: its answers and its error bodies. */
export interface VendorApi {
  readonly vendor: Vendor
  /** Answers every request. It never fails, because a refusal is also an answer. */
  readonly answer: (request: Http.HttpRequest) => Effect.Effect<Http.Reply>
  readonly serverError: (struck: Struck) => Http.Reply
  readonly rateLimited: (retryAfter: number | string) => Http.Reply
  readonly errorBody: (struck: Struck, request: Http.HttpRequest) => Http.Reply
  /** The keys of a message's identifiers in the body of a success. */
  readonly identifiers: ReadonlySet<string>
}

export interface LoggedRequest {
  readonly vendor: Vendor
  readonly method: string
  readonly path: string
  readonly query: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  /** `"pending"`: no answer yet. `"dropped"`: no answer will come. */
  status: number | "pending" | "dropped"
  readonly fault: string | null
  readonly at: number
}

const htmlPage = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`

const html = (status: number, title: string): Http.Reply => ({
  status,
  headers: { "content-type": "text/html" },
  body: htmlPage(title)
})

const withoutIdentifiers = (value: unknown, identifiers: ReadonlySet<string>): unknown => {
  if (Array.isArray(value)) return value.map((item) => withoutIdentifiers(item, identifiers))
  if (!Json.isObject(value)) return value
  const kept = Object.entries(value).filter(([key]) => !identifiers.has(key))
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutIdentifiers(item, identifiers)]))
}

const stripIdentifiers = (reply: Http.Reply, identifiers: ReadonlySet<string>): Http.Reply =>
  Either.match(Json.parse(String(reply.body)), {
    onLeft: () => reply,
    onRight: (body) => ({ ...reply, body: JSON.stringify(withoutIdentifiers(body, identifiers)) })
  })

/** Changes the answer of a success. A refusal stays unchanged. */
const spoil = (reply: Http.Reply, change: (reply: Http.Reply) => Http.Reply): Http.Reply => (reply.status < 300 ? change(reply) : reply)

const answerWith = (reply: Http.Reply): Http.Fate => ({ _tag: "Answer", reply })

/** Adds the `Date` header from the sandbox's clock, because the sandbox may have moved its time. */
const signed = (fate: Http.Fate, now: number): Http.Fate =>
  fate._tag === "Answer" || fate._tag === "Half"
    ? { ...fate, reply: { ...fate.reply, headers: { date: new Date(now).toUTCString(), ...fate.reply.headers } } }
    : fate

interface Course {
  readonly fate: Http.Fate
  readonly delay: number
}

export const make = (world: World.World, faults: Faults, log: Array<LoggedRequest>) => (api: VendorApi): Http.Respond => {
  /** Answers a request. A defect of the sandbox fails only this request, and the process continues. */
  const answer = (request: Http.HttpRequest): Effect.Effect<Http.Reply> =>
    Effect.suspend(() => api.answer(request)).pipe(
      Effect.catchAllDefect((defect) =>
        Effect.as(Effect.logError(`${request.method} ${request.path}`, Cause.die(defect)), api.serverError({ kind: "5xx-before" }))
      )
    )

  const accept = (request: Http.HttpRequest, weather: World.Weather = {}): Http.Reply => {
    world.weather = weather
    const reply = Http.answerNow(answer(request))
    world.weather = {}
    return reply
  }

  const flagUsedLine = (struck: Struck, request: Http.HttpRequest): void => {
    const body = Either.getOrElse(Json.parse(request.body.toString("utf8")), (): unknown => ({}))
    const fields: Json.JsonObject = Json.isObject(body) ? body : {}
    const named = [struck.line, fields["from"], fields["from_number"]].find(Json.isString)
    const line = named === undefined
      ? World.linesOf(world, api.vendor).find((candidate) => !candidate.flagged)
      : World.ownLine(world, api.vendor, named)
    if (line !== undefined) World.flagLine(world, line, true)
  }

  const meet = (struck: Struck, request: Http.HttpRequest): Course => {
    const now = (fate: Http.Fate): Course => ({ fate, delay: 0 })
    switch (struck.kind) {
      case "reset-before":
        return now({ _tag: "Reset" })
      case "hang-before":
        return now({ _tag: "Hang" })
      case "5xx-before":
        return now(answerWith(api.serverError(struck)))
      case "429":
        return now(answerWith(api.rateLimited(struck.retryAfter ?? 1)))
      case "ack-lost-reset":
        accept(request)
        return now({ _tag: "Reset" })
      case "ack-lost-hang":
        accept(request)
        return now({ _tag: "Hang" })
      case "ack-lost-half":
        return now({ _tag: "Half", reply: accept(request) })
      case "ack-lost-502":
        accept(request)
        return now(answerWith(html(502, "502 Bad Gateway")))
      case "5xx-after":
        accept(request)
        return now(answerWith(api.serverError(struck)))
      case "2xx-empty":
        return now(answerWith(spoil(accept(request), (reply) => ({ ...reply, body: "" }))))
      case "2xx-no-id":
        return now(answerWith(spoil(accept(request), (reply) => stripIdentifiers(reply, api.identifiers))))
      case "2xx-not-json":
        return now(answerWith(spoil(accept(request), ({ status }) => html(status, "OK"))))
      case "200-error-body":
        if (struck.accepted === true) accept(request)
        return now(answerWith(api.errorBody(struck, request)))
      case "delay": {
        const delay = struck.ms ?? 1000
        return { fate: answerWith(accept(request)), delay }
      }
      case "late-listing":
        return now(answerWith(accept(request, { listDelay: struck.ms ?? 1000 })))
      case "downgrade-sms":
        return now(answerWith(accept(request, { downgrade: true })))
      case "line-flagged":
        flagUsedLine(struck, request)
        return now(answerWith(accept(request)))
      case "refused":
      case "webhook-duplicate":
      case "webhook-late":
      case "webhook-reorder":
      case "stream-absent":
      case "stream-cut":
      case "stream-silent":
      case "stream-lost":
      case "stream-duplicate":
        return now(answerWith(accept(request)))
    }
  }

  return (request, settle) => {
    const struck = faults.forRequest(api.vendor, {
      method: request.method,
      path: request.path,
      body: request.body.toString("utf8")
    })
    const entry: LoggedRequest = {
      vendor: api.vendor,
      method: request.method,
      path: request.path,
      query: request.query.toString(),
      body: request.body.length > 65_536 ? "" : request.body.toString("utf8"),
      headers: Object.fromEntries(
        Object.entries(request.headers).flatMap(([name, value]) => typeof value === "string" ? [[name, value]] : [])
      ),
      status: "pending",
      fault: struck?.kind ?? null,
      at: world.time.now()
    }
    Log.push(log, entry)
    const finish = (fate: Http.Fate): void => {
      entry.status = fate._tag === "Answer" ? fate.reply.status : "dropped"
      settle(signed(fate, world.time.now()))
    }
    if (struck?.kind === "delay" && struck.when === "before") {
      world.time.after(struck.ms ?? 1000, () => finish(answerWith(accept(request))))
      return
    }
    const course = struck === undefined ? { fate: answerWith(accept(request)), delay: 0 } : meet(struck, request)
    if (course.delay === 0) finish(course.fate)
    else world.time.after(course.delay, () => finish(course.fate))
  }
}
