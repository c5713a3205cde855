/** Keeps the fake phone network: people, lines, messages, and the content of each phone. */
import type { Vendor } from "./Fault.ts"
import type { Ids } from "./ids.ts"
import type { LineLimits } from "./LineLimits.ts"
import type { Line, Message, NetworkEvent, Part, Person, Phone, Placement, PollOption, Reaction, Service, Status } from "./model.ts"
import type { Time } from "./time.ts"

export interface World {
  readonly time: Time
  readonly ids: Ids
  readonly statusDelay: number
  readonly newcomers: Service
  readonly people: Map<string, Person>
  readonly phones: Map<string, Phone>
  readonly lines: Map<string, Line>
  readonly messages: Map<string, Message>
  /** The vendors whose credentials have ended. */
  readonly locked: Set<Vendor>
  /** What lines may do for people who are new to them, at the vendor that has such limits. */
  lineLimits: Required<LineLimits>
  /** The effect of a fault on the sends of the current request. */
  weather: Weather
  /** These functions get every event that a vendor may report. */
  readonly listeners: Array<(event: NetworkEvent) => void>
}

export interface Weather {
  readonly downgrade?: boolean
  readonly listDelay?: number
}

export const defaultLines: ReadonlyArray<readonly [Vendor, string]> = [
  ["linq", "+12025550101"],
  ["linq", "+12025550102"],
  ["sendblue", "+12025550201"],
  ["sendblue", "+12025550202"]
]

/** The differences between the vendors in this module. */
interface Habits {
  readonly firstStatus: Status
  /** The statuses between the first status and `sent`. */
  readonly earlySteps: ReadonlyArray<Status>
  /** Whether the vendor accepts a message of a flagged line and fails it later. */
  readonly failsFlagged: boolean
  readonly inboundId: (uuid: string) => string
}

const habits: Readonly<Record<Vendor, Habits>> = {
  linq: { firstStatus: "pending", earlySteps: ["queued"], failsFlagged: false, inboundId: (uuid) => uuid },
  // Sendblue: inbound handles are upper-case GUIDs (docs.sendblue.com receiving-messages, read 2026-11-21).
  sendblue: { firstStatus: "queued", earlySteps: [], failsFlagged: true, inboundId: (uuid) => uuid.toUpperCase() }
}

export const make = (options: {
  readonly time: Time
  readonly ids: Ids
  readonly statusDelay: number
  readonly newcomers: Service
  readonly lineLimits: Required<LineLimits>
}): World => {
  const world: World = {
    ...options,
    weather: {},
    people: new Map(),
    phones: new Map(),
    lines: new Map(),
    messages: new Map(),
    locked: new Set(),
    listeners: []
  }
  for (const [vendor, number] of defaultLines) addLine(world, vendor, number)
  return world
}

export const addLine = (world: World, vendor: Vendor, number: string): Line => {
  const known = world.lines.get(number)
  if (known !== undefined && known.vendor === vendor) return known
  const line: Line = { id: world.ids.uuid(), vendor, number, flagged: false, forwarding: null, endsAt: null }
  world.lines.set(number, line)
  return line
}

export const linesOf = (world: World, vendor: Vendor): ReadonlyArray<Line> =>
  Array.from(world.lines.values()).filter((line) => line.vendor === vendor)

export const ownLine = (world: World, vendor: Vendor, number: string): Line | undefined => {
  const line = world.lines.get(number)
  return line?.vendor === vendor ? line : undefined
}

export const flagLine = (world: World, line: Line, flagged: boolean): void => {
  if (line.flagged === flagged) return
  line.flagged = flagged
  emit(world, { _tag: "Line", line, was: !flagged })
}

/** Takes a line away from its vendor's customer, or moves it to another part of the account. */
export const releaseLine = (world: World, line: Line, to: string | null): void => {
  if (world.lines.get(line.number) !== line) return
  world.lines.delete(line.number)
  emit(world, { _tag: "Released", line, to })
}

/** Ends the vendor's credentials. From now on the vendor refuses every request. */
export const endCredentials = (world: World, vendor: Vendor): void => {
  world.locked.add(vendor)
  emit(world, { _tag: "Credentials", vendor, at: world.time.now(), ended: true })
}

