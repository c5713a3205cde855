/** The steps of a rehearsal, in their order. Each makes one step of a move, and gives a sentence that says what it proved. */
import type * as FileSystem from "@effect/platform/FileSystem"
import { CarrierComparison, RolloutRecord } from "@interline/gateway/ApiSchema"
import { ImportReport } from "@interline/migration/ImportReport"
import { Summary } from "@interline/migration/Summary"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as MigrateCompare from "../MigrateCompare.ts"
import * as MigrateImport from "../MigrateImport.ts"
import * as MigrateReport from "../MigrateReport.ts"
import * as Rollout from "../Rollout.ts"
import * as Cast from "./cast.ts"
import * as History from "./history.ts"
import * as Proofs from "./proofs.ts"
import * as Round from "./round.ts"
import * as Stage from "./stage.ts"
import * as Vendors from "./vendors.ts"

/** A step. `commands`: what a person would type or set at this step, with a real account. */
export interface Step {
  readonly name: string
  readonly commands: (settings: Stage.Settings) => ReadonlyArray<string>
  readonly play: (stage: Stage.Stage) => Effect.Effect<string, Stage.Unproved, FileSystem.FileSystem>
}

// --- policies ---

/** The windows that an operator has in hours are fractions of seconds here. */
const windows = {
  retry: { times: 1, base: "50 millis" },
  reconcile: { every: "50 millis" },
  // the failures of one step must not rest a line in the next one
  breaker: { window: "1 second", openFor: "300 millis", maxOpenFor: "500 millis" }
} as const

const minimum = 3

const rolloutPolicy = ({ from, to }: Stage.Settings) => ({
  prefer: [from, to],
  ...windows,
  rollout: {
    from,
    to,
    steps: [{ share: Cast.firstShare, moves: "new and existing" }, { share: 1, moves: "new and existing" }],
    continuation: Stage.words,
    guardrails: { every: "50 millis", minimum, notSent: 0.1, optedOut: 0.5, crossed: "pause" }
  }
})

const change = (
  stage: Stage.Stage,
  action: Parameters<typeof Rollout.change>[0],
  reason: string,
  step: Option.Option<number> = Option.none()
): Effect.Effect<typeof RolloutRecord.Type, Stage.Unproved> =>
  Effect.flatMap(
    stage.type(Rollout.change(action, { url: Option.some(stage.origin), json: true, reason, step })),
    Proofs.read(RolloutRecord)
  )

const move = (stage: Stage.Stage, person: string, carrier: Option.Option<string>): Effect.Effect<string, Stage.Unproved> =>
  stage.type(Rollout.move({
    url: Option.some(stage.origin),
    json: true,
    people: [person],
    carrier,
    line: Option.none(),
    reason: "asked for it"
  }))

// --- the steps ---

const record: Step = {
  name: "record",
  commands: () => [],
  play: (stage) =>
    Effect.map(
      History.play(stage),
      ({ calls, people, refused }) =>
        `in ${Stage.days} days the program made ${calls} calls by the official client to ${people} people and ${stage.cast.groups.length} groups; ${stage.settings.from} refused ${refused} of them; ${stage.cast.stopped.length} people opted out`
    )
}

const report: Step = {
  name: "report",
  commands: ({ from, to }) => [`interline migrate report calls.jsonl --from ${from} --to ${to} --fail-on none`],
  play: (stage) =>
    Effect.gen(function*() {
      const { settings: { from, to } } = stage
      const calls = yield* History.writeDown(stage)
      const before = (yield* Proofs.countRequests(stage, from)) + (yield* Proofs.countRequests(stage, to))
      const { damaged, foreign, others, sends, withCredentials } = yield* stage.type(MigrateReport.run({
        files: [History.fileOf(stage)],
        fromAccount: Option.none(),
        fromGateway: Option.none(),
        chatsFrom: Option.none(),
        since: Option.none(),
        from: Option.some(from),
        to: Option.some(to),
        host: Option.none(),
        show: false,
        failOn: "none",
        newContacts: Option.none(),
        html: Option.none(),
        json: true
      }, Option.none())).pipe(Effect.flatMap(Proofs.read(Summary)))
      const { lossy, refused, whole } = sends
      const counted = [...Object.values(sends), ...Object.values(others)].reduce((sum, count) => sum + count, 0)
      yield* Proofs.prove(damaged === 0 && foreign === 0, `${damaged} calls were damaged, and ${foreign} were of other hosts`)
      yield* Proofs.prove(withCredentials === calls, `of ${calls} calls with credentials ${withCredentials} were noticed`)
      yield* Proofs.prove(counted === calls, `${calls} calls were recorded, and the report counts ${counted}`)
      yield* Proofs.prove(
        before === (yield* Proofs.countRequests(stage, from)) + (yield* Proofs.countRequests(stage, to)),
        "the report asked a vendor"
      )
      return `of ${calls} recorded calls ${whole} arrive whole at ${to}, ${lossy} lose something, ${refused} would be refused; no vendor was asked`
    })
}

