/** `interline init`, `doctor` and `webhooks`: what they write, find, forward and check, against gateways and accounts in this process. */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as WebhookReceiver from "@interline/core/WebhookReceiver"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as ChildProcess from "node:child_process"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import type * as Http from "node:http"
import * as Path from "node:path"
import { describe } from "vitest"
import * as Environment from "../src/doctor/environment.ts"
import * as Finding from "../src/doctor/finding.ts"
import * as Variables from "../src/init/variables.ts"
import * as Verdict from "../src/webhooks/verdict.ts"
import * as InProcess from "./inProcess.ts"

const ada = "+12025550123"

const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

interface Call {
  readonly url: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

/** A program that gets events. It refuses what comes to `/bad`. */
const program = Effect.gen(function*() {
  const calls = yield* Queue.unbounded<Call>()
  const url = yield* InProcess.listen((request, response) => {
    const pieces: Array<Buffer> = []
    request.on("data", (piece: Buffer) => pieces.push(piece)).on("end", () => {
      response.writeHead(request.url === "/bad" ? 500 : 204).end()
      Queue.unsafeOffer(calls, { url: request.url ?? "", headers: request.headers, body: Buffer.concat(pieces).toString() })
    })
  })
  return { calls, url }
})

/** A receiver for which every webhook is too old. */
const carrierId = CarrierId.make("linq")
const strict: WebhookReceiver.WebhookReceiver = {
  carrierId,
  receive: () => Effect.fail(new WebhookReceiver.WebhookError({ carrierId, fault: "age", detail: "it is too old" }))
}

const findings = (
  { out }: InProcess.Ended
): ReadonlyArray<{ readonly area: string; readonly severity: string; readonly says: string; readonly wayOut?: string }> =>
  JSON.parse(out).findings

describe("webhooks, from the command line", () => {
  it.effect("one whose two times differ is read a second time, and no more", () =>
    Effect.gen(function*() {
      const headers = { "webhook-timestamp": "100", "x-webhook-timestamp": "900000" }
      const { signedAt, time } = yield* Verdict.ofCarrier(strict, { url: "/", headers, body: new Uint8Array() }, 5_000)
      deepStrictEqual([signedAt, time], [100_000, "wrong"])
    }))

  it.scopedLive("events are forwarded once, signed as callbacks are, and a stored one is verified", () =>
    Effect.gen(function*() {
      const { interline, url } = yield* InProcess.gateway()
      const { calls, url: own } = yield* program
      const folder = yield* InProcess.folder
      const variables = { INTERLINE_API_KEYS: `tests=${InProcess.apiKey}`, APP_SECRET: secret }
      strictEqual((yield* interline(["send", "Hi", "--to", ada])).code, 0)
      const listen = (path: string) =>
        InProcess.run(
          ["webhooks", "listen", "--forward-to", `${own}${path}`, "--secret-from", "APP_SECRET", "--after", "0", "--url", url],
          {
            variables
          }
        )
      const good = yield* Effect.fork(listen("/good"))
      const call = yield* Queue.take(calls)
      const next = yield* Queue.take(calls)
      yield* Fiber.interrupt(good)
      const event = JSON.parse(call.body)
      deepStrictEqual([event.id, JSON.parse(next.body).id, call.headers["webhook-id"]], [1, 2, "listen.1"])

      // a program that refuses it gets it once, and then the next one
      const bad = yield* Effect.fork(listen("/bad"))
      deepStrictEqual([JSON.parse((yield* Queue.take(calls)).body).id, JSON.parse((yield* Queue.take(calls)).body).id], [1, 2])
      yield* Fiber.interrupt(bad)

      // however it ends, it says where to begin again
      const ended = yield* InProcess.run(
        ["webhooks", "listen", "--forward-to", `${own}/good`, "--secret-from", "APP_SECRET", "--after", "42", "--url", url],
        { variables: { ...variables, INTERLINE_API_KEYS: "tests=a-key-of-somebody-else" } }
      )
      deepStrictEqual([ended.code === 0, ended.err.includes("nothing was forwarded; --after 42 begins at the same place again")], [
        false,
        true
      ])

      const file = (name: string, content: unknown) => {
        const path = Path.join(folder, name)
        Fs.writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content))
        return path
      }
      const verify = (path: string, ...more: ReadonlyArray<string>) =>
        InProcess.run(["webhooks", "verify", path, "--from", "callback", "--secret-from", "APP_SECRET", "--json", ...more], { variables })
      const stored = { url: call.url, headers: call.headers, body: call.body }
      const right = yield* verify(file("right.json", stored))
      deepStrictEqual([right.code, JSON.parse(right.out).signature, JSON.parse(right.out).events.length], [0, "right", 1])
      const raw = Object.entries(call.headers).map(([name, value]) => `${name}: ${String(value)}`).join("\r\n")
      strictEqual((yield* verify(file("right.http", `POST /good HTTP/1.1\r\n${raw}\r\n\r\n${call.body}`))).code, 0)
      const late = yield* verify(file("late.json", stored), "--at", "2999-01-01")
      deepStrictEqual([late.code, JSON.parse(late.out).signature, JSON.parse(late.out).time, JSON.parse(late.out).body], [
        3,
        "right",
        "wrong",
        "right"
      ])
      const changed = yield* verify(file("changed.json", { ...stored, body: call.body.replace("1", "2") }))
      deepStrictEqual([changed.code, JSON.parse(changed.out).signature], [3, "wrong"])
      const unsigned = yield* verify(file("unsigned.json", { ...stored, headers: {} }))
      deepStrictEqual([unsigned.code, JSON.parse(unsigned.out).signature], [3, "missing"])
      const none = yield* verify(file("none.txt", "hello"))
      deepStrictEqual([none.code, none.err.includes("POST /webhooks/linq HTTP/1.1")], [2, true])

      // Sendblue's webhooks have a secret in a header, and no time
      const sendblue = (given: string) =>
        InProcess.run([
          "webhooks",
          "verify",
          file("sendblue.json", {
            url: "/webhooks/sendblue?type=receive",
            headers: { "sb-signing-secret": given },
            body: JSON.stringify({
              content: "Hi",
              is_outbound: false,
              number: ada,
              from_number: ada,
              to_number: "+12025550201",
              message_handle: "abc"
            })
          }),
          "--from",
          "sendblue"
        ], { variables: { SENDBLUE_WEBHOOK_SECRET: "a-secret-of-the-account" } })
      const genuine = yield* sendblue("a-secret-of-the-account")
      deepStrictEqual([genuine.code, genuine.err, genuine.out.startsWith("signature:  right\ntime:       none\nbody:       right")], [
        0,
        "",
        true
      ])
      const forged = yield* sendblue("another-secret-of-mine")
      deepStrictEqual([forged.code, forged.out.includes("signature:  wrong"), forged.out.includes("a-secret")], [3, true, false])
      const nobody = yield* InProcess.run(["webhooks", "verify", file("right.json", stored), "--from", "sendblu"], { variables })
      deepStrictEqual([nobody.code, nobody.err.includes("did you mean \"sendblue\"?")], [2, true])
    }), 240_000)
})