/** The person with a handle. A new handle gets a person with the default service, or with iMessage for an e-mail address. */
export const person = (world: World, handle: string): Person => {
  const known = world.people.get(handle)
  if (known !== undefined) return known
  const newcomer: Person = {
    handle,
    service: handle.includes("@") ? "iMessage" : world.newcomers,
    name: null,
    optedOutOf: new Set(),
    sharesLocation: undefined,
    sharingEnded: new Set()
  }
  world.people.set(handle, newcomer)
  return newcomer
}

export const phone = (world: World, handle: string): Phone => {
  const known = world.phones.get(handle)
  if (known !== undefined) return known
  const fresh: Phone = { handle, messages: [], typing: new Set(), readByLine: [], contactCards: [], locationRequests: [], calls: [] }
  world.phones.set(handle, fresh)
  return fresh
}

export const emit = (world: World, event: NetworkEvent): void => {
  for (const listener of world.listeners) listener(event)
}

/** The place that a person shares with the lines of a vendor. */
export const placeOf = (world: World, handle: string, vendor: Vendor): Person["sharesLocation"] => {
  const known = world.people.get(handle)
  return known === undefined || known.sharingEnded.has(vendor) ? undefined : known.sharesLocation
}

/** A person shares a place with everybody, or moves. Without a place, the person stops sharing. */
export const shareLocation = (world: World, handle: string, place: Person["sharesLocation"]): void => {
  const sharer = person(world, handle)
  const before = sharer.sharesLocation
  sharer.sharesLocation = place
  if (place !== undefined && before !== undefined && sharer.sharingEnded.size === 0) return
  if (place === undefined && before === undefined) return
  sharer.sharingEnded.clear()
  emit(world, { _tag: "Location", handle, on: place !== undefined, vendor: null })
}

/** A line of a vendor ends what a person shares with it. */
export const endSharing = (world: World, handle: string, vendor: Vendor): void => {
  person(world, handle).sharingEnded.add(vendor)
  emit(world, { _tag: "Location", handle, on: false, vendor })
}

/** The best service that all phones have. One phone without iMessage makes a group RCS or SMS. */
export const reach = (world: World, handles: ReadonlyArray<string>): Service => {
  const services = handles.map((handle) => person(world, handle).service)
  if (services.every((service) => service === "iMessage")) return "iMessage"
  return services.every((service) => service === "RCS") ? "RCS" : "SMS"
}

/**
 * Chooses the service of a message. Without a preferred service, it is the best service that all phones have. If the sender prefers RCS
 * or SMS, the message never goes by iMessage. It goes by RCS if RCS is that best service, else by SMS. If the sender prefers iMessage and
 * a phone lacks iMessage, the message reaches nobody.
 */
export const chooseService = (
  world: World,
  handles: ReadonlyArray<string>,
  preferred: Service | null
): { readonly service: Service; readonly reachable: boolean } => {
  const service = reach(world, handles)
  if (preferred === null) return { service, reachable: true }
  if (preferred === "iMessage") return { service: "iMessage", reachable: service === "iMessage" }
  return { service: service === "RCS" ? "RCS" : "SMS", reachable: true }
}

export interface Outbound {
  readonly vendor: Vendor
  readonly line: string
  readonly to: ReadonlyArray<string>
  readonly thread: string | null
  readonly group: boolean
  readonly parts: ReadonlyArray<Part>
  readonly effect?: Message["effect"]
  readonly replyTo?: Message["replyTo"]
  readonly preferredService?: Service | null
  readonly voiceMemo?: boolean
  readonly idempotencyKey?: string | null
  readonly traceId?: string
  readonly statusCallback?: string | null
  readonly carousel?: boolean
  readonly poll?: ReadonlyArray<string>
  readonly echo?: Message["echo"]
  readonly imessageOnly?: boolean
}

const pollOption = (world: World, by: string, text: string): PollOption => ({ id: world.ids.uuid(), text, by, votes: [] })

