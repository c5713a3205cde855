/** Asks a running gateway for what it knows of itself: whether it is ready, its carriers, lines and webhooks, and what waits for a person. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Node from "interline/node"
import * as Connect from "../gateway/connect.ts"
import * as Refusals from "../gateway/refusals.ts"
import * as ShownUrl from "../print/shownUrl.ts"
import * as Table from "../print/table.ts"
import * as Clocks from "./clocks.ts"
import * as Finding from "./finding.ts"

const Ready = Schema.parseJson(Schema.Struct({
  ready: Schema.Boolean,
  database: Schema.String,
  draining: Schema.Boolean,
  cluster: Schema.optional(Schema.Struct({ joined: Schema.Boolean, differing: Schema.Array(Schema.String) })),
  catchUp: Schema.Array(Schema.Struct({ carrierId: Schema.String, state: Schema.String, heardUntil: Schema.optional(Schema.String) }))
}))

/** What `/readyz` says. */
const ofReadiness = (status: number, body: string): ReadonlyArray<Finding.Finding> =>
  Option.match(Schema.decodeUnknownOption(Ready)(body), {
    onNone: () => [Finding.error("gateway", `what answers there is no gateway (${status})`, "name the address of a gateway")],
    onSome: ({ catchUp, cluster, database, draining, ready }) => [
      ready
        ? Finding.note("gateway", "it is ready for requests")
        : Finding.error(
          "gateway",
          `it takes no requests${draining ? ": it is being stopped" : ""}`,
          "look at its log; `GET /readyz` says what it waits for"
        ),
      database === "ok"
        ? Finding.note("database", "the gateway reaches its database")
        : Finding.error("database", "the gateway does not reach its database", "look at the database, and at DATABASE_URL of the gateway"),
      ...(cluster === undefined ? [] : [
        cluster.joined
          ? Finding.note("gateway", "the process has joined the others")
          : Finding.error("gateway", "the process has not joined the others", "let it reach the database and the other processes"),
        ...(cluster.differing.length === 0
          ? []
          : [Finding.error("gateway", `its processes differ in: ${cluster.differing.join(", ")}`, "give all processes the same settings")])
      ]),
      ...catchUp.map(({ carrierId, heardUntil, state }) => {
        const until = heardUntil === undefined ? "" : `; known until ${heardUntil}`
        return state === "waiting" || state === "running"
          ? Finding.note("webhooks", `what ${carrierId} said before is not read back (${state}${until})`)
          : Finding.warning(
            "webhooks",
            `of ${carrierId} not every event may be known (${state}${until})`,
            "look at the credentials of the carrier; the gateway reads them back by itself"
          )
      })
    ]
  })

/** A part of the API, as findings. A key without the scope is a finding too. */
const part = <A>(
  { ask }: Connect.Gateway,
  area: Finding.Area,
  what: string,
  request: Effect.Effect<A, Refusals.RequestFailure>,
  judge: (answer: A) => ReadonlyArray<Finding.Finding>
): Finding.Findings =>
  Effect.match(
    Effect.either(request).pipe(Effect.flatMap((answer) =>
      answer._tag === "Right" ? Effect.succeed(judge(answer.right)) : Refusals.isForbidden(answer.left)
        ? Effect.succeed([Finding.warning(area, `this key may not see ${what}`, "use a key with the scope operate or admin")])
        : ask(Effect.fail(answer.left))
    )),
    {
      onFailure: ({ message }) => [Finding.error(area, `${what} could not be asked for: ${message}`, "mend that first")],
      onSuccess: (found) =>
        found
    }
  )

interface Notice {
  readonly severity: "warning" | "note"
  readonly summary: string
  readonly wayOut: string
  readonly subject?: string | undefined
}

/** `elsewhere`: the ids of webhooks of other programs. What happens to those is not judged. */
const ofNotice =
  (area: Finding.Area, about: string, elsewhere: ReadonlySet<string> = new Set()) =>
  ({ severity, subject, summary, wayOut }: Notice): Finding.Finding =>
    subject !== undefined && elsewhere.has(subject)
      ? Finding.note(area, `${about}, of a webhook that leads elsewhere: ${summary}`)
      : severity === "note"
      ? Finding.note(area, `${about}: ${summary}`)
      : Finding.warning(area, `${about}: ${summary}`, wayOut)

/**
 * The webhooks that lead elsewhere. For this the gateway asks the vendors, and one of them may be silent. Then, and for a key that may not see them, every
 * notice counts as one about us.
 */
