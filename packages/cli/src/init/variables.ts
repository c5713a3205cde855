/** Writes the variables of a starting configuration as a file that shells and Node read. */
import * as Redacted from "effect/Redacted"
import type { VendorName } from "interline/Vendors"
import * as Path from "node:path"

/** A variable, what it is for, and its value if there is one. */
export interface Variable {
  readonly name: string
  readonly says: string
  readonly value?: string | Redacted.Redacted<string>
}

/** A credential of a vendor, or the secret of its webhooks. `others`: names under which the gateway reads it too. */
export interface Credential {
  readonly name: string
  readonly others: ReadonlyArray<string>
  readonly says: string
}

/** The credentials of a vendor, and the secret of its webhooks. */
export const ofVendor: Readonly<Record<VendorName, ReadonlyArray<Credential>>> = {
  linq: [
    { name: "LINQ_API_KEY", others: ["LINQ_API_V3_API_KEY", "LINQ_API_TOKEN"], says: "the API token of Linq" },
    { name: "LINQ_WEBHOOK_SECRET", others: [], says: "the signing secret of Linq's webhooks, which `interline webhooks subscribe` prints" }
  ],
  sendblue: [
    { name: "SENDBLUE_API_KEY", others: ["SENDBLUE_API_API_KEY"], says: "the API key id of Sendblue" },
    { name: "SENDBLUE_API_SECRET", others: ["SENDBLUE_API_API_SECRET"], says: "the API secret of Sendblue" },
    { name: "SENDBLUE_WEBHOOK_SECRET", others: [], says: "the secret that is set at Sendblue for its webhooks" }
  ]
}

const textOf = (value: string | Redacted.Redacted<string>): string => Redacted.isRedacted(value) ? Redacted.value(value) : value

/** Whether a file of variables can hold a value: one line without a quote. */
export const isWritable = (value: string | Redacted.Redacted<string>): boolean => !/['\r\n]/.test(textOf(value))

/** The line for a shell that reads the file and then runs a command. */
export const toCommand = (path: string, command: string): string => {
  const place = Path.isAbsolute(path) ? path : `./${Path.normalize(path)}`
  const quoted = /^[\w./-]+$/.test(place) ? place : `'${place.replaceAll("'", "'\\''")}'`
  return `set -a; . ${quoted}; set +a; interline ${command}`
}

/** The file. A variable without a value is a comment. */
export const write = (name: string, variables: ReadonlyArray<Variable>): string =>
  [
    "# The configuration of Interline. It has secrets: keep it out of version control.",
    "# In the folder of this file:",
    `# Check it:  ${toCommand(name, "doctor")}`,
    `# Use it:    ${toCommand(name, "serve")}`,
    "",
    ...variables.flatMap(({ name, says, value }) => [`# ${says}`, value === undefined ? `# ${name}=''` : `${name}='${textOf(value)}'`, ""])
  ].join("\n")