describe("a stored webhook of Linq", () => {
  const fixture = Fs.readFileSync(
    new URL("../../linq/test/fixtures/webhooks/message-received.2026-02-03.json", import.meta.url),
    "utf8"
  )
  const body = JSON.stringify(JSON.parse(fixture).body)
  const at = Date.UTC(2026, 10, 29, 12) / 1_000

  // as Linq's docs tell to check a signature, on another implementation of HMAC
  const standard = {
    "webhook-id": "event-1",
    "webhook-timestamp": String(at),
    "webhook-signature": `v1,${
      Crypto.createHmac("sha256", Buffer.from(secret.replace("whsec_", ""), "base64")).update(`event-1.${at}.${body}`).digest("base64")
    }`
  }
  const legacy = {
    "x-webhook-timestamp": String(at),
    "x-webhook-signature": Crypto.createHmac("sha256", secret).update(`${at}.${body}`).digest("hex")
  }
  const another = "whsec_YW5vdGhlciBzZWNyZXQgb2YgMzIgYnl0ZXMgLi4uLi4="

  it.scopedLive("is verified under both ways to sign, and refused for another secret, a changed body and an old time", () =>
    Effect.gen(function*() {
      const folder = yield* InProcess.folder
      const verify = (headers: object, { after = 60, given = secret, text = body } = {}) =>
        Effect.gen(function*() {
          const path = Path.join(folder, "request.json")
          Fs.writeFileSync(path, JSON.stringify({ url: "/webhooks/linq?version=2026-02-03", headers, body: text }))
          const time = new Date((at + after) * 1_000).toISOString()
          const ended = yield* InProcess.run(["webhooks", "verify", path, "--from", "linq", "--at", time, "--json"], {
            variables: { LINQ_WEBHOOK_SECRET: given }
          })
          assertTrue(!`${ended.out}${ended.err}`.includes(given.slice("whsec_".length)))
          const { events, signature, signedAt, time: inTime, body } = JSON.parse(ended.out)
          return [ended.code, signature, inTime, body, events.length, signedAt]
        })
      const signedAt = "2026-11-29T12:00:00.000Z"
      for (const headers of [standard, legacy]) {
        deepStrictEqual(yield* verify(headers), [0, "right", "right", "right", 1, signedAt])
        // while a secret is replaced, both count
        deepStrictEqual(yield* verify(headers, { given: `${another},${secret}` }), [0, "right", "right", "right", 1, signedAt])
        deepStrictEqual(yield* verify(headers, { given: another }), [3, "wrong", "unknown", "unknown", 0, signedAt])
        deepStrictEqual(yield* verify(headers, { text: body.replace("{", "{ ") }), [3, "wrong", "unknown", "unknown", 0, signedAt])
        deepStrictEqual(yield* verify(headers, { after: 86_400 }), [3, "right", "wrong", "right", 1, signedAt])
        deepStrictEqual(yield* verify(headers, { after: -86_400 }), [3, "right", "wrong", "right", 1, signedAt])
      }
      const { "webhook-signature": _, ...unsigned } = standard
      deepStrictEqual((yield* verify(unsigned)).slice(0, 2), [3, "missing"])
    }))
})

