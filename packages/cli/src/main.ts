/** Begins the `interline` command: answers help and mistakes at once, and loads the rest for a command that can be meant. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { existsSync } from "node:fs"
import manifest from "../package.json" with { type: "json" }
import * as Flags from "./grammar/flags.ts"
import * as Help from "./grammar/help.ts"
import * as Called from "./print/called.ts"

const args = process.argv.slice(2)

// Nobody reads the output any more, as behind `| head`. The command then stops as by SIGTERM: what it opened is closed. Each line that is
// printed after that fails too.
let isUnread = false
process.stdout.on("error", () => {
  if (isUnread) return
  isUnread = true
  if (process.listenerCount("SIGTERM") === 0) process.exit()
  process.emit("SIGTERM", "SIGTERM")
})

const asCalled = Called.withWords(Called.decide({ script: process.argv[1], cwd: process.cwd(), exists: existsSync }))

const fail = (sentence: string): void => {
  process.stderr.write(`interline: ${asCalled(sentence)}\n`)
  process.exitCode = 2
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)

if (Flags.isHelp(args)) {
  Either.match(Flags.helpOf(args), { onLeft: fail, onRight: (page) => print(asCalled(Help.toText(page, manifest.version))) })
} else {
  Option.match(Flags.mistake(args), {
    onSome: fail,
    onNone: () =>
      args.includes("--version")
        ? print(manifest.version)
        : void import("./run.ts").then(({ run }) => run(args, { asCalled, version: manifest.version }, () => isUnread))
  })
}
