/** The alert rules, the dashboard and the runbook: they name what the gateway has, and each alert fires in its state and not before. */
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Line from "@interline/core/Line"
import * as Metrics from "@interline/gateway/Metrics"
import * as Router from "@interline/router/Router"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/TestClock"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Gateway from "../docs/generated/gateway.ts"
import { read, root } from "../docs/markdown.ts"
import { apiKey } from "../support/gateway.ts"
import { keyWorld, wrongKey } from "../support/keys.ts"
import { ada } from "../support/sandbox.ts"

const rulesFile = "docs/operations/alerts.yaml"

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly runbook: string
}

/** Every field of a rule is on a line of its own. */
const rules: ReadonlyArray<Rule> = read(rulesFile).split(/^ {6}- alert: /m).slice(1).map((text) => {
  const field = (name: string) => new RegExp(`^ +${name}: (.+)$`, "m").exec(text)?.[1] ?? ""
  return { alert: text.split("\n", 1)[0] ?? "", expr: field("expr"), runbook: field("runbook") }
})

const dashboard = Array.from(
  read("docs/operations/dashboard.json").matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g),
  ([, text = ""]) => String(JSON.parse(text))
)

const runbook = read("docs/operations/runbook.md")

// --- what the expressions name ---

/** Labels that Prometheus itself adds. */
const added = ["instance", "job"]

const metricOf = (name: string): string => Gateway.labels[name] === undefined ? name.replace(/_(?:bucket|count|sum)$/, "") : name

/** What is wrong with the names in an expression. */
const wrongNames = (expr: string): ReadonlyArray<string> => {
  const metrics = Array.from(expr.matchAll(/\b(interline_\w+)(?:\{([^}]*)\})?/g), ([, name = "", matchers = ""]) => ({ name, matchers }))
  const known = metrics.flatMap(({ name }) => Gateway.labels[metricOf(name)] ?? [])
  const grouped = Array.from(expr.matchAll(/by \(([^)]*)\)/g), ([, labels = ""]) => labels.split(", ")).flat()
  return [
    ...(metrics.length === 0 ? [`${expr} names no metric`] : []),
    ...metrics.flatMap(({ name }) => Gateway.labels[metricOf(name)] === undefined ? [`${name} is no metric`] : []),
    ...metrics.flatMap(({ matchers, name }) =>
      Array.from(matchers.matchAll(/(\w+)(?:=|!)/g), ([, label = ""]) => label).flatMap((label) =>
        Gateway.labels[metricOf(name)]?.includes(label) === true ? [] : [`${name} has no label ${label}`]
      )
    ),
    ...grouped.flatMap((label) => [...known, ...added, "le"].includes(label) ? [] : [`${expr}: no metric has the label ${label}`])
  ]
}

// --- the little of Prometheus' language that the rules use ---

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const samplesOf = (text: string): ReadonlyArray<Sample> =>
  Array.from(text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm), ([, name = "", labels = "", value = ""]) => ({
    name,
    labels: Object.fromEntries(Array.from(labels.matchAll(/(\w+)="([^"]*)"/g), ([, label = "", word = ""]) => [label, word])),
    value: Number(value)
  }))

const matches = (sample: Sample, selector: string): boolean => {
  const [, name = "", matchers = ""] = /^(\w+)(?:\{(.*)\})?$/.exec(selector) ?? []
  return sample.name === name && Array.from(matchers.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)).every(([, label = "", sign, word = ""]) => {
    const is = sign === "=" || sign === "!="
      ? (sample.labels[label] ?? "") === word
      : new RegExp(`^(?:${word})$`).test(sample.labels[label] ?? "")
    return is === (sign === "=" || sign === "=~")
  })
}

/** The state before, the state after, and the time of the latter in seconds. */
interface Seen {
  readonly before: ReadonlyArray<Sample>
  readonly after: ReadonlyArray<Sample>
  readonly now: number
}

