/** What the phones and the vendors say of a run, against what the client was told. */
import * as Effect from "effect/Effect"
import * as Client from "./client.ts"
import * as Message from "./message.ts"
import type * as Vendors from "./vendors.ts"
import * as World from "./world.ts"

/** A promise that was broken, with what is known of it. */
export interface Broken {
  readonly what: keyof Verdict["counts"]
  readonly message: Message.Message
  readonly story: string
}

export interface Verdict {
  readonly counts: {
    /** Copies on a phone beyond the first. */
    readonly copies: number
    /** Answered as sent, and on no phone. */
    readonly losses: number
    /** Answered as not sent, and on a phone. */
    readonly falseNotSent: number
    /** On a phone after a later one of the same conversation. */
    readonly outOfOrder: number
    /** At a vendor while another one of the same conversation was there. */
    readonly overlaps: number
    /**
     * Under a key, and the client never got an answer that says what became of it. One that is held and on no phone does not count: a
     * vendor that cannot be asked never says that it did not take it.
     */
    readonly open: number
  }
  readonly sends: number
  /** Answered as sent. */
  readonly sent: number
  /** Answered as not sent. */
  readonly notSent: number
  /** Under a key, held at last, and on no phone. */
  readonly held: number
  /** Without a key, and without an answer that says what became of it. */
  readonly unknown: number
  /** The longest time for an answer, in milliseconds. */
  readonly slowest: number
  readonly broken: ReadonlyArray<Broken>
  /** What is known of a send. */
  readonly tell: (sent: Client.Sent) => string
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

/** What happened to a message, in order of time, from the first request on. */
const story = (
  message: Message.Message,
  sent: Client.Sent | undefined,
  arrivals: ReadonlyArray<Vendors.Arrival>,
  received: number
): string => {
  const begin = sent?.at ?? arrivals[0]?.at ?? 0
  const events = [
    ...(sent?.tries ?? []).map(({ answer, at, endedAt, process }) =>
      [at, `asked process ${process} at ${seconds(at - begin)}, ${answer} at ${seconds(endedAt - begin)}`] as const
    ),
    ...arrivals.map(({ at, endedAt, process, vendor }) =>
      [
        at,
        `process ${process} sent it to ${vendor} at ${seconds(at - begin)}${
          endedAt === undefined ? ", no end" : `, until ${seconds(endedAt - begin)}`
        }`
      ] as const
    )
  ]
  const told = events.sort(([left], [right]) => left - right).map(([, said]) => said)
  const shown = told.length > 12 ? [...told.slice(0, 6), `… ${told.length - 12} more …`, ...told.slice(-6)] : told
  return `${Message.name(message)}${sent?.key === undefined ? "" : " under a key"}: ${
    sent?.outcome ?? "no answer"
  }, ${received} on the phone; ${shown.join("; ")}`
}

const group = <A extends Message.Message>(all: ReadonlyArray<A>): ReadonlyMap<number, ReadonlyArray<A>> => {
  const groups = new Map<number, Array<A>>()
  for (const one of all) {
    const found = groups.get(one.conversation)
    if (found === undefined) groups.set(one.conversation, [one])
    else found.push(one)
  }
  return groups
}

/** Those that have a later one before them, with the latest of these. */
const overtaken = (numbers: ReadonlyArray<number>): ReadonlyArray<readonly [number: number, by: number]> => {
  let latest = -1
  return [...new Set(numbers)].flatMap((number) => {
    const by = latest
    latest = Math.max(latest, number)
    return number < by ? [[number, by] as const] : []
  })
}

/**
 * Those that began while an earlier one had not ended, with that one. The same message may come twice: its next owner looks for it at Linq under its own
 * key, while the request of a process that is gone or was frozen is on its way. Whether a phone has it twice is judged by its copies.
 */
const overlapping = (
  arrivals: ReadonlyArray<Vendors.Arrival>
): ReadonlyArray<readonly [later: Vendors.Arrival, earlier: Vendors.Arrival]> => {
  const [first, ...rest] = [...arrivals].sort((left, right) => left.at - right.at)
  if (first === undefined) return []
  let last = first
  return rest.flatMap((one) => {
    const earlier = last
    if ((one.endedAt ?? Infinity) > (earlier.endedAt ?? Infinity)) last = one
    return one.at < (earlier.endedAt ?? Infinity) && one.number !== earlier.number ? [[one, earlier] as const] : []
  })
}

const tally = (broken: ReadonlyArray<Broken>, what: Broken["what"]): number => broken.filter((one) => one.what === what).length

/** What is on the phones, by conversation, in the order of arrival. */
const phones = (world: World.World): Effect.Effect<ReadonlyMap<number, ReadonlyArray<Message.Message>>> =>
  Effect.map(
    world.sandbox.network.phones,
    (all) => group(all.flatMap(({ messages }) => messages.flatMap(({ text }) => Message.find(text ?? "none") ?? [])))
  )

export const judge = (world: World.World, { sent }: Client.Client): Effect.Effect<Verdict> =>
  Effect.map(phones(world), (received) => {
    const broken: Array<Broken> = []
    const arrivals = group(world.vendors.arrivals)
    const sends = group(sent)
    let held = 0
    const tellOf = (message: Message.Message) =>
      story(
        message,
        sends.get(message.conversation)?.find(({ number }) => number === message.number),
        (arrivals.get(message.conversation) ?? []).filter(({ number }) => number === message.number),
        (received.get(message.conversation) ?? []).filter(({ number }) => number === message.number).length
      )
    for (const [conversation, mine] of sends) {
      const got = (received.get(conversation) ?? []).map(({ number }) => number)
      const came = arrivals.get(conversation) ?? []
      const tell = (number: number) => tellOf({ conversation, number })
      const say = (what: Broken["what"], number: number, other?: number) => {
        const told = other === undefined || other === number ? tell(number) : `${tell(number)}. The other one: ${tell(other)}`
        broken.push({ what, message: { conversation, number }, story: told })
      }
      for (const { key, number, outcome, tries } of mine) {
        const copies = got.filter((other) => other === number).length
        for (let copy = 1; copy < copies; copy++) say("copies", number)
        if (outcome === "sent" && copies === 0) say("losses", number)
        if (outcome === "not-sent" && copies > 0) say("falseNotSent", number)
        const isOpen = key !== undefined && (outcome === undefined || outcome === "unknown")
        // the last process that was asked may not be there
        const isHeld = isOpen && copies === 0 && tries.findLast(({ answer }) => !Client.isNobody(answer))?.answer === Client.held
        if (isHeld) held += 1
        else if (isOpen) say("open", number)
      }
      for (const [number, by] of overtaken(got)) say("outOfOrder", number, by)
      for (const [later, earlier] of overlapping(came)) say("overlaps", later.number, earlier.number)
    }
    return {
      counts: {
        copies: tally(broken, "copies"),
        losses: tally(broken, "losses"),
        falseNotSent: tally(broken, "falseNotSent"),
        outOfOrder: tally(broken, "outOfOrder"),
        overlaps: tally(broken, "overlaps"),
        open: tally(broken, "open")
      },
      sends: sent.length,
      sent: sent.filter(({ outcome }) => outcome === "sent").length,
      notSent: sent.filter(({ outcome }) => outcome === "not-sent").length,
      held,
      unknown: sent.filter(({ key, outcome }) => key === undefined && outcome !== "sent" && outcome !== "not-sent").length,
      slowest: Math.max(0, ...sent.map(({ at, endedAt }) => (endedAt ?? performance.now()) - at)),
      broken,
      tell: tellOf
    }
  })

/**
 * When each conversation of a process that is gone went on after `since`, in milliseconds, and undefined for one that has not. A conversation goes on
 * when a vendor gets a send of it, or when a process says of one that it is held: then its client may wait for ever, and its process does not. `counts`
 * says which conversations do not wait for that very process.
 */
const goneOn = (
  { vendors }: World.World,
  { sent }: Client.Client,
  process: number,
  since: number,
  counts: (conversation: number) => boolean = () => true
): ReadonlyArray<number | undefined> => {
  const all: Array<number | undefined> = []
  const sends = group(sent)
  for (const [conversation, came] of group(vendors.arrivals)) {
    const before = came.filter(({ at }) => at < since).at(-1)
    if (before?.process !== process || !counts(conversation)) continue
    const held = (sends.get(conversation) ?? []).flatMap(({ tries }) =>
      tries.flatMap(({ answer, endedAt }) => answer === Client.held && endedAt >= since ? [endedAt] : [])
    )
    const sentOn = came.flatMap(({ at }) => at >= since ? [at] : [])
    const [first] = [...held, ...sentOn].sort((left, right) => left - right)
    all.push(first)
  }
  return all
}

/** How long each conversation of a process that is gone stood still, from `since` on, in milliseconds. One that stands still has stood until now. */
export const stalls = (...given: Parameters<typeof goneOn>): ReadonlyArray<number> => {
  const [, , , since] = given
  return goneOn(...given).map((at = performance.now()) => at - since)
}

/** The longest of them, or 0. */
export const stall = (...given: Parameters<typeof goneOn>): number => Math.max(0, ...stalls(...given))

/** How many conversations of a process that is gone still stand. */
export const standing = (...given: Parameters<typeof goneOn>): number => goneOn(...given).filter((at) => at === undefined).length

/** How long is waited at most for conversations that stand still, in milliseconds. */
const patience = 150_000

/** Waits until all conversations of a process that is gone have gone on, and says how long each stood still. */
export const wentOn = (world: World.World, client: Client.Client, process: number, since: number): Effect.Effect<ReadonlyArray<number>> =>
  Effect.map(
    Effect.repeat(Effect.delay(Effect.sync(() => standing(world, client, process, since)), "250 millis"), {
      until: (many) => many === 0 || performance.now() - since > patience
    }),
    () => stalls(world, client, process, since)
  )
