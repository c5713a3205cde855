/** The `interline` command as a process of its own: what it prints where, and the code that it ends with. */
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import * as Database from "@interline/sql/Database"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Zlib from "node:zlib"
import * as Account from "../migration/account.ts"
import * as Command from "../support/command.ts"

let program = ""

beforeAll(async () => {
  program = await Effect.runPromise(Command.program)
}, 180_000)

const interline = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}, cwd?: string) =>
  Command.run(program, args, { environment, ...(cwd === undefined ? {} : { cwd }) })

const escapes = /\u001b/

const framework = /user-defined|True or false|true or false value|This setting is optional|Invalid subcommand|Received unknown argument/

const commands =
  "commands are: serve, demo, sandbox, simulate, migrate, profiles, init, doctor, webhooks, policy, send, plan, status, explain, messages, held, lines, carriers, opt-outs, callbacks, conversations, keys, audit, events, rollout"

describe("help", () => {
  const wholes: ReadonlyArray<readonly [ReadonlyArray<string>, Readonly<Record<string, string>>]> = [
    [["--help"], {}],
    [[], { TERM: "xterm-256color" }],
    [["help"], { NO_COLOR: "1" }],
    [["-h"], { NO_COLOR: "1", TERM: "xterm-256color" }]
  ]

  it.live.each(wholes)("of the whole command is plain text in our words: %j under %j", ([args, environment]) =>
    Effect.gen(function*() {
      const { code, err, out } = yield* interline(args, environment)
      expect([code, err]).toEqual([0, ""])
      expect(out).not.toMatch(escapes)
      expect(out).not.toMatch(framework)
      for (const verb of ["serve", "migrate report", "conversations move"]) expect(out).toMatch(new RegExp(`^  ${verb} +[A-Z]`, "m"))
      expect(out).toMatch(/^ {2}5 +held: /m)
    }))

  it.live("of one command has its options in our words, and examples", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* interline(["migrate", "report", "--help"])
      expect([code, err]).toEqual([0, ""])
      expect(out).not.toMatch(escapes)
      expect(out).not.toMatch(framework)
      expect(out).toMatch(/^ {2}--chats-from <carrier> +read this carrier's list of chats/m)
      expect(out).toMatch(/^Examples:\n {2}interline migrate report calls\.jsonl$/m)
    }))

  it.live("does not hide that a word is no command", () =>
    Effect.gen(function*() {
      expect(yield* interline(["serv", "--help"])).toMatchObject({
        code: 2,
        out: "",
        err: `interline: there is no command "serv"; did you mean "serve"? ${commands}\n`
      })
    }))
})

