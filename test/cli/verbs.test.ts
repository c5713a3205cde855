/**
 * The verbs that no other file starts, as processes of their own, against two gateways on one PostgreSQL: what is done at one of them is seen at
 * the other. And no verb is left out of these files.
 */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { describe } from "vitest"
import * as Command from "../support/command.ts"
import { apiKey, temporaryFile } from "../support/gateway.ts"
import * as GatewayProcess from "../support/gatewayProcess.ts"
import * as Postgres from "../support/postgres.ts"
import { hasty, quiet } from "../support/router.ts"
import { ada, numbers } from "../support/sandbox.ts"

const bob = "+12025550124"

const policy = {
  ...hasty,
  prefer: ["sendblue", "linq"],
  rollout: { from: "sendblue", to: "linq", continuation: "none", steps: [{ share: 0.1 }, { share: 1, moves: "new and existing" }] }
}

/** The verbs whose processes other files start, because it makes no difference to them that there are two gateways. */
const elsewhere: Readonly<Record<string, ReadonlyArray<string>>> = {
  "command.test.ts": ["demo", "simulate", "migrate report", "migrate import", "migrate rehearse"],
  "operate.test.ts": [
    "plan",
    "explain",
    "held look",
    "lines",
    "carriers",
    "opt-outs remove",
    "opt-outs import",
    "conversations list",
    "conversations show"
  ],
  "profiles.test.ts": ["profiles list", "profiles remove"],
  "rollout.test.ts": ["rollout status", "rollout advance", "rollout back", "conversations move"]
}

/** Whether a test file gives the words of a verb to the command as its first words. */
const isStartedIn = (file: string, verb: string): boolean => {
  const words = verb.split(" ").map((word) => JSON.stringify(word)).join(",\\s*")
  return new RegExp(`(?:\\[|program,)\\s*${words}`).test(Fs.readFileSync(new URL(file, import.meta.url), "utf8"))
}

const escapes = /\u001b/

const world = Effect.gen(function*() {
  const interline = yield* Command.program
  const sandbox = yield* Sandbox.make({ clock: "real" })
  const { url: database } = yield* Postgres.make
  const home = Path.dirname(yield* temporaryFile)
  const vendors = {
    LINQ_API_KEY: sandbox.credentials.linqToken,
    LINQ_BASE_URL: sandbox.linq,
    SENDBLUE_API_KEY: sandbox.credentials.sendblueKeyId,
    SENDBLUE_API_SECRET: sandbox.credentials.sendblueSecretKey,
    SENDBLUE_BASE_URL: sandbox.sendblue,
    INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
    INTERLINE_POLICY: JSON.stringify(policy)
  }
  const start = GatewayProcess.start(interline, {
    PATH: process.env["PATH"] ?? "",
    ...vendors,
    DATABASE_URL: database,
    INTERLINE_API_KEYS: `tests=${apiKey}`,
    INTERLINE_ALLOW_PRIVATE_URLS: "true",
    INTERLINE_CATCH_UP: "off",
    INTERLINE_DRAIN: "0 seconds"
  }, ["serve", "--port", "0", "--json"])
  const [one, other] = yield* Effect.all([start, start], { concurrency: 2 })
  yield* GatewayProcess.awaitShared([one, other])
  const run = new Set<string>(["serve"])
  const help = yield* Command.run(interline, ["--help"])
  const verbs = Array.from(help.out.matchAll(/^ {2}([a-z][a-z -]*?) {2,}[A-Z]/gm), ([, name = ""]) => name)
  assertTrue(verbs.length > 50, help.out)
  const verb = (args: ReadonlyArray<string>) => verbs.find((name) => name === args[0] || name === `${args[0]} ${args[1]}`)
  const environment = {
    ...vendors,
    XDG_CONFIG_HOME: home,
    OTHER_KEY: apiKey,
    APP_SECRET: "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
  }
  /** Runs a command line. Nothing of what it prints has colors, because it prints into pipes. */
  const ended = (args: ReadonlyArray<string>, code: number, more: Command.More = {}) =>
    Effect.map(Command.run(interline, args, { ...more, environment: { ...environment, ...more.environment } }), (ended) => {
      run.add(verb(args) ?? args.join(" "))
      deepStrictEqual([args.join(" "), ended.code, escapes.test(ended.out + ended.err)], [args.join(" "), code, false], ended.err)
      return ended
    })
  /** Its one JSON document. */
  const json = (args: ReadonlyArray<string>, code = 0, more?: Command.More) =>
    Effect.map(ended([...args, "--json"], code, more), ({ out }) => JSON.parse(out))
  /** Its JSON documents, one a line. */
  const lines = (args: ReadonlyArray<string>, more?: Command.More) =>
    Effect.map(ended(args, 0, more), ({ out }) => out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line)))
  return { database, ended, environment, home, interline, json, lines, one, other, run, sandbox, verb, verbs }
})