const runImport = (stage: Stage.Stage, apply: boolean) =>
  Effect.flatMap(
    stage.type(MigrateImport.run({
      from: Option.some(stage.settings.from),
      apply,
      database: Option.some(stage.database),
      json: true
    })),
    Proofs.read(ImportReport)
  )

const takeOver: Step = {
  name: "import",
  commands: ({ from }) => [
    `interline migrate import --from ${from}`,
    `interline migrate import --from ${from} --apply`,
    `interline migrate import --from ${from} --apply`
  ],
  play: (stage) =>
    Effect.gen(function*() {
      const { cast, settings: { from } } = stage
      const before = yield* Proofs.countWrites(stage, from)
      const dry = yield* runImport(stage, false)
      yield* runImport(stage, true)
      const again = yield* runImport(stage, true)
      yield* Proofs.prove(!dry.applied && again.applied, "the first run wrote something")
      yield* Proofs.prove(
        dry.optOuts.new === cast.stopped.length,
        `${dry.optOuts.new} opt-outs were found, and there are ${cast.stopped.length}`
      )
      const conversations = cast.people.length + cast.groups.length
      yield* Proofs.prove(
        dry.conversations.new === conversations,
        `${dry.conversations.new} conversations were found, and there are ${conversations}`
      )
      const left = again.optOuts.new + again.messages.new + again.chats.new + again.conversations.new
      yield* Proofs.prove(left === 0, `the last run still found ${left} new records`)
      yield* Proofs.prove(dry.unreadable.count === 0, `${dry.unreadable.count} records could not be read`)
      yield* Proofs.prove((yield* Proofs.countWrites(stage, from)) === before, "the import wrote to the vendor")
      return `${dry.optOuts.new} opt-outs, ${dry.conversations.new} conversations with the number that each person knows, ${dry.messages.new} message ids; the second run found nothing new`
    })
}

const shadow: Step = {
  name: "shadow",
  commands: ({ from, to }) => [
    `INTERLINE_PREFER=${from} INTERLINE_SHADOW=${to} interline serve`,
    `${Vendors.vendors[from].address}=https://gateway.example/${from}  # in the program, with a key of the gateway`,
    "curl https://gateway.example/v1/migration -H 'authorization: Bearer …'"
  ],
  play: (stage) =>
    Effect.gen(function*() {
      const { settings: { from, to } } = stage
      yield* stage.serve({ prefer: [from], shadow: to, ...windows }, [from])
      yield* stage.hire("gateway")
      yield* Round.lookAgain(stage)
      const asked = yield* Proofs.countRequests(stage, to)
      const { sent } = yield* Round.play(stage)
      const { sends } = yield* Proofs.eventually(
        "the comparison of every send",
        Effect.map(Proofs.ask(stage.api.migration.showMigration({})), ({ shadow: { comparisons } }) => ({
          sends: comparisons.reduce((sum, one) => sum + one.sends, 0)
        })),
        ({ sends }) => sends === sent
      )
      yield* Proofs.prove((yield* Proofs.countRequests(stage, to)) === asked, `${to} was asked`)
      yield* Proofs.proveHomes(stage, [])
      return `the program reads its ${stage.old.length} old messages as before; ${sends} sends were compared, everybody was written to from the old number, and ${to} got no request`
    })
}

const firstStep: Step = {
  name: "10 %",
  commands: () => ["interline rollout start --reason \"the shadow looks well\"", "interline rollout status"],
  play: (stage) =>
    Effect.gen(function*() {
      const { cast, settings: { from, to } } = stage
      yield* stage.serve(rolloutPolicy(stage.settings), [from, to])
      const { phase, share } = yield* change(stage, "start", "the shadow looks well")
      yield* Proofs.prove(phase === "running" && share === Cast.firstShare, "the rollout did not start")
      const { sent } = yield* Round.play(stage)
      yield* Proofs.proveHomes(stage, cast.first)
      const [, person] = cast.first
      if (person !== undefined) {
        yield* stage.stop(person, Proofs.numberAt(to))
        yield* Proofs.eventually(
          "the opt-out by the new number",
          Proofs.ask(stage.api.people.listOptOuts({ urlParams: {} })),
          ({ items }) => items.length > cast.stopped.length
        )
      }
      yield* Round.play(stage)
      return `${cast.first.length} of ${cast.people.length} people moved with their next message (${sent} were sent), each with the words of the policy; one of them opted out at ${to}`
    })
}

const fault: Step = {
  name: "fault",
  commands: () => ["interline rollout status"],
  play: (stage) =>
    Effect.gen(function*() {
      const { network, settings: { to } } = stage
      yield* Proofs.ask(network.addFault({ vendor: to, kind: "refused", times: "forever" }))
      yield* Round.play(stage)
      const { changes } = yield* Proofs.eventually("the pause by a guardrail", Proofs.rolloutNow(stage), ({ phase }) => phase === "paused")
      const reason = changes[0]?.reason ?? "no reason"
      yield* Proofs.prove(changes[0]?.actor === "guardrail", "somebody else paused the rollout")
      yield* Proofs.proveHomes(stage, [])
      yield* Round.play(stage)
      yield* Proofs.proveHomes(stage, [])
      return `${to} took no connections; the rollout paused by itself (${reason}); everybody got one copy, from the old number`
    })
}