const findElsewhere = ({ client }: Connect.Gateway): Effect.Effect<ReadonlySet<string>> =>
  Effect.flatMap(Finding.Patience, (wait) =>
    Effect.raceFirst(
      Effect.match(Effect.disconnect(client.webhooks.listWebhooks()), {
        onFailure: () => new Set<string>(),
        onSuccess: ({ items }) => new Set(items.flatMap(({ id, ours }) => ours ? [] : [id]))
      }),
      Effect.as(wait("the look at the webhooks that lead elsewhere", "5 seconds"), new Set<string>())
    ))

const ofCarriers = (gateway: Connect.Gateway): Finding.Findings =>
  part(
    gateway,
    "credentials",
    "the carriers",
    Effect.zip(gateway.client.carriers.listCarriers(), findElsewhere(gateway), { concurrent: true }),
    ([{ items }, elsewhere]) =>
      items.flatMap(({ health, id, notices }) => {
        const wrong = health.flatMap(({ faults = [], gone, line, state, until }) => [
          ...faults.map(({ reason, since }) =>
            Finding.error(
              reason === "LineNotAllowed" ? "lines" : "credentials",
              `the line ${line} at ${id} has a fault that only a person can mend, since ${Table.toTime(since)}: ${reason}`,
              reason === "Authentication"
                ? "give it credentials that the carrier takes"
                : "ask the carrier; `interline carriers` shows the state"
            )
          ),
          ...(gone === true
            ? [Finding.error("lines", `the line ${line} at ${id} is not ours any more`, "give the line another number in INTERLINE_LINES")]
            : []),
          ...(state === "closed"
            ? []
            : [
              Finding.warning(
                "lines",
                `the line ${line} at ${id} is not used now (${state}${until === undefined ? "" : `, until ${Table.toTime(until)}`})`,
                "`interline explain` of a message tells why"
              )
            ])
        ])
        return [
          ...(wrong.length === 0 ? [Finding.note("credentials", `${id} has no fault`)] : wrong),
          ...notices.map(ofNotice("credentials", id, elsewhere))
        ]
      })
  )

const ofLines = (gateway: Connect.Gateway): Finding.Findings =>
  part(gateway, "lines", "the lines", gateway.client.lines.listLines(), ({ items }) => {
    const ours = items.filter(({ name }) => name !== undefined)
    return ours.length === 0
      ? [Finding.error("lines", "no carrier lists a line of ours", "give the lines numbers of the accounts in INTERLINE_LINES")]
      : ours.flatMap(({ available, carrierId, gone, name, notices = [], raw, status }) => [
        gone === true
          ? Finding.error("lines", `the line ${name} is not at ${carrierId} any more`, "give it another number in INTERLINE_LINES")
          : available
          ? Finding.note("lines", `the line ${name} can send at ${carrierId}`)
          : Finding.error("lines", `the line ${name} cannot send at ${carrierId} (${raw ?? status})`, "ask the vendor why"),
        ...notices.map(ofNotice("lines", `the line ${name} at ${carrierId}`))
      ])
  })

/** The most types of events that a finding names. */
const mostNamed = 8

const toEvents = (events: ReadonlyArray<string>): string => {
  const types = Array.from(new Set(events))
  return types.length > mostNamed ? `${types.length} types of events; \`interline webhooks list\` names them` : types.join(", ")
}

/** Judges the webhooks that lead to this gateway. Other programs may have theirs at the same account. */
const judgeWebhooks = (items: ReadonlyArray<typeof ApiSchema.WebhookRecord.Type>): ReadonlyArray<Finding.Finding> => {
  const ours = items.filter(({ ours }) => ours)
  const others = items.filter(({ ours }) => !ours)
  return [
    ...(ours.length === 0
      ? [
        Finding.warning(
          "webhooks",
          "no carrier has a webhook that leads to this gateway",
          "`interline webhooks subscribe` subscribes one, unless events come by a stream"
        )
      ]
      : [
        ...Object.entries(
          Arr.groupBy(ours.filter(({ active }) => active), ({ carrierId, url }) => `${carrierId} calls ${ShownUrl.toShownUrl(url)}`)
        )
          .map(([says, webhooks]) => Finding.note("webhooks", `${says} with ${toEvents(webhooks.flatMap(({ events }) => events))}`)),
        ...ours.filter(({ active }) => !active).map(({ carrierId, id }) =>
          Finding.error("webhooks", `${carrierId} has switched the webhook ${id} off`, "switch it on at the vendor, or subscribe it anew")
        )
      ]),
    ...Array.from(new Set(others.map(({ carrierId }) => carrierId))).flatMap((id) =>
      Finding.ofOthers(id, others.filter(({ carrierId }) => carrierId === id).length)
    )
  ]
}