type World = Effect.Effect.Success<typeof world>

/** Starts a verb that has no end, and gives its first line. It is stopped at the end of the scope. */
const endless = ({ environment, interline, run, verb }: World, args: ReadonlyArray<string>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        ChildProcess.spawn(process.execPath, [interline, ...args], { env: { PATH: process.env["PATH"] ?? "", ...environment } })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    (child) => {
      run.add(verb(args) ?? args.join(" "))
      let err = ""
      child.stderr.on("data", (piece) => err += String(piece))
      const first = Effect.async<string>((resume) => {
        child.stdout.once("data", (piece) => resume(Effect.succeed(String(piece).split("\n", 1)[0] ?? "")))
      })
      const end = (how: () => void) =>
        Effect.async<readonly [code: number | null, err: string]>((resume) => {
          // that a gateway is slow is no fault of the verb
          child.once("close", (code) => resume(Effect.succeed([code, err.replaceAll(/^the gateway has not answered for .*\n/gm, "")])))
          how()
        })
      return { child, end, first }
    }
  )

/** The verbs that need no gateway. */
const local = ({ ended, home, json, one, other }: World) =>
  Effect.gen(function*() {
    const file = (name: string, content: unknown) => {
      const path = Path.join(home, name)
      Fs.writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content))
      return path
    }
    const written = yield* json(["init", "--file", Path.join(home, "made.env"), "--prefer", "linq"])
    deepStrictEqual(written.missing, ["INTERLINE_LINES", "INTERLINE_PUBLIC_URL", "LINQ_WEBHOOK_SECRET"])
    const policies = file("policy.json", { prefer: ["linq", "sendblue"] })
    strictEqual((yield* json(["policy", "check", policies])).ok, true)
    strictEqual((yield* json(["policy", "check", file("wrong.json", { prefer: ["owl"] })], 2)).ok, false)
    yield* json(["policy", "explain", "Hi", "--to", ada, "--policy", policies])
    strictEqual((yield* json(["policy", "simulate", policies, "--seeds", "2"])).violations, 0)
    const request = file("request.json", {
      url: "/webhooks/sendblue?type=receive",
      headers: { "sb-signing-secret": "a-secret-of-the-account" },
      body: JSON.stringify({
        content: "Hi",
        is_outbound: false,
        number: ada,
        from_number: ada,
        to_number: numbers.sendblue,
        message_handle: "1"
      })
    })
    const secret = { environment: { SENDBLUE_WEBHOOK_SECRET: "a-secret-of-the-account" } }
    strictEqual((yield* json(["webhooks", "verify", request, "--from", "sendblue"], 0, secret)).signature, "right")
    const here = yield* json(["doctor"], 1, { environment: { ...secret.environment, DATABASE_URL: Path.join(home, "none.db") } })
    assertTrue(here.findings.some(({ says }: { says: string }) => says.includes("INTERLINE_API_KEYS")), JSON.stringify(here))
    yield* ended(["profiles", "add", "one", "--url", one.url], 0, { input: apiKey })
    yield* ended(["profiles", "add", "other", "--url", other.url, "--key-from", "OTHER_KEY"], 0)
  })

const at = { one: ["--profile", "one"], other: ["--profile", "other"] } as const

const idsOf = (items: ReadonlyArray<{ readonly id?: string; readonly deliveryId?: string }>) =>
  items.map(({ deliveryId, id }) => id ?? deliveryId)

