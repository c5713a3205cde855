/** A report of what a vendor's account has sent, and of what a gateway has on record. It only reads. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as MigrateReport from "@interline/cli/MigrateReport"
import { Summary } from "@interline/migration/Summary"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { inject } from "vitest"
import * as Browser from "../support/browser.ts"
import { type GatewayWorld, gatewayWorld } from "../support/gateway.ts"
import { numbers } from "../support/sandbox.ts"
import * as Account from "./account.ts"

const { ada, cleo } = Account

const settings: MigrateReport.Settings = {
  files: [],
  fromAccount: Option.none(),
  fromGateway: Option.none(),
  chatsFrom: Option.none(),
  since: Option.none(),
  from: Option.none(),
  to: Option.none(),
  host: Option.none(),
  show: false,
  failOn: "none",
  newContacts: Option.none(),
  html: Option.none(),
  json: true
}

/** What the command prints. */
const print = (given: Partial<MigrateReport.Settings>, variables: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const recording = yield* Effect.map(Effect.console, (console) => ({
      ...console,
      log: (...parts: ReadonlyArray<unknown>) => Effect.sync(() => lines.push(parts.join(" "))),
      error: () => Effect.void
    }))
    yield* MigrateReport.run({ ...settings, ...given }, Option.none()).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))),
      Effect.withConsole(recording),
      Effect.provide(NodeContext.layer)
    )
    return lines.join("\n")
  })

const decode = Schema.decodeUnknown(Schema.parseJson(Summary))

const reportOf = (given: Partial<MigrateReport.Settings>, variables: Readonly<Record<string, string>>) =>
  Effect.flatMap(print(given, variables), decode)

const since = Option.some("2000-01-01")

const kinds = ({ kinds }: Summary) => kinds.map(({ count, kind }) => [kind, count]).sort()

const file = (name: string, calls: ReadonlyArray<unknown>) =>
  Effect.sync(() => {
    const path = Path.join(inject("folder"), name)
    Fs.writeFileSync(path, calls.map((call) => JSON.stringify(call)).join("\n"))
    return path
  })