/** A person or a line adds options to a poll. */
export const addPollOptions = (world: World, message: Message, by: string, texts: ReadonlyArray<string>): void => {
  const added = texts.map((text) => pollOption(world, by, text))
  message.poll = [...(message.poll ?? []), ...added]
  message.updatedAt = world.time.now()
  emit(world, { _tag: "Poll", message, by, change: "options-added", options: added })
}

/** A person or a line gives a vote for an option, or takes it back. A vote that is there already changes nothing. */
export const vote = (world: World, message: Message, option: PollOption, by: string, add: boolean): void => {
  const others = option.votes.filter((known) => known.by !== by)
  const had = others.length < option.votes.length
  if (had === add) return
  const now = world.time.now()
  option.votes = add ? [...others, { by, at: now }] : others
  message.updatedAt = now
  emit(world, { _tag: "Poll", message, by, change: add ? "vote-added" : "vote-removed", options: [option] })
}

const failureOf = (
  world: World,
  outbound: Outbound,
  reachable: boolean,
  service: Service
): Message["failure"] => {
  if (outbound.imessageOnly === true && service !== "iMessage") {
    return { code: 4005, reason: "Recipient does not support this message type" }
  }
  if (!reachable) return { code: 4001, reason: "Message send failed" }
  if (habits[outbound.vendor].failsFlagged && world.lines.get(outbound.line)?.flagged === true) {
    return { code: 10001, reason: "message failed to send" }
  }
  return null
}

/** Accepts a message. The phones get it at once. Its status changes later. */
export const send = (world: World, outbound: Outbound): Message => {
  const now = world.time.now()
  const chosen = chooseService(world, outbound.to, outbound.preferredService ?? null)
  const downgrade = world.weather.downgrade === true && chosen.service !== "SMS"
  const service = downgrade ? "SMS" : chosen.service
  const failure = downgrade && outbound.preferredService === "iMessage"
    ? { code: 4001, reason: "Message send failed" }
    : failureOf(world, outbound, chosen.reachable, service)
  const message: Message = {
    id: world.ids.uuid(),
    vendor: outbound.vendor,
    direction: "outbound",
    line: outbound.line,
    from: outbound.line,
    to: outbound.to,
    thread: outbound.thread,
    group: outbound.group,
    parts: outbound.parts,
    effect: outbound.effect ?? null,
    replyTo: outbound.replyTo ?? null,
    preferredService: outbound.preferredService ?? null,
    service,
    downgraded: service === "SMS",
    voiceMemo: outbound.voiceMemo ?? false,
    status: habits[outbound.vendor].firstStatus,
    failure: null,
    createdAt: now,
    updatedAt: now,
    sentAt: null,
    recoveredAt: null,
    deliveredAt: null,
    readAt: null,
    listedAt: now + (world.weather.listDelay ?? 0),
    edits: [],
    reactions: [],
    deleted: false,
    idempotencyKey: outbound.idempotencyKey ?? null,
    traceId: outbound.traceId ?? world.ids.hex(32),
    statusCallback: outbound.statusCallback ?? null,
    carousel: outbound.carousel ?? false,
    despiteOptOutOf: new Set(outbound.to.filter((handle) => person(world, handle).optedOutOf.size > 0)),
    poll: outbound.poll?.map((text) => pollOption(world, outbound.line, text)) ?? null,
    echo: outbound.echo ?? {}
  }
  world.messages.set(message.id, message)
  if (failure === null) {
    for (const handle of outbound.to) {
      const receiver = phone(world, handle)
      receiver.messages.push(message.id)
      receiver.typing.delete(outbound.line)
    }
  }
  progress(world, message, failure)
  return message
}

const progress = (world: World, message: Message, failure: Message["failure"]): void => {
  const steps: Array<Status> = [...habits[message.vendor].earlySteps]
  if (failure !== null) steps.push("failed")
  else if (message.service === "SMS" || message.group) steps.push("sent")
  else steps.push("sent", "delivered")
  const step = (index: number): void => {
    const status = steps[index]
    if (status === undefined) return
    world.time.after(world.statusDelay, () => {
      // A person may read the message before its next status is due.
      if (message.readAt !== null) return
      if (status === "failed") message.failure = failure
      moveTo(world, message, status)
      step(index + 1)
    })
  }
  step(0)
}