/** A vector: the values by their labels. */
const aggregate = (kind: string, by: ReadonlyArray<string>, inner: string, { after, before }: Seen): ReadonlyMap<string, number> => {
  const [, risen] = /^increase\((.*)\[\w+\]\)$/.exec(inner) ?? []
  const [, begun, gone] = /^(.*) unless (.*) offset \d+[mh]$/.exec(inner) ?? []
  strictEqual(gone, begun, `${inner} is not understood`)
  const keyOf = ({ labels }: Sample) => JSON.stringify(by.map((label) => labels[label] ?? ""))
  const groups = new Map<string, Array<number>>()
  for (const sample of after.filter((one) => matches(one, risen ?? begun ?? inner))) {
    const earlier = before.find(({ labels, name }) => name === sample.name && JSON.stringify(labels) === JSON.stringify(sample.labels))
    // a counter that was not there before has no increase, and only such a one has begun
    if (risen !== undefined && earlier === undefined) continue
    if (begun !== undefined && earlier !== undefined) continue
    const value = risen === undefined ? sample.value : sample.value - (earlier?.value ?? 0)
    groups.set(keyOf(sample), [...(groups.get(keyOf(sample)) ?? []), value])
  }
  const joined = (values: ReadonlyArray<number>): number => {
    const there = values.filter((value) => !Number.isNaN(value))
    if (there.length === 0) return Number.NaN
    return kind === "sum" ? there.reduce((sum, value) => sum + value, 0) : kind === "max" ? Math.max(...there) : Math.min(...there)
  }
  return new Map(Array.from(groups, ([key, values]) => [key, joined(values)]))
}

const compare = (value: number, sign: string, limit: number): boolean =>
  sign === ">" ? value > limit : sign === "<" ? value < limit : value === limit

const fires = (expr: string, seen: Seen): boolean =>
  expr.split(" or ").some((part) => {
    const [, age, text = "", sign = "", limit = ""] = /^(time\(\) - )?(.*) (>|<|==) ([\d.]+)$/.exec(part) ?? []
    const [, kind = "", by = "", inner = ""] = /^(sum|max|min)(?: by \(([^)]*)\) )?\((.*)\)$/.exec(text) ?? []
    assertTrue(kind !== "", `${part} is not understood`)
    return Array.from(aggregate(kind, by === "" ? [] : by.split(", "), inner, seen).values()).some((value) =>
      compare(age === undefined ? value : seen.now - value, sign, Number(limit))
    )
  })

// --- states ---

const linq = CarrierId.make("linq")
const support = Line.name("support")
const sinceStart = 1_000_000_000

interface State {
  readonly line?: object
  readonly notices?: ReadonlyArray<object>
  readonly held?: Metrics.Queues["held"]
  readonly inbox?: Partial<Metrics.Queues["inbox"]>
  readonly callbacks?: Partial<Metrics.Queues["callbacks"]>
  readonly progress?: object
  /** What is counted in this state. */
  readonly count?: Effect.Effect<unknown>
  /** When a check found that the webhooks are right. */
  readonly rightAt?: number
}

const newContacts = { hour: 0, day: 0, since: 0, per: "person" }
const usage = (left: number) => ({ readAt: 0, hour: { used: 0, limit: 50, left }, day: { used: 0, limit: 50, left: 50 } })

/** The metrics of a process in a state. */
const textIn = ({ callbacks, count = Effect.void, held, inbox, line, notices = [], progress, rightAt }: State) =>
  Effect.zipRight(
    count,
    Metrics.text({
      carriers: [linq],
      queues: Effect.succeed({
        held: held ?? { count: 0, oldestFor: 0 },
        inbox: { waiting: 0, dead: 0, oldestDueFor: 0, ...inbox },
        callbacks: { waiting: 0, dead: 0, oldestDueFor: 0, ...callbacks }
      }),
      progress: Effect.succeed([{
        carrierId: linq,
        state: "done" as const,
        failures: 0,
        read: 0,
        told: 0,
        optOuts: 0,
        heardUntil: sinceStart,
        streamSeenAt: sinceStart,
        ...progress
      }])
    }).pipe(
      Effect.provideService(
        Router.Router,
        Router.Router.of({
          health: Effect.succeed([{
            carrierId: linq,
            line: support,
            state: "closed",
            newContacts,
            usage: usage(50),
            restsForNew: false,
            ...line
          }]),
          notices: Effect.succeed(notices),
          webhooksRightAt: () => rightAt
        } as never)
      )
    )
  )