describe("a report from an account", () => {
  for (const vendor of ["sendblue", "linq"] as const) {
    it.scopedLive(`${vendor}: has the messages that the account sent, as calls, and only reads`, () =>
      Effect.gen(function*() {
        const { sandbox } = yield* Account.openAccount(vendor, 1)
        yield* sandbox.network.clearRequests
        const report = yield* reportOf({ fromAccount: Option.some(vendor), since }, Account.variables(sandbox))
        // Ada, Bob, the group of both others, and Ada from another number. At Linq, Dan has a chat, because he opted out there
        const direct = vendor === "linq" ? 4 : 3
        deepStrictEqual(report.conversations, { direct, groups: 1, groupsAtLeast: 1, unknown: 0, isExact: true })
        deepStrictEqual(report.sends, { whole: direct + 1, lossy: 0, refused: 0 })
        strictEqual(report.lines.used, 2)
        deepStrictEqual([report.calls, report.damaged, report.foreign, report.withoutTime], [direct + 1, 0, 0, 0])
        assertTrue(report.notes.some((note) => note.includes("no calls that were refused")))
        const requests = yield* sandbox.network.requests()
        deepStrictEqual(Array.from(new Set(requests.map(({ method }) => method))), ["GET"])
      }))

    it.scopedLive(
      `${vendor}: reads every page once, waits while the vendor is busy, and has what is later than a time`,
      () =>
        Effect.gen(function*() {
          const { sandbox } = yield* Account.openAccount(vendor, 1)
          const { credentials: { linqToken, sendblueKeyId, sendblueSecretKey }, network } = sandbox
          const post = (path: string, body: object) =>
            Effect.promise(() =>
              fetch(`${sandbox[vendor]}${path}`, {
                method: "POST",
                headers: {
                  "content-type": "application/json",
                  ...(vendor === "linq"
                    ? { authorization: `Bearer ${linqToken}` }
                    : { "sb-api-key-id": sendblueKeyId, "sb-api-secret-key": sendblueSecretKey })
                },
                body: JSON.stringify(body)
              })
            )
          const message = (text: string) => ({ parts: [{ type: "text", value: text }], effect: { type: "screen", name: "confetti" } })
          let later = yield* network.now
          for (let place = 0; place < 205; place++) {
            if (place === 200) {
              yield* network.advance("50 millis")
              later = yield* network.now
            }
            const text = `More ${place}`
            yield* vendor === "linq"
              ? post("/v3/chats", { from: numbers.linq, to: [ada], message: message(text) })
              : post("/api/send-message", { from_number: numbers.sendblue, number: ada, content: text, send_style: "confetti" })
          }
          yield* network.clearRequests
          yield* network.addFault({ vendor, kind: "429", retryAfter: 0, match: { method: "GET" }, skip: 1 })
          yield* network.addFault({ vendor, kind: "5xx-before", status: 503, match: { method: "GET" }, skip: 2 })
          const all = yield* reportOf({ fromAccount: Option.some(vendor), since }, Account.variables(sandbox))
          strictEqual(all.calls, 205 + (vendor === "linq" ? 5 : 4))
          deepStrictEqual(kinds(all).filter(([kind]) => String(kind).startsWith("refused")), [])
          assertTrue((yield* network.requests({ method: "POST" })).length === 0)
          const some = yield* reportOf({
            fromAccount: Option.some(vendor),
            since: Option.some(later.toISOString())
          }, Account.variables(sandbox))
          strictEqual(some.calls, 5)
        }),
      60_000
    )
  }

  it.scopedLive("says who is in the chats that recorded calls name by their ids", () =>
    Effect.gen(function*() {
      const { group, outbound, sandbox } = yield* Account.openAccount("linq", 1)
      const message = yield* Effect.promise(async () =>
        (await fetch(`${sandbox.linq}/v3/messages/${outbound}`, { headers: { authorization: `Bearer ${sandbox.credentials.linqToken}` } }))
          .json() as Promise<{ readonly chat_id: string }>
      )
      const call = (chat: string) => ({
        method: "POST",
        path: `/v3/chats/${chat}/messages`,
        body: { message: { parts: [{ type: "text", value: "hi" }] } }
      })
      const files = [yield* file("chats.jsonl", [call(message.chat_id), call(group), call("11111111-2222-4333-8444-555555555555")])]
      yield* sandbox.network.clearRequests
      const report = yield* reportOf({ files, chatsFrom: Option.some("linq"), show: true }, Account.variables(sandbox))
      deepStrictEqual(report.conversations, { direct: 1, groups: 1, groupsAtLeast: 1, unknown: 1, isExact: true })
      const bodies = report.kinds.flatMap(({ examples }) =>
        examples.flatMap(({ becomes }) => becomes.map(({ body }) => JSON.stringify(body)))
      )
      assertTrue(bodies.some((body) => body.includes(`"number":"${ada}"`)))
      assertTrue(bodies.some((body) => body.includes(ada) && body.includes(cleo)))
      const requests = yield* sandbox.network.requests()
      assertTrue(requests.every(({ method, path }) => method === "GET" && !path.includes("messages")))
      deepStrictEqual((yield* reportOf({ files, from: Option.some("linq") }, {})).conversations, {
        direct: 0,
        groups: 0,
        groupsAtLeast: 0,
        unknown: 3,
        isExact: true
      })
    }))

  it.scopedLive("refuses what it cannot read, and says why", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* Account.openAccount("sendblue", 1)
      const why = (given: Partial<MigrateReport.Settings>) =>
        Effect.map(Effect.flip(print(given, Account.variables(sandbox))), ({ _tag, message }) => `${_tag}: ${message}`)
      const fromAccount = Option.some("sendblue")
      assertTrue((yield* why({ fromAccount: Option.some("sendblu") })).startsWith("SettingsError: --from-account must name a carrier"))
      assertTrue((yield* why({ fromAccount, since: Option.some("2999-01-01") })).includes("in the past"))
      assertTrue((yield* why({ fromAccount, since: Option.some("2026-02-30") })).includes("--since must be a day"))
      assertTrue((yield* why({ files: ["x"], since })).includes("--since is for"))
      assertTrue((yield* why({ fromGateway: Option.some("http://127.0.0.1:1") })).startsWith("ReportError: the gateway could not be read"))
    }))
})

