/** Shows what is known of a move to another carrier. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Problem from "@interline/core/Problem"
import { CohortComparison } from "@interline/sql/CohortComparison"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as HttpQuery from "../../http/query.ts"
import { Shadow } from "../../shadow/Shadow.ts"
import { GatewayApi } from "../Api.ts"

const usualTime = Duration.toMillis("7 days")

const noTime = HttpQuery.unreadable([Problem.make("one-of", ["since"], "must be before until, which is now if it is not given")])

export const migration = HttpApiBuilder.group(GatewayApi, "migration", (handlers) =>
  Effect.gen(function*() {
    const { carrierId, comparisons } = yield* Shadow
    const { compare } = yield* CohortComparison
    return handlers
      .handle("showMigration", () =>
        Effect.map(comparisons, (comparisons) => ({
          shadow: { ...Option.match(carrierId, { onNone: () => ({}), onSome: (carrierId) => ({ carrierId }) }), comparisons }
        })))
      .handle("compare", ({ urlParams: { since, until } }) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const end = until ?? now + 1
          const start = since ?? end - usualTime
          return start < end ? compare(start, end) : Effect.fail(noTime)
        }))
  }))
