/** Options that many verbs have. */

export const json = { says: "print JSON instead of a page" }

export const document = { says: "print one JSON document instead of a page" }

export const url = {
  takes: "URL",
  wants: "the address of a gateway",
  is: "gateway",
  says: "address of the gateway. Default: this machine, at the port of PORT, else 8787"
} as const

export const profile = {
  takes: "name",
  wants: "the name of a profile",
  says: "a profile of `interline profiles` instead of --url and INTERLINE_API_KEYS"
}

/** Which gateway is asked. */
export const place = { profile, url }

/** Of every verb that asks a gateway for one thing. */
export const one = { ...place, json: document }

/** Of every verb that lists what a gateway has. */
export const list = { ...place, json: document, jsonl: { says: "print one JSON document a line, for each entry" } }

export const limit = {
  takes: "n",
  wants: "a whole number from 1",
  least: 1,
  most: 1_000_000,
  says: "how many entries at most. Default: 20"
}

export const yes = { says: "do it without asking; needed if no person is at a terminal" }

export const reason = { takes: "text", wants: "a text", needed: true, says: "why; it is kept with the change" } as const

export const port = { takes: "port", wants: "a port from 0 to 65535", least: 0, most: 65_535 }
