/** Answers a session: without people's numbers and texts, unless the request asks for them. Then the audit says who asked. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as BoundedMap from "@interline/core/BoundedMap"
import type { AuditTableService } from "@interline/sql/AuditTable"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import type * as ApiKeys from "../http/ApiKeys.ts"
import * as Audit from "../http/audit.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import * as Query from "../http/query.ts"
import * as Masking from "./masking.ts"

const parse = Schema.decodeUnknownOption(Schema.parseJson())

/** What a request asks for beside its own query: whether people are shown. */
export interface Wish {
  /** The target without the wish. */
  readonly url: string
  readonly showsPeople: boolean
}

/** Takes `show=people` out of a target. Another value stays there, so that it is refused like every unknown field. */
export const wishOf = (url: string): Wish => {
  if (!url.includes("show=people")) return { url, showsPeople: false }
  const [path, query] = Query.split(url)
  const given = query.split("&")
  const rest = given.filter((pair) => pair !== "show=people")
  return { url: rest.length === 0 ? path : `${path}?${rest.join("&")}`, showsPeople: rest.length < given.length }
}

/** Whether the answer to this key hides people. */
export const hides = ({ session }: ApiKeys.Key, { showsPeople }: Wish): boolean => session !== undefined && !showsPeople

const unwritten = ProblemDetails.make("store-failed", { certainty: "not-sent", next: "retry", retryAfter: 1 })

/** Decodes the path of a request. The audit then shows a person in it as it shows people in other acts. */
const decode = (path: string): string => Either.getOrElse(Either.try(() => decodeURIComponent(path)), () => path)

/** What a person sees of the answers of these endpoints. The others have the words of their names. */
const views: Readonly<Record<string, string>> = {
  events: "live events",
  listArchive: "messages",
  countArchive: "messages",
  listDeliveries: "messages",
  getDelivery: "message",
  status: "message",
  explain: "message",
  getMessage: "message",
  listHeld: "held messages",
  listMessages: "messages of the chat",
  listThread: "thread of the message",
  getChat: "chat",
  listChats: "chats",
  listOptOuts: "opt-outs",
  listBlocked: "blocked people",
  plan: "what would be sent"
}

const toWords = (endpoint: string): string => endpoint.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/** A segment of a path that names one thing: an id, a number, or a carrier's ref. */
const named = /[\d+:@]/

/** What somebody asked to see, in words: `message 3b9e…`. Requests that show the same thing have the same words. */
export const subjectOf = (endpoint: string, url: string): string => {
  const segments = Query.split(url)[0].split("/").slice(2).map(decode).filter((segment) => named.test(segment))
  return [views[endpoint] ?? toWords(endpoint), ...segments].join(" ")
}

/** For how long somebody who asked for people is not written down again for the same thing, in milliseconds. */
const notedFor = 3_600_000

/** Writes down who asks for people, before they are shown. */
export type NoteShown = (key: ApiKeys.Key, wish: Wish, endpoint: string) => Effect.Effect<void, ProblemDetails.ProblemDetails>

/**
 * A page asks with several requests, and again whenever something changes. So a session is written down once an hour for the same thing, by each
 * process. If it cannot be written down, nobody is shown.
 */
export const makeNote = (audit: AuditTableService): NoteShown => {
  const noted = BoundedMap.make<string, number>(10_000)
  // requests that come at once are one act
  const lock = Effect.unsafeMakeSemaphore(1)
  return ({ name, session }, { showsPeople, url }, endpoint) => {
    if (session === undefined || !showsPeople) return Effect.void
    const subject = subjectOf(endpoint, url)
    const place = `${session.digest} ${subject}`
    return lock.withPermits(1)(
      Effect.flatMap(Clock.currentTimeMillis, (at) =>
        at - (noted.get(place) ?? Number.NEGATIVE_INFINITY) < notedFor
          ? Effect.void
          : Effect.flatMap(Audit.record(audit, { actor: name, act: "people.shown", subject }, "done"), (isWritten) =>
            isWritten ? Effect.sync(() => noted.set(place, at)) : Effect.fail(unwritten)))
    )
  }
}

const unreadable = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.empty({ status: response.status })

const problem = Masking.make("problem", [ProblemDetails.Wire.ast])

/** Hides people in the answers of an endpoint, whose bodies have these schemas. A body that cannot be read is left out. */
export const make = (endpoint: string, schemas: ReadonlyArray<AST.AST>) => {
  const mask = Masking.make(endpoint, schemas)
  return (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
    const { body, headers } = response
    if (body._tag === "Empty") return response
    if (body._tag !== "Uint8Array") return unreadable(response)
    const type = headers["content-type"] ?? body.contentType
    return Option.match(parse(new TextDecoder().decode(body.body)), {
      onNone: () => unreadable(response),
      onSome: (json) =>
        HttpServerResponse.setBody(
          response,
          HttpBody.text(JSON.stringify(type.startsWith(ProblemDetails.contentType) ? problem(json) : mask(json)), type)
        )
    })
  }
}