describe("the doctor", () => {
  it.scopedLive("finds nothing wrong at a gateway that works, and what is wrong here, each with what to do", () =>
    Effect.gen(function*() {
      const { interline, sandbox, url } = yield* InProcess.gateway()
      const well = yield* interline(["doctor", "--json"])
      deepStrictEqual(findings(well).filter(({ severity }) => severity !== "note"), [])
      deepStrictEqual([well.code, JSON.parse(well.out).ok], [0, true])
      // one line for each address, however many webhooks lead there
      const addresses = findings(well).flatMap(({ says }) => says.includes(" calls http") ? says.split(" with ").slice(1) : [])
      deepStrictEqual(addresses.map((events) => events.replace(/\d+/, "N")), [
        "N types of events; `interline webhooks list` names them",
        "receive, line_blocked, outbound, typing_indicator"
      ])
      const areas = new Set(findings(well).map(({ area }) => area))
      for (const area of ["versions", "gateway", "database", "clocks", "credentials", "lines", "webhooks"]) {
        assertTrue(areas.has(area), area)
      }
      const gone = yield* InProcess.run(["doctor", "--url", "http://127.0.0.1:9"], {
        variables: { INTERLINE_API_KEYS: "a=a-key-for-the-tests" }
      })
      deepStrictEqual([gone.code, gone.out.includes("ERROR    gateway")], [1, true])

      // a key that may only send says which part it may not see
      const created = JSON.parse((yield* interline(["keys", "create", "reader", "--scopes", "send", "--json"])).out)
      const weak = yield* InProcess.run(["doctor", "--url", url], { variables: { INTERLINE_API_KEYS: `weak=${created.secret}` } })
      deepStrictEqual([weak.code, weak.out.includes("this key may not see")], [0, true])

      const forbidden = yield* InProcess.run(["held", "list", "--url", url], {
        variables: { INTERLINE_API_KEYS: `weak=${created.secret}` }
      })
      deepStrictEqual([forbidden.code, forbidden.out], [3, ""])

      const folder = yield* InProcess.folder
      const variables = {
        INTERLINE_API_KEYS: `tests=${InProcess.apiKey}`,
        INTERLINE_PREFER: "linq",
        INTERLINE_LINES: "support=linq:+12025550101",
        INTERLINE_PUBLIC_URL: url,
        INTERLINE_CALLBACK_SECRET: "a-secret-of-20-characters",
        LINQ_API_KEY: sandbox.credentials.linqToken,
        LINQ_BASE_URL: sandbox.linq,
        LINQ_WEBHOOK_SECRET: secret,
        DATABASE_URL: Path.join(folder, "none.db")
      }
      const here = yield* InProcess.run(["doctor", "--json"], { variables })
      deepStrictEqual(findings(here).filter(({ severity }) => severity !== "note"), [])
      strictEqual(here.code, 0)
      assertTrue(!Fs.existsSync(variables.DATABASE_URL))

      const sick = yield* InProcess.run(["doctor", "--json"], {
        variables: {
          ...variables,
          INTERLINE_FIDELTY: "exact",
          LINQ_APIKEY: "x",
          LINQ_API_KEY: "a-wrong-token-of-mine",
          INTERLINE_PUBLIC_URL: "http://127.0.0.1:9"
        }
      })
      strictEqual(sick.code, 1)
      const wrong = findings(sick).filter(({ severity }) => severity !== "note")
      const says = (part: string) => wrong.some((finding) => finding.says.includes(part) && (finding.wayOut ?? "") !== "")
      for (
        const part of ["INTERLINE_FIDELTY", "LINQ_APIKEY", "linq does not take our credentials", "nothing answers at http://127.0.0.1:9"]
      ) {
        assertTrue(says(part), `${part}: ${sick.out}`)
      }
      assertTrue(wrong.some(({ wayOut = "" }) => wayOut.includes("INTERLINE_FIDELITY")))
      for (const hidden of ["a-wrong-token", "a-secret-of-20", InProcess.apiKey, secret]) assertTrue(!sick.out.includes(hidden), hidden)
      const environment = yield* interline(["keys", "revoke", "tests", "--yes"])
      deepStrictEqual([environment.code, environment.err.includes("take it out of INTERLINE_API_KEYS")], [2, true])
      strictEqual(JSON.parse((yield* interline(["keys", "revoke", "reader", "--yes", "--json"])).out).id, created.id)
      // an error that nobody expected ends no other check, and shows nothing of itself
      const torn = yield* InProcess.run(["doctor", "--json"], {
        variables,
        onRead: (name) => {
          if (name === "INTERLINE_DRAIN") throw new Error("hush")
        }
      })
      deepStrictEqual(findings(torn).filter(({ severity }) => severity !== "note").map(({ says }) => says), [
        "the check of the configuration failed for a reason that is not known",
        "the look at the carriers failed for a reason that is not known"
      ])
      deepStrictEqual([torn.code, findings(torn).some(({ area }) => area === "database"), torn.out.includes("hush")], [1, true, false])
      const broken = yield* InProcess.run(["doctor"], { variables: { ...variables, PORT: "many" } })
      deepStrictEqual([broken.code, broken.out.includes("ERROR    configuration  the variable PORT must be")], [1, true])
    }), 240_000)

  it.scopedLive(
    "reads the configuration as the gateway does, and lets one dead vendor hide nothing of the others",
    () =>
      Effect.gen(function*() {
        const { interline, sandbox, url } = yield* InProcess.gateway()
        const variables = {
          INTERLINE_API_KEYS: `tests=${InProcess.apiKey}`,
          INTERLINE_PREFER: "linq, sendblue",
          INTERLINE_LINES: "support=linq:+12025550101,sendblue:+12025550201",
          INTERLINE_PUBLIC_URL: url,
          INTERLINE_CALLBACK_SECRET: "a-secret-of-20-characters",
          LINQ_API_KEY: sandbox.credentials.linqToken,
          LINQ_BASE_URL: sandbox.linq,
          LINQ_WEBHOOK_SECRET: secret,
          SENDBLUE_API_KEY: sandbox.credentials.sendblueKeyId,
          SENDBLUE_API_SECRET: sandbox.credentials.sendblueSecretKey,
          SENDBLUE_BASE_URL: sandbox.sendblue,
          SENDBLUE_WEBHOOK_SECRET: "a-secret-of-the-account",
          DATABASE_URL: Path.join(yield* InProcess.folder, "none.db")
        }
        const doctor = (more: Readonly<Record<string, string>>) =>
          Effect.map(InProcess.run(["doctor", "--json"], { variables: { ...variables, ...more } }), findings)
        const mistakes = {
          INTERLINE_ALIASES: "+12025550177=sales",
          INTERLINE_PASS_THROUGH: "linq:everything",
          INTERLINE_CALLBACK_SECRET: "short",
          LINQ_WEBHOOK_SECRET: "whsec_%%%",
          SENDBLUE_WEBHOOK_SECRET: "with a space",
          SENDBLUE_EVENTS: "pigeon",
          LINQ_EVENTS: "stream",
          OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318"
        }
        for (const [name, value] of Object.entries(mistakes)) {
          const wrong = (yield* doctor({ [name]: value })).filter(({ area }) => area === "configuration")
          deepStrictEqual(
            wrong.map(({ says, severity, wayOut }) => [severity, says.startsWith(`the variable ${name} `), wayOut === undefined]),
            [["error", true, false]],
            `${name}: ${JSON.stringify(wrong)}`
          )
        }

        // nothing but the dead vendor is hidden: its questions are cut when it has got one, and the others have no limit
        const asked = yield* Queue.unbounded<string>()
        const dead = yield* InProcess.listen(({ url = "" }) => void Queue.unsafeOffer(asked, url))
        const cutting = (isCut: (what: string) => boolean) =>
          Effect.provideService(Finding.Patience, (what) => isCut(what) ? Effect.asVoid(Queue.take(asked)) : Effect.never)
        const found = yield* doctor({ LINQ_BASE_URL: dead }).pipe(cutting((what) => what.includes("linq")))
        const isThere = (part: string) => found.some(({ says }) => says.includes(part))
        for (
          const part of [
            "the question to linq for its lines took longer than 20 seconds",
            "the question to linq for its webhooks took longer than 20 seconds",
            "sendblue takes our credentials",
            "the line support can send at sendblue",
            "is a gateway that answers"
          ]
        ) {
          assertTrue(isThere(part), `${part}: ${JSON.stringify(found)}`)
        }

        // a gateway cannot answer for its lines and webhooks while that vendor is silent; all else that it knows is shown
        const beside = yield* InProcess.serve({ ...variables, LINQ_BASE_URL: dead }, false)
        const half = yield* InProcess.run(["doctor", "--url", beside.origin, "--json"], { variables }).pipe(
          cutting((what) => /\b(?:lines|webhooks)\b/.test(what))
        )
        deepStrictEqual(findings(half).filter(({ severity }) => severity === "error").map(({ says }) => says), [
          "the question for the lines took longer than 20 seconds",
          "the question for the webhooks took longer than 20 seconds"
        ])
        for (const part of ["it is ready for requests", "linq has no fault", "sendblue has no fault", "no messages that are held"]) {
          assertTrue(findings(half).some(({ says }) => says === part), `${part}: ${half.out}`)
        }
        strictEqual(half.code, 1)

        // a right key that may not do something is not a wrong one
        const forbidding = yield* InProcess.listen((_, response) =>
          void response.writeHead(403, { "content-type": "application/json" }).end(
            JSON.stringify({ success: false, error: { status: 403, code: 2011, message: "not for this key" } })
          )
        )
        const forbidden = (yield* doctor({ LINQ_BASE_URL: forbidding })).map(({ says }) => says)
        deepStrictEqual(
          ["its lines", "its webhooks"].map((what) =>
            forbidden.some((says) => says.startsWith(`our credentials may not ask linq for ${what}`))
          ),
          [true, true],
          JSON.stringify(forbidden)
        )
        strictEqual(forbidden.some((says) => says.includes("does not take our credentials")), false)

        // without a vendor, the gateway would start over a sandbox
        const none = yield* InProcess.run(["doctor"], { variables: { DATABASE_URL: variables.DATABASE_URL } })
        deepStrictEqual([none.code, none.out.includes("no vendor is configured"), none.out.includes("One warning.")], [
          0,
          true,
          true
        ])

        // webhooks of other programs at the account are not judged, and no address is shown with what may be secret
        const other = ["webhooks", "subscribe", "https://other.example/hook?token=hush", "--carrier", "linq"]
        const { id } = JSON.parse((yield* interline([...other, "--events", "message.received", "--json"])).out)
        const switchedOff = yield* Effect.promise(() =>
          fetch(`${url}/v1/webhooks/${id}`, {
            method: "PATCH",
            headers: { authorization: `Bearer ${InProcess.apiKey}`, "content-type": "application/json" },
            body: "{\"active\":false}"
          })
        )
        strictEqual(switchedOff.status, 200)
        const remote = yield* interline(["doctor"])
        deepStrictEqual([remote.code, /hush|\?/.test(remote.out)], [0, false], remote.out)
        assertTrue(remote.out.includes("one webhook at linq leads elsewhere"), remote.out)
      }),
    240_000
  )
})