const send = ({ apiKey, url }: GatewayWorld, handle: string, draft: object) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}/v1/send`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ to: { line: "support", handle }, ...draft })
    })
    return (await answer.json() as { readonly id: string }).id
  })

/** When each message was sent, the first first. */
const timesOf = ({ apiKey, url }: GatewayWorld) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}/v1/deliveries?order=oldest`, { headers: { authorization: `Bearer ${apiKey}` } })
    const { items } = await answer.json() as { readonly items: ReadonlyArray<{ readonly at: string }> }
    return items.map(({ at }) => at)
  })

describe("a report from a gateway", () => {
  it.scopedLive("has what is on record, and what the shadow has counted", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({
        carriers: ["sendblue"],
        variables: { INTERLINE_SHADOW: "linq", INTERLINE_CATCH_UP: "off" }
      })
      const first = yield* send(world, ada, { text: "Your booking is ready" })
      yield* send(world, ada, { text: "See https://shop.example/secret-path" })
      yield* send(world, cleo, { text: "See https://shop.example/secret-path" })
      yield* send(world, cleo, { parts: [{ _tag: "Media", url: "https://shop.example/a.png" }] })
      yield* send(world, ada, { text: "As I said", replyTo: { to: first } })
      yield* world.network.clearRequests
      const times = yield* timesOf(world)
      const given = { fromGateway: Option.some(world.url) }
      const variables = { INTERLINE_API_KEYS: `tests=${world.apiKey}` }
      const text = yield* print({ ...given, json: false }, variables)
      const html = Path.join(inject("folder"), "gateway.html")
      const printed = yield* print({ ...given, html: Option.some(html) }, variables)
      const report = yield* decode(printed)
      deepStrictEqual(report.sends, { whole: 3, lossy: 1, refused: 1 })
      deepStrictEqual(kinds(report), [["lost: reply-dropped", 1], ["refused: first-message", 1], ["whole", 3]])
      deepStrictEqual([report.conversations.direct, report.lines.used, report.media], [2, 1, [{ name: "png", count: 1 }]])
      deepStrictEqual(report.endpoints.map(({ count, endpoint }) => [endpoint, count]), [["POST /v1/send", 5]])
      assertTrue(report.notes.some((note) => note.includes("keeps no bodies of requests")))
      const [shadow] = report.shadow ?? []
      deepStrictEqual([shadow?.against, shadow?.sends, shadow?.refused], ["sendblue", 5, 1])
      // times as people read them, and nothing that a person wrote
      assertTrue(/"firstAt":"20\d\d-/.test(printed))
      for (const page of [printed, text, Fs.readFileSync(html, "utf8")]) {
        for (const secret of ["secret-path", "booking", ada, cleo]) assertTrue(!page.includes(secret), secret)
        assertTrue(page.includes("Live traffic of sendblue, planned for linq") || page === printed)
      }
      assertTrue(text.includes("1 (20.0 %): refused: first-message at parts.*.text"))
      // the fourth of the five, and what came after it
      const later = Option.fromNullable(times[3])
      strictEqual((yield* reportOf({ ...given, since: later }, variables)).calls, times.filter((at) => at >= (times[3] ?? "")).length)
      deepStrictEqual(yield* world.network.requests(), [])
      const { look, said } = yield* (yield* Browser.make).visit(`file://${html}`)
      deepStrictEqual(said, [])
      assertTrue((yield* look).plots.length > 6)
    }), 120_000)
})