const counter = (name: string, labels: Readonly<Record<string, string>>, times: number) =>
  Metric.incrementBy(
    Object.entries(labels).reduce(
      (metric, [label, word]) => Metric.tagged(metric, label, word),
      Metric.counter(name, { incremental: true })
    ),
    times
  )

/** Counters that are there before anything is counted: the router shows its incidents from the start, and the others have counted before. */
const counters = (times: number) =>
  Effect.all([
    counter("interline_late_arrivals_total", { carrier: "linq" }, times),
    counter("interline_named_twice_total", { carrier: "linq" }, times),
    counter("interline_rollout_changes_total", { action: "pause", by: "guardrail" }, times),
    counter("interline_refused_sends_total", { reason: "Unavailable" }, times),
    counter("interline_failovers_total", { from: "linq", to: "sendblue", reason: "Unavailable" }, times),
    Metric.incrementBy(
      Metrics.requests.pipe(Metric.tagged("method", "GET"), Metric.tagged("route", "/x"), Metric.tagged("status", "503")),
      times
    ),
    Metric.incrementBy(Metrics.webhooks.pipe(Metric.tagged("carrier", "linq"), Metric.tagged("result", "signature")), times),
    Metric.incrementBy(Metrics.webhooks.pipe(Metric.tagged("carrier", "none"), Metric.tagged("result", "unknown")), times)
  ])

const webhookOff = { carrierId: linq, what: "webhook-off", at: sinceStart + 1, subject: "1" }
const shards = (count: number) => Metric.set(Metrics.clusterShards, count)
const differing = (count: number) => Metric.set(Metrics.clusterDiffering, count)
const called = (at: number) => Metric.set(Metric.tagged(Metrics.lastWebhook, "carrier", "linq"), at / 1_000)

/** The state in which each alert fires. */
const states: Readonly<Record<string, State>> = {
  InterlineTextTwice: { count: counters(1) },
  InterlineNamedTwice: { count: counters(1) },
  InterlineRolloutStopped: { count: counters(1) },
  InterlineRequestsBroken: { count: counters(6) },
  InterlineSendsRefused: { count: counters(11) },
  InterlineFailovers: { count: counters(6) },
  InterlineWebhooksRefused: { count: counters(6) },
  InterlineWebhooksAstray: { count: counters(6) },
  InterlineAccountNotice: {
    count: counter("interline_account_notices_total", { carrier: "linq", kind: "phone_number.released", reason: "line-gone" }, 1)
  },
  InterlineCredentialsRefused: { line: { faults: [{ reason: "Authentication", since: 0 }] } },
  InterlineLineFaulty: { line: { faults: [{ reason: "LineNotAllowed", since: 0 }] } },
  InterlineLineNotAsked: { line: { state: "open" } },
  InterlineLineResting: { line: { state: "resting", pausedUntil: 1 } },
  InterlineNoNewPeople: { line: { restsForNew: true } },
  InterlineFewNewPeopleLeft: { line: { usage: usage(4) } },
  InterlineWebhookOff: { notices: [webhookOff] },
  InterlineInboxFailed: { inbox: { dead: 1 } },
  InterlineQueueLate: { inbox: { oldestDueFor: 61_000 } },
  InterlineQueuePaused: { callbacks: { pausedAt: 1 } },
  InterlineCallbacksGivenUp: { callbacks: { dead: 1 } },
  InterlineCallbacksWait: { callbacks: { waiting: 1_001 } },
  InterlineHeldTooLong: { held: { count: 1, oldestFor: 7_201_000 } },
  InterlineManyHeld: { held: { count: 21, oldestFor: 1 } },
  InterlineCarrierNotHeard: { progress: { heardUntil: sinceStart - 901_000 } },
  InterlineStreamSilent: { progress: { streamSeenAt: sinceStart - 121_000 } },
  InterlineReadingBackFails: { count: Metric.incrementBy(Metric.tagged(Metrics.catchUpFailures, "carrier", "linq"), 4) },
  InterlineNoWebhooks: { count: called(sinceStart - 86_401_000) },
  InterlineShardsWithoutOwner: { count: shards(299) },
  InterlineSettingsDiffer: { count: differing(1) }
}