describe("migrate", () => {
  it.live("lists its commands", () =>
    Effect.gen(function*() {
      expect(yield* interline(["migrate", "--help"])).toMatchObject({ code: 0, out: expect.stringMatching(/^ {2}report +Say/m), err: "" })
    }))

  const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "interline-"))
  afterAll(() => Fs.rmSync(folder, { recursive: true, force: true }))

  const lines = [
    "{\"method\":\"POST\",\"path\":\"/api/send-message\",\"body\":{\"number\":\"+12025550123\",\"from_number\":\"+12025550201\",\"content\":\"hi\"}}",
    "broken",
    "{\"method\":\"POST\",\"path\":\"/api/send-carousel\",\"body\":{}}"
  ]

  it.live("reports recorded calls, as JSON and as a page for a browser", () =>
    Effect.gen(function*() {
      const file = Path.join(folder, "calls.jsonl")
      const page = Path.join(folder, "report.html")
      Fs.writeFileSync(file, lines.join("\n"))
      const { code, err, out } = yield* interline(["migrate", "report", file, "--json", "--html", page])
      expect(err).toBe("interline: some calls would be refused; the report names them\n")
      expect([code, JSON.parse(out)]).toMatchObject([3, { calls: 2, damaged: 1, foreign: 0, sends: { whole: 1, lossy: 0, refused: 0 } }])
      expect(Fs.readFileSync(page, "utf8")).toContain("<svg")
      const calm = yield* interline(["migrate", "report", "--fail-on", "none", file])
      expect([calm.code, calm.err]).toEqual([0, ""])
      const noCalls = Path.join(folder, "no.csv")
      Fs.writeFileSync(noCalls, "number,content\n1,hi\n")
      const wrong: ReadonlyArray<[ReadonlyArray<string>, number, string]> = [
        [[noCalls], 1, "no call could be read"],
        [[folder], 2, "is a folder"],
        [[Path.join(folder, "nothing")], 2, "there is no file"],
        [[noCalls, "--html", noCalls], 2, "which it would replace"],
        [[noCalls, "--since", "2026-11-01"], 2, "--since is for"],
        [[], 2, "none is given"]
      ]
      for (const [args, code, says] of wrong) {
        const ended = yield* interline(["migrate", "report", ...args])
        expect([ended.code, ended.err.trim().split("\n").length]).toEqual([code, 1])
        expect(ended.err).toContain(says)
      }
      expect(calm.out).toContain("2 calls were read. 1 place holds no call.")
    }))

  it.live("fails if no call of the vendor was read, or an input ended too early, and says why", () =>
    Effect.gen(function*() {
      const file = (name: string, bytes: string | Buffer) => {
        const path = Path.join(folder, name)
        Fs.writeFileSync(path, bytes)
        return path
      }
      const to = (url: string) => JSON.stringify({ method: "POST", url, body: { number: "+12025550123", content: "hi" } })
      const local = to("http://127.0.0.1:4010/api/send-message")
      const elsewhere = ["a", "b", "c", "d"].map((name) => to(`https://${name}.example/x`)).join("\n")
      const many = Array.from({ length: 200 }, (_, index) =>
        JSON.stringify({ ...JSON.parse(lines[0] ?? ""), at: 1_700_000_000 + index ** 3 }))
      const packed = Zlib.gzipSync(many.join("\n"))
      const cut = file("cut.jsonl.gz", packed.subarray(0, packed.length / 2))
      const wrong: ReadonlyArray<[ReadonlyArray<string>, string]> = [
        [[file("empty.jsonl", "")], "no call was read, because there is none"],
        [[file("blank.jsonl", "\n  \n\n")], "no call was read, because there is none"],
        [
          [file("hosts.jsonl", elsewhere)],
          "all 4 calls went to other hosts than those of Sendblue: a.example, b.example, c.example, and 1 more"
        ],
        [[file("local.jsonl", local)], "the only call went to other hosts than those of Sendblue: 127.0.0.1:4010; if"],
        [["--from", "linq", file("paths.jsonl", `${lines[0]}\n${lines[2]}`)], "use --from sendblue"],
        [["--from", "linq", file("vendor.jsonl", to("https://api.sendblue.com/api/send-message"))], "use --from sendblue"],
        [[cut], `interline: the report is incomplete, because what follows could not be read: ${cut}, the rest. `],
        [[file("cut.json", `[${lines[0]},`)], "could not be read: "]
      ]
      for (const [args, says] of wrong) {
        const ended = yield* interline(["migrate", "report", "--fail-on", "none", ...args])
        expect([ended.code, ended.err]).toEqual([1, expect.stringContaining(says)])
        expect(ended.err.trim().split("\n").length).toBe(1)
      }
      expect((yield* interline(["migrate", "report", cut])).out).toMatch(/^The report is incomplete.* [1-9]\d* calls were read\.\n/)
      const named = yield* interline([
        "migrate",
        "report",
        "--fail-on",
        "none",
        "--host",
        "127.0.0.1:4010",
        Path.join(folder, "local.jsonl")
      ])
      expect([named.code, named.err]).toEqual([0, ""])
    }), 180_000)

  it.scopedLive("imports an account, after it said what it would write", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* Account.openAccount("sendblue")
      const database = Path.join(folder, "import.db")
      const environment = { ...Account.variables(sandbox), DATABASE_URL: database }
      const dry = yield* interline(["migrate", "import", "--from", "sendblue"], environment)
      expect([dry.code, dry.err]).toEqual([0, expect.stringMatching(/^the database is .*import\.db\nreading opt-outs: 0 opt-outs/)])
      expect(dry.out.endsWith(`\n\nDatabase: ${database}\n`)).toBe(true)
      expect(dry.out).toMatch(/^Nothing was written\. With --apply, this would be imported from sendblue:$/m)
      expect(dry.out).toMatch(/^ {2}opt-outs +2 new of 2 read$/m)
      expect(dry.out).toMatch(/^ {2}…0209 {2}1 message$/m)
      const { code, out } = yield* interline(["migrate", "import", "--from", "sendblue", "--apply", "--json"], environment)
      expect([code, JSON.parse(out)]).toMatchObject([0, {
        from: "sendblue",
        database,
        applied: true,
        resumed: false,
        optOuts: { read: 2, new: 2 }
      }])
      expect((dry.out + out).replaceAll(database, "")).not.toMatch(/\d{5}/)
    }))

  it.scopedLive("does not import while a gateway has the file, nor from a carrier that cannot be read", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* Account.openAccount("sendblue", 0)
      const database = Path.join(folder, "taken.db")
      const environment = { ...Account.variables(sandbox), DATABASE_URL: database }
      yield* Effect.scoped(Effect.zipRight(
        Layer.build(Database.layer(database)),
        Effect.map(interline(["migrate", "import", "--from", "sendblue"], environment), ({ code, err }) => {
          expect([code, err]).toEqual([1, expect.stringContaining(`the database file ${database} is in use`)])
        })
      ))
      expect(yield* interline(["migrate", "import", "--from", "sendblu"], environment)).toEqual({
        code: 2,
        out: "",
        err: "interline: --from must name a carrier with credentials and a line; linq, sendblue can; \"sendblu\" is none of them; " +
          "did you mean \"sendblue\"?\n"
      })
      expect(yield* interline(["migrate", "import"], environment)).toMatchObject({
        code: 2,
        err: expect.stringContaining("--from must name the carrier to read")
      })
    }))

  it.scopedLive("imports into no database that nobody named, and names what it misses", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* Account.openAccount("sendblue", 0)
      const environment = Account.variables(sandbox)
      const cwd = Fs.mkdtempSync(Path.join(folder, "empty-"))
      for (const more of [[], ["--apply"]]) {
        const { code, err } = yield* interline(["migrate", "import", "--from", "sendblue", ...more], environment, cwd)
        expect([code, err]).toEqual([
          1,
          expect.stringMatching(/^interline: no database is named, and there is no file .*interline\.db; set DATABASE_URL/)
        ])
        expect(Fs.readdirSync(cwd)).toEqual([])
      }
      const password = "postgres://ada:hush@127.0.0.1:9/move"
      const absent = yield* interline(["migrate", "import", "--from", "sendblue", "--database", password], environment, cwd)
      expect(absent.err).toMatch(/^the database is move of PostgreSQL at 127\.0\.0\.1:9\n/)
      expect(absent.err).not.toContain("hush")
      const half = yield* interline(["migrate", "import", "--from", "sendblue"], { ...environment, SENDBLUE_API_SECRET: "" }, cwd)
      expect([half.code, half.err]).toEqual([2, expect.stringMatching(/^interline: sendblue cannot be read: .*SENDBLUE_API_SECRET/)])
      const wrong = { ...environment, SENDBLUE_API_SECRET: "another", DATABASE_URL: Path.join(folder, "wrong.db") }
      const refused = yield* interline(["migrate", "import", "--from", "sendblue"], wrong, cwd)
      expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("interline: sendblue could not be read: ")])
      expect(refused.err).not.toContain("setOptOut")
    }), 180_000)

  it.live(
    "rehearses in no folder that cannot be made, and leaves none behind when nobody reads on or the terminal is gone",
    () =>
      Effect.gen(function*() {
        expect(yield* interline(["migrate", "rehearse", "--json"], { TMPDIR: Path.join(folder, "nowhere") })).toEqual({
          code: 1,
          out: "",
          err: "interline: no folder for temporary files can be made; set TMPDIR to a folder that is there and can be written to\n"
        })
        for (const ending of ["closed", "SIGHUP"] as const) {
          const temporary = Fs.mkdtempSync(Path.join(folder, "temporary-"))
          const ended = yield* Effect.async<readonly [number | null, string]>((resume) => {
            const child = ChildProcess.spawn(process.execPath, [program, "migrate", "rehearse"], {
              env: { PATH: process.env["PATH"] ?? "", TMPDIR: temporary }
            })
            let err = ""
            child.stderr.on("data", (piece) => err += String(piece))
            child.stdout.resume()
            // its folder is there
            const watcher = Fs.watch(temporary, () => {
              watcher.close()
              if (ending === "closed") child.stdout.destroy()
              else child.kill("SIGHUP")
            })
            child.on("close", (code) => resume(Effect.succeed([code, err])))
          })
          expect([ending, ended[0], ended[1].includes("EPIPE")]).toEqual([ending, 130, false])
          expect(Fs.readdirSync(temporary)).toEqual([])
        }
      }),
    180_000
  )

  it.live("says that a file is not there", () =>
    Effect.gen(function*() {
      expect(yield* interline(["migrate", "report", "nowhere.jsonl"])).toEqual({
        code: 2,
        out: "",
        err: "interline: there is no file nowhere.jsonl\n"
      })
    }))
})

