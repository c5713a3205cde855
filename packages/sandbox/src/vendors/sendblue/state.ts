/** Keeps Sendblue's state, except messages. */
import type { Streams } from "../../server/streams.ts"
import type { Webhooks } from "../../server/webhooks.ts"
import type { World } from "../../world/world.ts"

export interface Group {
  readonly id: string
  readonly line: string
  numbers: Array<string>
  name: string | null
  photo: string | null
  readonly createdAt: number
  updatedAt: number
}

export interface Contact {
  readonly id: string
  readonly phone: string
  fields: { readonly [key: string]: unknown }
  verified: boolean
  readonly createdAt: number
}

/** A person who may use the shared line of the account. */
export interface VerifiedContact {
  readonly phone: string
  readonly createdAt: number
  updatedAt: number
  verified: boolean
}

/** A temporary token. Without numbers it is for the whole account. */
export interface Token {
  readonly id: string
  readonly numbers: ReadonlyArray<string>
  readonly expiresAt: number
}

/** Who makes a request: a program with a token, or the account by its keys. */
export type Caller = Token | null

/** What a line shows of itself to people. */
export interface Profile {
  readonly firstName: string | null
  readonly lastName: string | null
  readonly displayName: string | null
  readonly photo: string | null
}

export interface Hook {
  readonly url: string
  readonly secret: string | null
  readonly numbers: ReadonlyArray<string> | null
}

export interface SendblueState {
  readonly world: World
  origin: string
  readonly keyId: string
  readonly secretKey: string
  readonly account: string
  readonly groups: Map<string, Group>
  readonly contacts: Map<string, Contact>
  readonly verifiedContacts: Map<string, VerifiedContact>
  /** By their secret. */
  readonly tokens: Map<string, Token>
  /** Who makes the request that is handled now. */
  caller: Caller
  /** By line. */
  readonly profiles: Map<string, Profile>
  /** By line and person, when the profile was shared last. */
  readonly shares: Map<string, number>
  readonly hooks: Map<string, Array<Hook>>
  /** The update for each pair of card and idempotency key. Nothing else at Sendblue is idempotent. */
  readonly cardUpdates: Map<string, string>
  globalSecret: string | null
  readonly media: Map<string, { readonly bytes: Buffer | null; readonly url: string }>
  readonly rateLimits: boolean
  /** When the lists of messages were asked for lately. */
  listedAt: ReadonlyArray<number>
  /** By line, when its state changed last. */
  readonly lineChanges: Map<string, number>
  /** The receiver of events. Null until the servers run. */
  webhooks: Webhooks | null
  /** The open event streams. Null until the servers run. */
  streams: Streams | null
}

export const make = (
  world: World,
  keys: { readonly id: string; readonly secret: string },
  rateLimits: boolean
): SendblueState => ({
  world,
  origin: "",
  keyId: keys.id,
  secretKey: keys.secret,
  account: "sandbox@example.com",
  groups: new Map(),
  contacts: new Map(),
  verifiedContacts: new Map(),
  tokens: new Map(),
  caller: null,
  profiles: new Map(),
  shares: new Map(),
  hooks: new Map(),
  cardUpdates: new Map(),
  globalSecret: null,
  media: new Map(),
  rateLimits,
  listedAt: [],
  lineChanges: new Map(),
  webhooks: null,
  streams: null
})

export const clear = (state: SendblueState): void => {
  state.groups.clear()
  state.contacts.clear()
  state.verifiedContacts.clear()
  state.tokens.clear()
  state.profiles.clear()
  state.shares.clear()
  state.hooks.clear()
  state.cardUpdates.clear()
  state.media.clear()
  state.lineChanges.clear()
  state.globalSecret = null
  state.listedAt = []
}

/** Whether the caller may act for a line of the account. A token for some lines may act for these only. */
export const mayUse = ({ caller }: SendblueState, number: string): boolean =>
  caller === null || caller.numbers.length === 0 || caller.numbers.includes(number)

/** Whether the caller has a token for some of the account's lines. */
export const isOfLines = ({ caller }: SendblueState): boolean => caller !== null && caller.numbers.length > 0

/** The group of a line with exactly these numbers. */
export const findGroup = (state: SendblueState, line: string, numbers: ReadonlyArray<string>): Group | undefined =>
  Array.from(state.groups.values()).find((group) =>
    group.line === line && group.numbers.length === numbers.length &&
    numbers.every((number) => group.numbers.includes(number))
  )

export const openGroup = (state: SendblueState, line: string, numbers: ReadonlyArray<string>): Group => {
  const now = state.world.time.now()
  const group: Group = {
    id: `sb_group_${state.world.ids.uuid()}`,
    line,
    numbers: [...numbers],
    name: null,
    photo: null,
    createdAt: now,
    updatedAt: now
  }
  state.groups.set(group.id, group)
  return group
}