const isWell = Effect.all([counters(0), shards(300), differing(0), called(sinceStart)])

describe("the alert rules", () => {
  it("name metrics and labels that the gateway has, and so does the dashboard", () => {
    deepStrictEqual([...rules.map(({ expr }) => expr), ...dashboard].flatMap(wrongNames), [])
    assertTrue(rules.length > 20 && dashboard.length > 20)
    // the check itself can fail
    deepStrictEqual(wrongNames("max by (place) (interline_line_open{vendor=\"x\"}) > interline_nothing"), [
      "interline_nothing is no metric",
      "interline_line_open has no label vendor",
      "max by (place) (interline_line_open{vendor=\"x\"}) > interline_nothing: no metric has the label place"
    ])
  })

  it("have one section of the runbook each, which names only requests and commands that there are", () => {
    const sections = Array.from(runbook.matchAll(/^## (.+)$/gm), ([, title = ""]) => title)
    deepStrictEqual(sections.toSorted(), rules.map(({ alert }) => alert).toSorted())
    deepStrictEqual(rules.map(({ runbook }) => runbook), rules.map(({ alert }) => `runbook.md#${alert.toLowerCase()}`))
    const requests = Gateway.requests()
    const asked = Array.from(runbook.matchAll(/`((?:GET|POST|DELETE|PATCH) \/v1[^`?]*)/g), ([, request = ""]) => request)
    deepStrictEqual(asked.filter((request) => !requests.includes(`\`${request}\``)), [])
    const commands = read("docs/reference/command.md")
    const run = Array.from(runbook.matchAll(/`interline ([a-z- ]+?)(?: [A-Z]+)?`/g), ([, command = ""]) => command)
    assertTrue(asked.length > 20 && run.length > 3)
    deepStrictEqual(run.filter((command) => !commands.includes(`\n## ${command}\n`)), [])
    const metrics = Array.from(runbook.matchAll(/interline_\w+/g), ([name]) => name)
    deepStrictEqual(metrics.filter((name) => Gateway.labels[name] === undefined), [])
  })

  it.effect("fire in their state, and none fires while all is well", () =>
    Effect.gen(function*() {
      deepStrictEqual(Object.keys(states).toSorted(), rules.map(({ alert }) => alert).toSorted())
      yield* TestClock.setTime(sinceStart)
      // before a carrier calls for the first time
      const first = samplesOf(yield* textIn({}))
      deepStrictEqual(first.filter(({ name }) => name === "interline_webhook_last_timestamp_seconds"), [])
      const now = sinceStart / 1_000
      for (const { alert, expr } of rules) {
        yield* isWell
        const before = samplesOf(yield* textIn({}))
        strictEqual(fires(expr, { before, after: before, now }), false, `${alert} fires while all is well`)
        const after = samplesOf(yield* textIn(states[alert] ?? {}))
        strictEqual(fires(expr, { before, after, now }), true, `${alert} does not fire`)
        // a counter begins with its first event, so a burst may be all that there ever was of it, also if another process counted before
        if (expr.includes(" unless ")) {
          const [one, two] = ["one", "two"].map((instance) =>
            after.map((sample) => ({ ...sample, labels: { ...sample.labels, instance } }))
          )
          assertTrue(one !== undefined && two !== undefined)
          strictEqual(fires(expr, { before: [], after: one, now }), true, `${alert} misses the first burst`)
          strictEqual(fires(expr, { before: one, after: one, now }), false, `${alert} fires again for an old burst`)
          strictEqual(
            fires(expr, { before: one, after: [...one, ...two], now }),
            true,
            `${alert} misses the first burst of a second process`
          )
        }
      }
    }))

  it.effect("about a webhook that is off end when a check finds one that is called, also in a process that no carrier has called", () =>
    Effect.gen(function*() {
      yield* called(0)
      const valueOf = (rightAt: number) =>
        Effect.map(
          textIn({ notices: [webhookOff], rightAt }),
          (text) => samplesOf(text).filter(({ name }) => name === "interline_subscriptions_right").map(({ value }) => value)
        )
      deepStrictEqual([yield* valueOf(sinceStart), yield* valueOf(sinceStart + 2)], [[0], [1]])
    }))

  it.effect("about a stream fire also if it was never open since the process started", () =>
    Effect.gen(function*() {
      const expr = rules.find(({ alert }) => alert === "InterlineStreamSilent")?.expr ?? ""
      const isFiring = (streams?: Metrics.Options["streams"]) =>
        Effect.map(
          Metrics.text({
            progress: Effect.succeed([{ carrierId: linq, state: "waiting", failures: 0, read: 0, told: 0, optOuts: 0 }]),
            ...(streams === undefined ? {} : { streams })
          }).pipe(
            Effect.provideService(
              Router.Router,
              Router.Router.of({ health: Effect.succeed([]), notices: Effect.succeed([]) } as never)
            )
          ),
          (text) => fires(expr, { before: [], after: samplesOf(text), now: 0 })
        )
      yield* TestClock.setTime(sinceStart)
      yield* textIn({})
      // a carrier whose events come by webhook has no stream
      deepStrictEqual([yield* isFiring(), yield* isFiring({ carriers: [linq], since: sinceStart })], [false, false])
      yield* TestClock.adjust("121 seconds")
      deepStrictEqual([yield* isFiring(), yield* isFiring({ carriers: [linq], since: sinceStart })], [false, true])
    }))

  it("are rules for Prometheus itself", (context) => {
    const { error, status, stdout } = ChildProcess.spawnSync("promtool", ["check", "rules", rulesFile], {
      cwd: Path.resolve(root),
      encoding: "utf8"
    })
    if (error !== undefined) {
      const why = "promtool is not on this machine (Debian's package prometheus has it)"
      // the report of a run counts what is skipped, and does not say why
      process.stderr.write(`the alert rules are checked by the tests alone, because ${why}\n`)
      return context.skip(why)
    }
    strictEqual(status, 0, stdout)
  })
})