export const moveTo = (world: World, message: Message, status: Status): void => {
  const now = world.time.now()
  if (status === "sent") message.sentAt = now
  if (status === "delivered") message.deliveredAt = now
  if (status === "read") {
    message.sentAt ??= now
    message.deliveredAt ??= now
    message.readAt = now
  }
  message.status = status
  message.updatedAt = now
  emit(world, { _tag: "Message", message, phase: status })
}

export interface Inbound {
  readonly vendor: Vendor
  readonly line: string
  readonly from: string
  readonly thread: string | null
  readonly group: boolean
  readonly parts: ReadonlyArray<Part>
  readonly effect: Message["effect"]
  readonly replyTo: Message["replyTo"]
  /** How long before now the message was written, in milliseconds. The vendor recovers such a message now. */
  readonly lateBy?: number
  readonly poll?: ReadonlyArray<string>
  readonly echo?: Message["echo"]
}

/** A message that a person wrote. The vendor keeps and reports nothing of a message that it drops. */
export const receive = (world: World, { lateBy, ...inbound }: Inbound, dropped = false): Message => {
  const now = world.time.now()
  const uuid = world.ids.uuid()
  const message: Message = {
    ...inbound,
    id: habits[inbound.vendor].inboundId(uuid),
    direction: "inbound",
    to: [inbound.line],
    preferredService: null,
    service: person(world, inbound.from).service,
    downgraded: false,
    voiceMemo: false,
    status: "received",
    failure: null,
    createdAt: now,
    updatedAt: now,
    sentAt: now - (lateBy ?? 0),
    recoveredAt: lateBy === undefined ? null : now,
    deliveredAt: null,
    readAt: null,
    listedAt: now,
    edits: [],
    reactions: [],
    deleted: false,
    idempotencyKey: null,
    traceId: world.ids.hex(32),
    statusCallback: null,
    carousel: false,
    despiteOptOutOf: new Set(),
    poll: inbound.poll?.map((text) => pollOption(world, inbound.from, text)) ?? null,
    echo: inbound.echo ?? {}
  }
  if (dropped) return message
  world.messages.set(message.id, message)
  emit(world, { _tag: "Message", message, phase: "received" })
  return message
}

/** Adds or removes a reaction. A person or a line has at most one reaction on each part, beside any number of stickers. */
export const react = (world: World, message: Message, reaction: Reaction, add: boolean): void => {
  const others = message.reactions.filter((known) =>
    known.sticker !== undefined || reaction.sticker !== undefined || known.by !== reaction.by || known.partIndex !== reaction.partIndex ||
    (!add && (known.type !== reaction.type || known.emoji !== reaction.emoji))
  )
  message.reactions = add ? [...others, reaction] : others
  message.updatedAt = world.time.now()
  emit(world, { _tag: "Reaction", message, reaction, added: add, mine: reaction.by === message.line })
}

/** Moves a sticker. */
export const moveSticker = (world: World, message: Message, id: string, placement: Partial<Placement>): void => {
  message.reactions = message.reactions.map((known) =>
    known.sticker?.id === id
      ? { ...known, sticker: { ...known.sticker, placement: { ...known.sticker.placement, ...placement } } }
      : known
  )
  message.updatedAt = world.time.now()
}

export const editPart = (world: World, message: Message, partIndex: number, text: string): void => {
  const now = world.time.now()
  message.parts = message.parts.map((part, index) =>
    index === partIndex && part.type === "text" ? { type: "text", value: text, decorations: null } : part
  )
  message.edits.push({ partIndex, text, at: now })
  message.updatedAt = now
  emit(world, { _tag: "Message", message, phase: "edited" })
}

export const messagesOf = (world: World, vendor: Vendor): ReadonlyArray<Message> =>
  Array.from(world.messages.values()).filter((message) =>
    message.vendor === vendor && !message.deleted && message.listedAt <= world.time.now()
  )

export const clear = (world: World): void => {
  world.time.clear()
  world.people.clear()
  world.phones.clear()
  world.lines.clear()
  world.messages.clear()
  world.locked.clear()
  for (const [vendor, number] of defaultLines) addLine(world, vendor, number)
}