describe("a starting configuration", () => {
  it.scopedLive("is written for this user alone, from flags or from answers, and replaces nothing unasked", () =>
    Effect.gen(function*() {
      const file = Path.join(yield* InProcess.folder, ".env")
      const flags = ["--prefer", "linq", "--number", "linq:+12025550101", "--file", file]
      const made = yield* InProcess.run(["init", ...flags, "--json"], { variables: { LINQ_API_KEY: "a-token-of-mine" } })
      deepStrictEqual([made.code, made.err, JSON.parse(made.out).missing], [0, "", ["INTERLINE_PUBLIC_URL", "LINQ_WEBHOOK_SECRET"]])
      strictEqual(Fs.statSync(file).mode & 0o777, 0o600)
      const text = Fs.readFileSync(file, "utf8")
      assertTrue(/^LINQ_API_KEY='a-token-of-mine'$/m.test(text) && /^INTERLINE_API_KEYS='ops=[A-Za-z0-9]{16,}'$/m.test(text), text)
      assertTrue(/^INTERLINE_LINES='support=linq:\+12025550101'$/m.test(text) && /^# LINQ_WEBHOOK_SECRET=''$/m.test(text), text)
      assertTrue(!made.out.includes("a-token-of-mine"))

      // a credential under another name that the gateway reads keeps its name
      const named = yield* InProcess.run(["init", ...flags.slice(0, 4), "--file", `${file}.0`, "--json"], {
        variables: { LINQ_API_TOKEN: "a-token-of-mine" }
      })
      deepStrictEqual(JSON.parse(named.out).missing, ["INTERLINE_PUBLIC_URL", "LINQ_WEBHOOK_SECRET"])
      assertTrue(/^LINQ_API_TOKEN='a-token-of-mine'$/m.test(Fs.readFileSync(`${file}.0`, "utf8")))
      for (const [vendor, credentials] of Object.entries(Variables.ofVendor)) {
        const read = yield* Environment.variablesOf({ id: CarrierId.make(vendor), vendor, prefix: "" })
        const named = credentials.flatMap(({ name, others }) => [name, ...others])
        deepStrictEqual(read.filter((name) => /_(?:KEY|TOKEN|SECRET)$/.test(name)).toSorted(), named.toSorted())
      }

      // what is printed works in a shell from where the user is
      const place = Path.join(Path.dirname(file), "my conf", "it's.env")
      Fs.mkdirSync(Path.dirname(place))
      const path = Path.relative(process.cwd(), place)
      const printed = yield* InProcess.run(["init", ...flags.slice(0, 4), "--file", path], {
        variables: { LINQ_API_KEY: "a-token-of-mine" }
      })
      const shell = (command: string, cwd?: string) =>
        ChildProcess.spawnSync("sh", ["-c", `interline() { echo "$1 $LINQ_API_KEY"; }; ${command}`], { encoding: "utf8", cwd }).stdout
      const commands = printed.out.split("\n").filter((line) => line.startsWith("  set -a")).map((line) => line.trim())
      deepStrictEqual(commands.map((command) => shell(command)), ["doctor a-token-of-mine\n", "serve a-token-of-mine\n"])
      const heads = Array.from(Fs.readFileSync(place, "utf8").matchAll(/^# \w+ it: +(.*)$/gm), ([, command = ""]) => command)
      deepStrictEqual(heads.map((command) => shell(command, Path.dirname(place))), ["doctor a-token-of-mine\n", "serve a-token-of-mine\n"])

      const again = yield* InProcess.run(["init", ...flags])
      deepStrictEqual([again.code, again.err.includes("give --yes"), Fs.readFileSync(file, "utf8")], [2, true, text])
      const no = yield* InProcess.run(["init", ...flags], { keys: ["n"] })
      deepStrictEqual([no.code, Fs.readFileSync(file, "utf8")], [1, text])
      strictEqual((yield* InProcess.run(["init", ...flags, "--yes"])).code, 0)
      assertTrue(Fs.readFileSync(file, "utf8") !== text)
      strictEqual(Fs.statSync(file).mode & 0o777, 0o600)
      const wrong = yield* InProcess.run(["init", "--file", `${file}.2`, "--number", "linq:12"])
      deepStrictEqual([wrong.code, Fs.existsSync(`${file}.2`)], [2, false])
      const vendor = yield* InProcess.run(["init", "--file", `${file}.2`, "--prefer", "lynq"])
      deepStrictEqual([vendor.code, vendor.err.includes("did you mean \"linq\"?")], [2, true])

      // a person answers: one vendor, the default line, no number, no address, a token, and no secret of webhooks
      const keys = [..."sendblue", "Enter", "Enter", "Enter", "Enter", ..."kid", "Enter", ..."hush", "Enter", "Enter"]
      const asked = yield* InProcess.run(["init", "--file", `${file}.3`], { keys })
      deepStrictEqual([asked.code, asked.err], [0, ""])
      const answers = Fs.readFileSync(`${file}.3`, "utf8")
      assertTrue(/^SENDBLUE_API_KEY='kid'$/m.test(answers) && /^SENDBLUE_API_SECRET='hush'$/m.test(answers), answers)
      assertTrue(answers.includes("INTERLINE_PREFER='sendblue'") && !asked.screen.includes("hush"), asked.screen)
    }), 240_000)
})
