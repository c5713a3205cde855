/** Lists, creates and revokes API keys. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Messaging } from "@interline/core/Messaging"
import * as NearestWord from "@interline/core/NearestWord"
import * as Problem from "@interline/core/Problem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ApiKeys from "../../http/ApiKeys.ts"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import * as Query from "../../http/query.ts"
import { GatewayApi } from "../Api.ts"
import * as Authorization from "../authorization.ts"
import * as ResolveAddress from "../resolveAddress.ts"

const noSuchKey = ResolveAddress.notFound(
  "no key by that id can be revoked; a key of the environment ends when it is taken out of INTERLINE_API_KEYS"
)

const nameTaken = ProblemDetails.make("key-name-taken", {
  certainty: "not-sent",
  next: "fix",
  detail: "a key of this name is or was there; a name says for good who did something, so take another one"
})

/** Refuses what could not be meant: lines that nobody has, lines of a key that may do everything, an end that is over. */
const problemsOf = (
  { expiresAt, lines, scopes }: ApiKeys.NewKey,
  known: ReadonlyArray<string>,
  now: number
): ReadonlyArray<Problem.Problem> => [
  ...(lines ?? []).flatMap((line, position) =>
    known.includes(line) ? [] : [Problem.make("one-of", ["lines", position], NearestWord.oneOf(line, known))]
  ),
  ...(lines !== undefined && scopes.includes("admin")
    ? [Problem.make("one-of", ["lines"], "cannot be given with the scope \"admin\", which is for everything")]
    : []),
  ...(expiresAt !== undefined && expiresAt <= now ? [Problem.make("type", ["expiresAt"], "is over already")] : [])
]

export const keys = HttpApiBuilder.group(
  GatewayApi,
  "keys",
  (handlers) =>
    Effect.map(Effect.all([ApiKeys.ApiKeys, Messaging]), ([apiKeys, { carriers }]) => {
      const known = ResolveAddress.linesOf(carriers)
      return handlers
        .handle("listKeys", () =>
          Effect.map(apiKeys.created, (created) => ({
            items: [
              ...apiKeys.configured.map((name) => ({ source: "environment" as const, name, scopes: ["admin"] as const })),
              ...created.map((key) => ({ source: "api" as const, ...key }))
            ]
          })))
        .handle("createKey", ({ payload }) =>
          Effect.gen(function*() {
            const problems = problemsOf(payload, known, yield* Clock.currentTimeMillis)
            if (problems.length > 0) return yield* Query.unreadable(problems)
            const created = yield* apiKeys.create(payload, yield* Authorization.actor)
            if (Option.isNone(created)) return yield* nameTaken
            return { source: "api" as const, ...created.value.key, secret: created.value.secret }
          }))
        .handle("revokeKey", ({ path }) =>
          Effect.flatMap(
            Effect.flatMap(Authorization.actor, (by) => apiKeys.revoke(path.id, by)),
            (was) => was ? Effect.void : noSuchKey
          ))
    })
)
