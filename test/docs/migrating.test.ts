/** docs/migrating.md: what it shows of commands is what they print, and what it says of a vendor's answer is true in the sandbox. */
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Effect from "effect/Effect"
import { it } from "vitest"
import { numbers } from "../support/sandbox.ts"
import * as Report from "./generated/migrating/report.ts"
import * as Rollout from "./generated/migrating/rollout.ts"
import { read, replaceBlock, settle } from "./markdown.ts"

it("docs/migrating.md shows what the commands print", async () => {
  const blocks = {
    calls: Report.calls(),
    report: await Report.report(),
    rollout: await Rollout.status("fine"),
    faulty: await Rollout.status("faulty"),
    crossed: await Rollout.status("crossed")
  }
  settle("docs/migrating.md", (whole) => Object.entries(blocks).reduce((page, [name, content]) => replaceBlock(page, name, content), whole))
})

it("docs/migrating.md proves a key by a request that the vendor answers with its numbers, or with 401", () =>
  Effect.gen(function*() {
    const { credentials, linq, sendblue } = yield* Sandbox.make({ clock: "real" })
    const [toLinq, toSendblue] = Array.from(
      read("docs/migrating.md").matchAll(/^curl -s -w \S+ (\S+) (-H .*)$/gm),
      ([, url = "", headers = ""]) => ({
        url: url.replace("https://api.linqapp.com/api/partner", linq).replace("https://api.sendblue.co", sendblue),
        headers
      })
    )
    assertTrue(toLinq !== undefined && toSendblue !== undefined)
    const right = {
      LINQ_API_KEY: credentials.linqToken,
      SENDBLUE_API_KEY: credentials.sendblueKeyId,
      SENDBLUE_API_SECRET: credentials.sendblueSecretKey
    }
    const ask = ({ headers, url }: typeof toLinq, variables: Readonly<Record<string, string>>) =>
      Effect.promise(async () => {
        const named = Array.from(headers.matchAll(/-H "([^:]+): ([^"]*)"/g), ([, name = "", value = ""]): [string, string] => [
          name,
          value.replace(/\$(\w+)/, (_, variable: string) => variables[variable] ?? "wrong")
        ])
        const answer = await fetch(url, { headers: named })
        return [answer.status, await answer.text()] as const
      })
    for (const [command, number] of [[toLinq, numbers.linq], [toSendblue, numbers.sendblue]] as const) {
      const [status, body] = yield* ask(command, right)
      deepStrictEqual([status, body.includes(number)], [200, true])
      deepStrictEqual((yield* ask(command, {}))[0], 401)
    }
  }).pipe(Effect.scoped, Effect.runPromise))