/** Lines whose text is no literal where they are logged: the file, the expression, and the lines that come of it. */
const byVariable: Readonly<Record<string, ReadonlyArray<string>>> = {
  "gateway/src/Gateway.ts warning": ["WARN webhooks of … are refused: … is not set; set it to the secret of the webhook at …"],
  "gateway/src/catchup/followFeeds.ts absent": [
    "ERROR the carrier's account has no event stream; its list of messages is read once a minute instead; ask the vendor for the stream, or receive webhooks"
  ],
  "router/src/service/operatorFaults.ts tellFault": ["WARN … … at …: …; …"],
  "router/src/service/telemetry.ts sentence": ["WARN …; …", "ERROR the rollout from … to … is … at a share of …: …"],
  "sql/src/queues/Queue.ts complaint": ["WARN the inbox cannot be read", "WARN the queue of callbacks cannot be read"]
}

describe("the page of log lines", () => {
  it("has each warning and each error of the code, and no other", () => {
    const folders = ["core", "router", "cluster", "sql", "linq", "sendblue", "interline", "gateway", "cli", "migration"]
    const files = folders.flatMap((name) => {
      const folder = `${name}/src`
      return Fs.readdirSync(Path.join(root, "packages", folder), { encoding: "utf8", recursive: true })
        .filter((path) => path.endsWith(".ts"))
        .map((path) => ({
          path: Path.posix.join(folder, path.replaceAll("\\", "/")),
          code: read(Path.join("packages", folder, path)).split("\n").filter((line) => !/^\s*(?:\*|\/\/|\/\*)/.test(line)).join("\n")
        }))
    })
    const toLine = (text: string) => text.replace(/\s+/g, " ").replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}?/g, "…").trim().replace(/;$/, "").trim()
    const variables = new Set<string>()
    const literals = files.flatMap(({ code, path }) =>
      Array.from(
        code.matchAll(/Effect\.log(Warning|Error)\(\s*(`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|[\w.]+)/g)
      ).flatMap(([, level, argument = ""]) => {
        if (/^["`]/.test(argument)) return [`${level === "Error" ? "ERROR" : "WARN"} ${toLine(argument.slice(1, -1))}`]
        variables.add(`${path} ${argument}`)
        return []
      })
    )
    deepStrictEqual(Array.from(variables).toSorted(), Object.keys(byVariable).toSorted())
    // what comes of a variable is in the code too, so that no line is left over here
    const all = toLine(files.map(({ code }) => code).join("\n"))
    const sentences = Object.values(byVariable).flat()
    const parts = sentences.flatMap((line) => line.replace(/^\w+ /, "").split("…")).map((part) => part.trim()).filter((part) =>
      part.length > 3
    )
    assertTrue(parts.length > 5)
    deepStrictEqual(parts.filter((part) => !all.includes(part)), [])
    const page = Array.from(
      read("docs/operations/log.md").matchAll(/^\| (WARN|ERROR) \| `(.*)` \| .+ \|$/gm),
      ([, level, line]) => `${level} ${line}`
    )
    assertTrue(page.length > 50)
    deepStrictEqual(page, page.toSorted())
    deepStrictEqual(page, Array.from(new Set([...literals, ...sentences])).toSorted())
  })
})