const ofWebhooks = (gateway: Connect.Gateway): Finding.Findings =>
  part(gateway, "webhooks", "the webhooks", gateway.client.webhooks.listWebhooks(), ({ items }) => judgeWebhooks(items))

const waits = (area: Finding.Area, what: string, count: number, wayOut: string): ReadonlyArray<Finding.Finding> =>
  count === 0 ? [Finding.note(area, `no ${what}`)] : [Finding.warning(area, `${what}: ${count === 100 ? "100 or more" : count}`, wayOut)]

const ofWaiting = (gateway: Connect.Gateway) => {
  const { callbacks, held } = gateway.client
  return [
    part(
      gateway,
      "gateway",
      "what is held",
      held.listHeld({ urlParams: { limit: 100 } }),
      ({ items }) =>
        waits(
          "gateway",
          "messages that are held",
          items.length,
          "`interline held list` shows them, and `interline held settle` settles one"
        )
    ),
    part(
      gateway,
      "gateway",
      "dead letters",
      callbacks.listDeadLetters({ urlParams: { limit: 100 } }),
      ({ items }) => waits("gateway", "calls to callbacks that were given up", items.length, "`interline callbacks dead-letters` shows why")
    )
  ]
}

const lastWebhook = /^interline_webhook_last_timestamp_seconds\{[^}]*carrier="([^"]+)"[^}]*\} (\S+)$/gm

/** When each carrier last called this process, by its metrics. */
const ofMetrics = ({ options: { apiKey, baseUrl } }: Connect.Gateway) =>
  Effect.gen(function*() {
    const client = HttpClient.withTracerDisabledWhen(yield* HttpClient.HttpClient, () => true)
    const response = yield* client.execute(
      HttpClientRequest.get(`${baseUrl.replace(/\/+$/, "")}/metrics`).pipe(HttpClientRequest.bearerToken(Redacted.value(apiKey)))
    )
    const seen = Array.from((yield* response.text).matchAll(lastWebhook))
    return response.status !== 200 ? [] : seen.length === 0
      ? [Finding.note("webhooks", "no webhook came since this process began")]
      : seen.map(([, carrier = "", seconds]) =>
        Finding.note("webhooks", `the last webhook of ${carrier} came at ${Table.toTime(Number(seconds) * 1_000)}`)
      )
  }).pipe(Effect.timeout("10 seconds"), Effect.orElseSucceed((): ReadonlyArray<Finding.Finding> => []))

const Document = Schema.parseJson(Schema.Struct({ info: Schema.Struct({ version: Schema.String }) }))

const ofVersion = (_: number, body: string): ReadonlyArray<Finding.Finding> =>
  Option.match(Schema.decodeUnknownOption(Document)(body), {
    onNone: () => [],
    onSome: ({ info }) => [Finding.note("versions", `its API is version ${info.version}`)]
  })

/** Everything that a gateway tells a key. */
export const check = (place: Connect.Place) =>
  Effect.scoped(Effect.gen(function*() {
    const gateway = yield* Connect.connect(place)
    const base = gateway.options.baseUrl.replace(/\/+$/, "")
    const alive = yield* Clocks.ask("the gateway", `${base}/readyz`, ofReadiness)
    if (Option.isNone(alive)) {
      return [
        Finding.error("gateway", "it does not answer within 10 seconds", "start it with `interline serve`, or name its address with --url")
      ]
    }
    const found = yield* Finding.all([
      Finding.guarded(
        "versions",
        "the look at its version",
        Effect.map(Clocks.ask("the gateway", `${base}/openapi.json`, ofVersion), (answer) =>
          Option.getOrElse(answer, (): ReadonlyArray<Finding.Finding> => []).filter(({ area }) => area === "versions"))
      ),
      Finding.guarded("credentials", "the question for the carriers", ofCarriers(gateway)),
      Finding.guarded("lines", "the question for the lines", ofLines(gateway)),
      Finding.guarded("webhooks", "the question for the webhooks", ofWebhooks(gateway)),
      Finding.guarded("webhooks", "the look at its metrics", ofMetrics(gateway)),
      ...ofWaiting(gateway).map((check) =>
        Finding.guarded("gateway", "the question for what waits", check)
      )
    ])
    return [...alive.value, ...found]
  })).pipe(Effect.provide(Node.layer()))