/** What is sent at one gateway is known at the other one. */
const messages = ({ json, lines, sandbox: { network } }: World) =>
  Effect.gen(function*() {
    const send = ["send", "Your table is ready", "--to", ada, "--key", "order-1"]
    const sent = yield* json([...send, ...at.one])
    deepStrictEqual(yield* json([...send, ...at.other]), sent)
    const { messages } = yield* network.phone(ada)
    strictEqual(messages.filter(({ text }) => text === "Your table is ready").length, 1)
    strictEqual((yield* json(["status", sent.id, ...at.other])).outcome, "accepted")
    deepStrictEqual(idsOf(yield* lines(["messages", "--key", "order-1", "--jsonl", ...at.other])), [sent.id])

    yield* json(["opt-outs", "add", bob, ...at.one])
    strictEqual((yield* json(["send", "Hi", "--to", bob, ...at.other], 3)).certainty, "not-sent")
    deepStrictEqual((yield* lines(["opt-outs", "list", "--jsonl", ...at.other])).map(({ handle }) => handle), [bob])

    yield* network.addFault({ vendor: "sendblue", match: { method: "POST" }, kind: "reset-before", times: "forever" })
    const held = yield* json(["send", "Perhaps", "--to", ada, ...at.one], 5)
    deepStrictEqual(idsOf(yield* lines(["held", "list", "--jsonl", ...at.other])), [held.deliveryId])
    strictEqual((yield* json(["held", "settle", held.deliveryId, "--not-sent", "--yes", ...at.other])).outcome, "not-sent")
    yield* network.clearFaults()
  })

/** The accounts, the keys, and who did what. */
const operation = ({ ended, json, lines, sandbox: { network } }: World) =>
  Effect.gen(function*() {
    const hook = "https://gateway.example/webhooks/linq?version=2026-02-03"
    const subscribed = yield* json(["webhooks", "subscribe", hook, "--carrier", "linq", "--events", "message.received", ...at.one])
    deepStrictEqual([subscribed.ours, subscribed.secret.startsWith("whsec_")], [true, true])
    deepStrictEqual((yield* lines(["webhooks", "list", "--jsonl", ...at.other])).map(({ url }) => url), [hook])
    const well = yield* json(["doctor", ...at.other])
    deepStrictEqual([well.ok, well.findings.filter(({ severity }: { severity: string }) => severity !== "note")], [true, []])

    const { id, secret } = yield* json(["callbacks", "add", "http://127.0.0.1:9/events", "--events", "Received", ...at.one])
    assertTrue(secret.startsWith("whsec_"))
    const called = yield* lines(["callbacks", "list", "--jsonl", ...at.other])
    deepStrictEqual([idsOf(called), JSON.stringify(called).includes("whsec_")], [[id], false])
    const { millis: _, ...test } = yield* json(["callbacks", "test", id, ...at.other], 1)
    deepStrictEqual(test, { taken: false, why: "the address could not be called (ECONNREFUSED)" })
    deepStrictEqual((yield* json(["callbacks", "dead-letters", ...at.other])).items, [])
    deepStrictEqual(yield* json(["callbacks", "redeliver", "--all", ...at.other]), { retried: 0 })
    assertTrue((yield* ended(["callbacks", "drop", "12", "--yes", ...at.other], 2)).err.includes("there is no such"))
    yield* json(["callbacks", "remove", id, "--yes", ...at.other])

    const reader = yield* json(["keys", "create", "reader", "--scopes", "read", "--expires", "2999-01-01", ...at.one])
    strictEqual(reader.expiresAt, "2999-01-01T00:00:00.000Z")
    const wrong = yield* ended(["keys", "create", "writer", "--scopes", "write", ...at.one], 2)
    assertTrue(wrong.out === "" && wrong.err.includes("the scopes read, send, operate or admin"), wrong.err)
    const underReader = { environment: { OTHER_KEY: reader.secret } }
    yield* json(["messages", ...at.other], 0, underReader)
    const refused = yield* ended(["send", "no", "--to", ada, ...at.other], 3, underReader)
    strictEqual(refused.out, "")
    strictEqual((yield* network.phone(ada)).messages.some(({ text }) => text === "no"), false)
    const keys = yield* lines(["keys", "list", "--jsonl", ...at.other])
    assertTrue(idsOf(keys).includes(reader.id) && ![reader.secret, apiKey].some((secret) => JSON.stringify(keys).includes(secret)))
    const unasked = yield* ended(["keys", "revoke", reader.id, ...at.other], 2)
    assertTrue(unasked.out === "" && unasked.err.includes("give --yes"), unasked.err)
    yield* json(["messages", ...at.other], 0, underReader)
    strictEqual((yield* json(["keys", "revoke", reader.id, "--yes", ...at.other])).id, reader.id)
    const unknown = yield* ended(["messages", ...at.other], 3, underReader)
    assertTrue(
      unknown.err.startsWith("interline: the gateway does not know the key of the profile other; give it another one"),
      unknown.err
    )
    const acts = (yield* lines(["audit", "--jsonl", ...at.one])).map(({ act }) => act)
    for (const act of ["createKey", "revokeKey", "settle", "optOut", "createWebhook"]) assertTrue(acts.includes(act), acts.join(", "))
    const [head = "", newest = ""] = (yield* ended(["audit", "--actor", "tests", ...at.other], 0)).out.split("\n")
    deepStrictEqual(head.split(/ {2,}/), ["time (UTC)", "key", "act", "to", "outcome"])
    deepStrictEqual(newest.split(/ {2,}/).slice(1, 4), ["tests", "revokeKey", reader.id])
  })

