/** Writes the variables of a starting configuration as a file that shells and Node read. */
import * as Redacted from "effect/Redacted"
import type { VendorName } from "interline/Vendors"

/** A variable, what it is for, and its value if there is one. */
export interface Variable {
  readonly name: string
  readonly says: string
  readonly value?: string | Redacted.Redacted<string>
}

/** The credentials of a vendor, and the secret of its webhooks. */
export const ofVendor = {
  linq: [
    { name: "LINQ_API_KEY", says: "the API token of Linq" },
    { name: "LINQ_WEBHOOK_SECRET", says: "the signing secret of Linq's webhooks, which `interline webhooks subscribe` prints" }
  ],
  sendblue: [
    { name: "SENDBLUE_API_KEY", says: "the API key id of Sendblue" },
    { name: "SENDBLUE_API_SECRET", says: "the API secret of Sendblue" },
    { name: "SENDBLUE_WEBHOOK_SECRET", says: "the secret that is set at Sendblue for its webhooks" }
  ]
} as const satisfies Readonly<Record<VendorName, ReadonlyArray<Variable>>>

const textOf = (value: string | Redacted.Redacted<string>): string => Redacted.isRedacted(value) ? Redacted.value(value) : value

/** Whether a file of variables can hold a value: one line without a quote. */
export const isWritable = (value: string | Redacted.Redacted<string>): boolean => !/['\r\n]/.test(textOf(value))

const head = [
  "# The configuration of Interline. It has secrets: keep it out of version control.",
  "# Use it:    set -a; . ./FILE; set +a; interline serve",
  "# Check it:  set -a; . ./FILE; set +a; interline doctor",
  ""
]

/** The file. A variable without a value is a comment. */
export const write = (name: string, variables: ReadonlyArray<Variable>): string =>
  [
    ...head.map((line) => line.replace("FILE", name)),
    ...variables.flatMap(({ name, says, value }) => [`# ${says}`, value === undefined ? `# ${name}=''` : `${name}='${textOf(value)}'`, ""])
  ].join("\n")