describe("a gateway whose keys no vendor takes", () => {
  it.scopedLive("says so from the start, at /readyz and in the metrics, for each vendor", () =>
    Effect.gen(function*() {
      const { gateway } = yield* keyWorld({})
      const { origin } = yield* gateway({ linq: wrongKey, sendblue: wrongKey }, {
        INTERLINE_CATCH_UP: "on",
        INTERLINE_CATCH_UP_WAIT: "1 second"
      })
      const ask = (path: string, init: RequestInit = {}) =>
        Effect.promise(async () =>
          (await fetch(`${origin}${path}`, { ...init, headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" } }))
            .text()
        )
      const faults = Effect.map(ask("/readyz"), (text) =>
        (JSON.parse(text).lines as ReadonlyArray<{ carrierId: string; faults?: ReadonlyArray<{ reason: string }> }>)
          .flatMap(({ carrierId, faults = [] }) =>
            faults.map(({ reason }) => `${carrierId} ${reason}`)
          ).toSorted())
      const wanted = ["linq Authentication", "sendblue Authentication"]
      // nothing was sent; the check at the start finds it
      deepStrictEqual(yield* Effect.repeat(Effect.delay(faults, "50 millis"), { until: ({ length }) => length === 2, times: 400 }), wanted)
      yield* ask("/v1/send", { method: "POST", body: JSON.stringify({ to: { line: support, handle: ada }, text: "Hello" }) })
      const metrics = samplesOf(yield* ask("/metrics"))
      const valueOf = (selector: string) => metrics.filter((sample) => matches(sample, selector)).map(({ value }) => value)
      deepStrictEqual([
        valueOf("interline_credentials_valid{carrier=\"linq\"}"),
        valueOf("interline_credentials_valid{carrier=\"sendblue\"}")
      ], [[0], [0]])
      deepStrictEqual(valueOf("interline_refused_sends_total{reason=\"Authentication\"}"), [1])
      for (const alert of ["InterlineCredentialsRefused", "InterlineLineFaulty"]) {
        const expr = rules.find((rule) => rule.alert === alert)?.expr ?? ""
        strictEqual(fires(expr, { before: [], after: metrics, now: 0 }), true, alert)
      }
    }))
})