const resume: Step = {
  name: "resume",
  commands: () => ["interline rollout resume --reason \"the vendor is well again\""],
  play: (stage) =>
    Effect.gen(function*() {
      const { cast, network, settings: { to } } = stage
      yield* network.clearFaults()
      // so long a line rests after failures
      yield* Effect.sleep(windows.breaker.maxOpenFor)
      const { phase } = yield* change(stage, "resume", "the vendor is well again")
      yield* Proofs.prove(phase === "running", "the rollout is not running")
      yield* Round.play(stage)
      yield* Proofs.proveHomes(stage, cast.first)
      return `${to} works again, and the same ${cast.first.length} people are in as before`
    })
}

const lastStep: Step = {
  name: "100 %",
  commands: () => ["interline rollout advance --reason \"the first step went well\""],
  play: (stage) =>
    Effect.gen(function*() {
      const { cast, network, settings: { from, to } } = stage
      const { share } = yield* change(stage, "advance", "the first step went well")
      yield* Proofs.prove(share === 1, "the rollout did not advance")
      const { id } = yield* Proofs.ask(network.addFault({ vendor: to, kind: "ack-lost-reset", match: { method: "POST", body: "(no. " } }))
      yield* Round.play(stage, { isLinked: true })
      const met = (yield* network.faults).find((fault) => fault.id === id)?.met
      yield* Proofs.prove(met === 1, `no answer of ${to} was lost`)
      yield* Round.play(stage)
      yield* Proofs.proveHomes(stage, cast.people)
      yield* Round.open(stage, cast.later)
      yield* Effect.forEach(cast.groups, (group) => Proofs.proveGroup(stage, group, from))
      yield* Proofs.proveGroup(stage, cast.later, to)
      yield* Round.lookAgain(stage)
      return `all ${cast.people.length} people moved, each with the words of the policy; an answer of ${to} was lost on the way, and its text arrived once; groups stayed, and a new one began at ${to}`
    })
}

const byName: Step = {
  name: "by name",
  commands: ({ from }) => [`interline conversations move +12025550123 --carrier ${from} --reason "asked for it"`],
  play: (stage) =>
    Effect.gen(function*() {
      const { cast: { first, people }, settings: { from } } = stage
      const person = first[2]
      if (person === undefined) return yield* new Stage.Unproved({ message: "nobody is there to move" })
      yield* move(stage, person, Option.some(from))
      yield* Round.play(stage)
      yield* Proofs.proveHomes(stage, people.filter((one) => one !== person))
      yield* move(stage, person, Option.none())
      yield* Round.play(stage)
      yield* Proofs.proveHomes(stage, people)
      return `one person went back to ${from} by name, and followed the rollout again after that`
    })
}

const compare: Step = {
  name: "compare",
  commands: () => ["interline migrate compare"],
  play: (stage) =>
    Effect.gen(function*() {
      const { settings: { from, to } } = stage
      const request = stage.type(MigrateCompare.run({
        url: Option.some(stage.origin),
        since: Option.none(),
        until: Option.none(),
        json: true
      })).pipe(Effect.flatMap(Proofs.read(CarrierComparison)))
      const all = (comparison: typeof CarrierComparison.Type, carrier: string) =>
        comparison.cohorts.find(({ carrierId, cohort }) => carrierId === carrier && cohort === "all")
      const compared = yield* Proofs.eventually("the report of all messages as delivered, but for those to groups", request, (comparison) =>
        [from, to].every((carrier) =>
          all(comparison, carrier)?.delivered.share === 1
        ))
      const [old, next] = [all(compared, from), all(compared, to)]
      yield* Proofs.prove((next?.notSent.count ?? 0) > 0, "the comparison does not show the fault")
      return `${from} delivered ${old?.delivered.count ?? 0} of ${old?.delivered.of ?? 0}, ${to} ${next?.delivered.count ?? 0} of ${
        next?.delivered.of ?? 0
      }, beside ${(old?.unreported ?? 0) + (next?.unreported ?? 0)} to groups, of which nobody reports it; ${to} did not take ${
        next?.notSent.count ?? 0
      }`
    })
}

const back: Step = {
  name: "back",
  commands: () => ["interline rollout back --step 0 --reason \"the rehearsal is over\""],
  play: (stage) =>
    Effect.gen(function*() {
      const { api, settings: { from } } = stage
      const { phase } = yield* change(stage, "back", "the rehearsal is over", Option.some(0))
      yield* Proofs.prove(phase === "back", "the rollout did not go back")
      yield* Round.play(stage)
      yield* Proofs.proveHomes(stage, [])
      yield* Round.lookAgain(stage)
      const { items } = yield* Proofs.ask(api.held.listHeld({ urlParams: {} }))
      yield* Proofs.prove(items.length === 0, `${items.length} messages are held`)
      return `everybody is written to from the number at ${from} again, with the words of the policy; the program still reads its ${stage.old.length} old messages, and nothing is held`
    })
}

export const steps: ReadonlyArray<Step> = [record, report, takeOver, shadow, firstStep, fault, resume, lastStep, byName, compare, back]
