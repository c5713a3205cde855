/** What is particular to a vendor in a rehearsal: one row for each. */
import type { SandboxService } from "@interline/sandbox/Sandbox"
import type { Vendor } from "../configuration.ts"

/** The credentials of a program. The gateway takes any id. */
export interface Key {
  readonly id: string
  readonly secret: string
}

interface Row {
  /** The origin of its API, as it is in recorded calls. */
  readonly origin: string
  /** The variable in which its official client looks for the address. */
  readonly address: string
  /** The variables that its official client reads. */
  readonly variables: (address: string, key: Key) => Readonly<Record<string, string>>
  readonly keyOf: (credentials: SandboxService["credentials"]) => Key
  /** Whether the first message to a person may hold a URL or an effect. */
  readonly opensWithAll: boolean
}

export const vendors: Readonly<Record<Vendor, Row>> = {
  linq: {
    origin: "https://api.linqapp.com",
    address: "LINQ_API_V3_BASE_URL",
    variables: (address, { secret }) => ({ LINQ_API_V3_BASE_URL: address, LINQ_API_V3_API_KEY: secret }),
    keyOf: ({ linqToken }) => ({ id: "", secret: linqToken }),
    opensWithAll: false
  },
  sendblue: {
    origin: "https://api.sendblue.co",
    address: "SENDBLUE_API_BASE_URL",
    variables: (address, { id, secret }) => ({
      SENDBLUE_API_BASE_URL: address,
      SENDBLUE_API_API_KEY: id,
      SENDBLUE_API_API_SECRET: secret
    }),
    keyOf: ({ sendblueKeyId, sendblueSecretKey }) => ({ id: sendblueKeyId, secret: sendblueSecretKey }),
    opensWithAll: true
  }
}