/** A rollout that is started at one gateway and steered at the other one. */
const rollout = ({ json }: World) =>
  Effect.gen(function*() {
    const why = ["--reason", "as planned"]
    strictEqual((yield* json(["rollout", "start", ...why, ...at.one])).phase, "running")
    strictEqual((yield* json(["rollout", "pause", ...why, ...at.other])).phase, "paused")
    strictEqual((yield* json(["rollout", "resume", ...why, ...at.one])).phase, "running")
    const { cohorts } = yield* json(["migrate", "compare", ...at.other])
    deepStrictEqual(
      cohorts.filter(({ cohort }: { cohort: string }) => cohort === "all").map((
        { accepted, carrierId }: { accepted: number; carrierId: string }
      ) => [carrierId, accepted]),
      [["sendblue", 1]]
    )
  })

/** The verbs that have no end, and lists: they end well when they are stopped, and when nobody reads on. */
const streams = (one: World) =>
  Effect.gen(function*() {
    const sandbox = yield* endless(one, ["sandbox"])
    deepStrictEqual(Object.keys(JSON.parse(yield* sandbox.first)).toSorted(), ["control", "credentials", "linq", "sendblue"])
    strictEqual((yield* sandbox.end(() => void sandbox.child.kill("SIGTERM")))[0], 0)

    // a program that refuses the first event, and takes the others
    const { origin } = yield* RecordingServer.make([{ status: 500 }])
    const forwarding = ["webhooks", "listen", "--forward-to", origin, "--secret-from", "APP_SECRET", "--after", "0", "--json"]
    const listen = yield* endless(one, [...forwarding, ...at.one])
    const first = JSON.parse(yield* listen.first)
    deepStrictEqual([first.status, first.failed], [500, "it answered 500"])
    const [code, said] = yield* listen.end(() => void listen.child.kill("SIGTERM"))
    deepStrictEqual([code, said.replace(/http[^ ,]+/, "…").replace(/--after \d+/, "--after …")], [
      0,
      `connected to …, listening\n--after … goes on behind the last event; the first one that your program did not take is ${first.id}\n`
    ])

    for (const args of [["audit"], ["audit", "--jsonl"]]) {
      const list = yield* endless(one, [...args, ...at.one])
      deepStrictEqual([args, yield* list.end(() => void list.child.stdout.destroy())], [args, [0, ""]])
    }
    const events = yield* endless(one, ["events", "--follow", "--after", "0", ...at.one])
    yield* events.first
    const ended = yield* Effect.fork(events.end(() => void events.child.stdout.destroy()))
    yield* one.json(["rollout", "pause", "--reason", "an event that nobody reads", ...at.other])
    const followed = yield* Fiber.join(ended)
    deepStrictEqual([followed[0], followed[1].replace(/http[^ ,]+/, "…")], [0, "connected to …, listening\n"])
  })

describe("the verbs of the command, as processes", () => {
  it.scopedLive(
    "does at one gateway what is seen at the other, and says it in JSON and by its exit code",
    () =>
      quiet(Effect.gen(function*() {
        const one = yield* world
        yield* local(one)
        yield* messages(one)
        yield* operation(one)
        yield* rollout(one)
        yield* streams(one)
        const others = Object.entries(elsewhere).flatMap(([file, names]) => names.map((name) => [file, name] as const))
        deepStrictEqual([...one.run, ...others.map(([, name]) => name)].sort(), one.verbs.toSorted())
        deepStrictEqual(others.filter(([file, name]) => !isStartedIn(file, name)), [])
      })),
    900_000
  )
})
