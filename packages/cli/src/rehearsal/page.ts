/** Shows a rehearsal as a page for people, step by step. */
import type * as Judge from "./judge.ts"
import type { Settings } from "./stage.ts"

export const title = ({ from, seed, to }: Pick<Settings, "from" | "to" | "seed">): string =>
  `A move from ${from} to ${to} and back, rehearsed in the sandbox. Nothing leaves this machine. Seed: ${seed}`

export const step = (
  { name, ok, proved }: { readonly name: string; readonly ok: boolean; readonly proved: string },
  commands: ReadonlyArray<string>
): string =>
  ["", `${ok ? "ok    " : "FAILED"}  ${name}`, ...commands.map((command) => `        $ ${command}`), `        ${proved}`].join("\n")

export const phones = ({ duplicates, messages, numberChangesUntold, toOptedOut }: Omit<Judge.Counts, "missing" | "unexpected">): string =>
  [
    "",
    "On the phones:",
    `  messages                            ${messages}`,
    `  copies beside the first             ${duplicates}`,
    `  to people who had opted out         ${toOptedOut}`,
    `  changes of the number without words ${numberChangesUntold}`
  ].join("\n")
