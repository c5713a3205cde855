/** Signs browsers in and out. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { AuditTable, type AuditTableService } from "@interline/sql/AuditTable"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as SessionCookie from "../../access/sessionCookie.ts"
import * as Sessions from "../../access/Sessions.ts"
import * as SignInLimits from "../../access/signInLimits.ts"
import * as ApiKeys from "../../http/ApiKeys.ts"
import * as Audit from "../../http/audit.ts"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import { GatewayApi } from "../Api.ts"
import { Caller } from "../authorization.ts"

const wrong = ProblemDetails.make("unauthorized", {
  certainty: "not-sent",
  next: "fix",
  detail: "this is not the secret of an API key, or not a link that this process printed within 10 minutes and that was not used"
})

const tooMany = (waitFor: number): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("too-many-sign-ins", { certainty: "not-sent", next: "retry", retryAfter: Math.ceil(waitFor / 1000) })

/** Writes down that somebody tries: the address of the last try, and how many others there were since the row before. */
const recordWrong = (audit: AuditTableService, address: string, tries: number): Effect.Effect<boolean> =>
  Audit.record(
    audit,
    { actor: "nobody", act: "signInFailed", subject: tries === 1 ? address : `${address}, after ${tries - 1} more` },
    "done"
  )

const recordOf = ({ lines, name, scopes, session }: ApiKeys.Key) => ({
  name,
  scopes: Array.from(scopes),
  ...(lines === undefined ? {} : { lines: Array.from(lines) }),
  ...(session === undefined ? {} : { until: session.until }),
  masked: session !== undefined
})

const withCookie = (cookie: string): Effect.Effect<void> =>
  HttpApp.appendPreResponseHandler((_, response) => Effect.succeed(HttpServerResponse.setHeader(response, "set-cookie", cookie)))

export const signIn = HttpApiBuilder.group(
  GatewayApi,
  "signIn",
  (handlers) =>
    Effect.map(Effect.all([Sessions.Sessions, AuditTable]), ([sessions, audit]) => {
      const limits = SignInLimits.make()
      return handlers.handle("signIn", ({ payload }) =>
        Effect.gen(function*() {
          const { headers, remoteAddress } = yield* HttpServerRequest.HttpServerRequest
          const address = Option.getOrElse(remoteAddress, () => "an unknown address")
          // What is right is never refused because somebody else tried what is wrong. Secrets are too long to be guessed, limit or not.
          const started = yield* Effect.mapError(
            "key" in payload ? sessions.signIn(payload.key) : sessions.signInByLink(payload.link),
            ApiKeys.unreadable
          )
          if (Option.isNone(started)) {
            const { tries, waitFor } = yield* limits.countWrong(address)
            if (Option.isSome(tries)) yield* recordWrong(audit, address, tries.value)
            return yield* Option.match(waitFor, { onNone: () => wrong, onSome: tooMany })
          }
          const { key, token, until } = started.value
          yield* Audit.record(audit, { actor: key.name, act: "signIn", subject: address }, "done")
          yield* withCookie(SessionCookie.set(headers, token, Duration.toSeconds(Sessions.lasts)))
          return { ...recordOf(key), until, masked: true }
        }))
    })
)

export const session = HttpApiBuilder.group(
  GatewayApi,
  "session",
  (handlers) =>
    Effect.map(Sessions.Sessions, (sessions) => {
      // The entry of the API has checked the key, so there is one.
      const caller = Effect.map(Caller, Option.getOrThrow)
      return handlers
        .handle("getSession", () => Effect.map(caller, recordOf))
        .handle("signOut", () =>
          Effect.gen(function*() {
            const { headers } = yield* HttpServerRequest.HttpServerRequest
            const { session } = yield* caller
            if (session !== undefined) yield* sessions.end(session.digest)
            yield* withCookie(SessionCookie.clear(headers))
          }))
    })
)
