/**
 * Scenarios of `npm run chaos` in their short form. What they count must be right: copies, losses, false answers, order, overlaps. How long
 * things take is not judged here, because the machine may be slow or busy.
 *
 * These have no short form:
 * - `vanish`: until it wakes, the process of `freeze` cannot be told from one that is gone, and its conversations must go on elsewhere before that.
 * - `order-one`, `order-apart`: 5 and 20 ms between two sends are no order on a busy machine. `order-recorded` and `order-recorded-one` show the
 *   same without a time.
 * - `deploy-same`: the same as `deploy`, with the address of the old process. `kill` starts each process again at its address.
 * - `rest`: what it measures is processor time. The number of connections is tested in `placement.test.ts`.
 */
import { layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { inject, it } from "vitest"
import * as Scenario from "../chaos/scenario.ts"
import * as Scenarios from "../chaos/scenarios.ts"
import * as Stage from "../chaos/stage.ts"
import { quiet } from "../support/router.ts"

/** One or two of each kind. `npm run test:all` runs them all. */
const usual = [
  "order-recorded",
  "order-takeover",
  "kill-in-post",
  "freeze-in-send",
  "freeze-unfenced",
  "database-restarts",
  "versions",
  "deploy",
  "line-contacts",
  "held-looks",
  "file"
]

const isAll = process.env["INTERLINE_TEST"] === "all"

const short = Scenarios.scenarios.flatMap((scenario) =>
  scenario.short !== undefined && (isAll || usual.includes(scenario.name)) ? [{ ...scenario, short: scenario.short }] : []
)

/** Scenarios mostly wait, so some run at the same time. Each has processes and a database of its own. */
const together = 2

/** This one runs when no other one does, because it ends the server of all. */
const alone = ["database-restarts"]

/** How long all of them may take together on a busy machine. */
const patience = Duration.toMillis(Duration.minutes(15))

class Reports extends Effect.Service<Reports>()("test/cluster/Reports", {
  scoped: Effect.gen(function*() {
    const stage = yield* Stage.make(inject("folder"))
    const places = yield* Effect.makeSemaphore(together)
    const reports = new Map<string, Deferred.Deferred<Scenario.Report, unknown>>()
    for (const { name } of short) reports.set(name, yield* Deferred.make<Scenario.Report, unknown>())
    const run = ({ name, run, short }: (typeof Scenarios.scenarios)[number] & { readonly short: Scenario.Length }) => {
      const report = reports.get(name)
      return report === undefined
        ? Effect.void
        : Deferred.complete(
          report,
          places.withPermits(alone.includes(name) ? together : 1)(
            quiet(Effect.scoped(run(stage, { ...short, slack: Number.POSITIVE_INFINITY })))
          )
        )
    }
    yield* Effect.forkScoped(Effect.forEach(short, run, { concurrency: together }))
    return { reports }
  })
}) {}

it("knows the scenarios that always run", () => {
  deepStrictEqual(usual.filter((name) => !Scenarios.scenarios.some((one) => one.name === name)), [])
})

layer(Reports.Default, { excludeTestServices: true, timeout: "2 minutes" })("several gateways on one PostgreSQL", (it) => {
  for (const { name, shows } of short) {
    it.scoped(`${name}: ${shows}`, () =>
      Effect.gen(function*() {
        const report = (yield* Reports).reports.get(name)
        const { evidence, figures } = yield* report === undefined ? Effect.dieMessage(`there is no ${name}`) : Deferred.await(report)
        deepStrictEqual(figures.filter(Scenario.isMissed), [], evidence.slice(0, 5).join("\n"))
      }), patience)
  }
})