describe("a command line that cannot be meant", () => {
  const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
    [["simualte"], `there is no command "simualte"; did you mean "simulate"? ${commands}`],
    [["sandbx", "--linq-port", "1"], `there is no command "sandbx"; did you mean "sandbox"? ${commands}`],
    [["frobnicate"], `there is no command "frobnicate"; ${commands}`],
    [["+12025550123"], `there is no such command; ${commands}`],
    [["--json"], "interline has no option \"--json\"; options are: --help, --version, --log-level, --completions, --wizard"],
    [
      ["simulate", "--polcy=p.json"],
      "simulate has no option \"--polcy\"; did you mean --policy? options are: --seeds, --seed-from, --seed, --trace, --policy, --json"
    ],
    [["serve", "-p", "80"], "serve has no option \"-p\"; options are: --port, --host, --database, --fresh, --embedded, --json"],
    [["serve", "now"], "serve takes options only, and \"now\" is none; try interline serve --help"],
    [["migrate"], "migrate needs one of its commands; its commands are: report, import, rehearse, compare"],
    [["migrate", "--json"], "migrate needs one of its commands; its commands are: report, import, rehearse, compare"],
    [
      ["migrate", "reprot"],
      "migrate has no command \"reprot\"; did you mean \"report\"? its commands are: report, import, rehearse, compare"
    ],
    [["migrate", "report"], "migrate report takes files of recorded calls, or - for the standard input, and none is given"],
    [
      ["migrate", "report", "calls.jsonl", "--from", "linc"],
      "--from must be one of linq, sendblue; \"linc\" is none of them; did you mean \"linq\"?"
    ],
    [
      ["migrate", "report", "-", "--from", "linq", "--to", "linq"],
      "--from and --to name the same vendor; the report is about a move to another one"
    ],
    [["rollout", "status", "--url", "foo"], "--url takes the address of a gateway, like http://127.0.0.1:8080, and this is none"],
    [
      ["conversations", "move", "foo", "--reason", "x"],
      "person 1 is neither a number like +12025550123 nor an e-mail address"
    ],
    [["migrate", "compare", "--since", "2999-01-01"], "--since must be in the past"],
    [["migrate", "compare", "--since", "2026-11-02", "--until", "2026-11-01"], "--since must be before --until"],
    [["serve", "--port", "http"], "--port takes a port from 0 to 65535, not \"http\""],
    [["simulate", "--seeds", "2", "--seed", "1"], "--seed runs one seed and goes with neither --seeds nor --seed-from"],
    [["--log-level", "loud"], "--log-level must be one of all, trace, debug, info, warning, error, fatal, none; \"loud\" is none of them"]
  ]

  it.live.each(wrong)("ends with 2 and one plain sentence: %j", ([args, sentence]) =>
    Effect.gen(function*() {
      const { code, err, out } = yield* interline(args, { TERM: "xterm-256color" })
      expect(err).toBe(`interline: ${sentence}\n`)
      expect([code, out]).toEqual([2, ""])
    }))

  it.live.each(["console", "CONSOLE"])("says what to do today instead of %s", (verb) =>
    Effect.gen(function*() {
      const { code, err, out } = yield* interline([verb, "--to", "+12025550123", "hi"])
      expect([code, out]).toEqual([2, ""])
      expect(err.trimEnd().split("\n")).toHaveLength(1)
      expect(err).toContain(`interline: "${verb}" is not a command; `)
      expect(err).toContain(commands)
      expect(err).not.toMatch(escapes)
    }))

  it.live("ends with 2 where the file of a policy is none, or holds none", () =>
    Effect.gen(function*() {
      const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "interline-command-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true })))
      const file = (name: string, text: string): string => {
        Fs.writeFileSync(Path.join(folder, name), text)
        return Path.join(folder, name)
      }
      const wrong = [
        [Path.join(folder, "none.json"), "cannot be read"],
        [file("words.json", "prefer linq"), "holds no JSON"],
        [file("field.json", "{\"prefer\":[\"linq\"],\"onUnknwn\":\"hold\"}"), "did you mean \"onUnknown\"?"],
        [file("carrier.json", "{\"prefer\":[\"owl\"]}"), "no carrier \"owl\""]
      ] as const
      for (const [path, part] of wrong) {
        expect(yield* interline(["simulate", "--policy", path])).toMatchObject({ code: 2, out: "", err: expect.stringContaining(part) })
      }
    }).pipe(Effect.scoped))

  it.live("does not stand in the way of one that can", () =>
    Effect.gen(function*() {
      const { code, out } = yield* interline(["simulate", "--seeds=2", "--json", "--seed-from", "-1"])
      expect(code).toBe(0)
      expect(JSON.parse(out)).toMatchObject({ seeds: 2, violations: 0 })
      expect(yield* interline(["--version"])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\s*$/) })
      expect(yield* interline(["--completions", "bash"])).toMatchObject({ code: 0, out: expect.stringContaining("interline") })
    }))
})

describe("a command that is stopped before its end", () => {
  it.live("ends with 130, so that nobody takes it for done", () =>
    Effect.gen(function*() {
      const ended = yield* Effect.async<number | null>((resume) => {
        // the command waits for an answer of this server, which never comes
        const server = Http.createServer(() => void child.kill("SIGINT"))
        let child: ChildProcess.ChildProcess
        server.listen(0, "127.0.0.1", () => {
          const { port } = server.address() as AddressInfo
          child = ChildProcess.spawn(process.execPath, [program, "demo", "--sandbox", `http://127.0.0.1:${port}`], { stdio: "ignore" })
          child.on("exit", (code) => {
            server.closeAllConnections()
            server.close(() => resume(Effect.succeed(code)))
          })
        })
      })
      expect(ended).toBe(130)
    }), 180_000)
})
