/**
 * Models the engine that decides which process owns which shard. A process that is gone loses its shards after some seconds, and so does a
 * process that is frozen. A frozen process that goes on still believes that it owns them until it notices, so a shard has two owners for a
 * moment. Shards also move for no reason: the old owner gives them up before the new one takes them.
 */
import type { Queue } from "../vendors/queue.ts"
import type { Random } from "../vendors/random.ts"
import type { Machine } from "./machine.ts"

/** A process as the engine knows it. */
export interface Member {
  readonly machine: Machine
  /** Gives it a shard. */
  readonly give: (shard: number) => void
  /** Asks it to give up a shard. Calls `onGivenUp` when it has. */
  readonly take: (shard: number, onGivenUp: () => void) => void
  /** It notices that it has lost all shards but those for which `isOwned` is true. */
  readonly notice: (isOwned: (shard: number) => boolean) => void
}

export interface Placement<M extends Member> {
  /** The owner of a shard as another process sees it. The answer may be out of date, and it may be a process that is gone. */
  readonly findOwner: (shard: number) => M | undefined
  /** Whether a shard was taken from a process that had not given it up, at `at` or later. Crashes do not count. */
  readonly wasForced: (shard: number, at: number) => boolean
  readonly join: (member: M) => void
  readonly lose: (member: M) => void
  /** The process is frozen now. */
  readonly freeze: (member: M) => void
  /** The process goes on. */
  readonly thaw: (member: M) => void
  /** Moves a shard to another process. */
  readonly move: (shard: number) => void
}

interface Seat<M> {
  owner: M | undefined
  /** The owner before, and until when others still see it as the owner. */
  before: M | undefined
  seenUntil: number
  /** Counts the changes. What was planned for an earlier state of the seat finds another number here. */
  turn: number
  forcedAt: number
}

const seconds = 1000

/** A frozen process loses its shards after this time, in milliseconds. */
const expiry = 15 * seconds

/** After this time, in milliseconds, a process that goes on has noticed which shards it has lost. */
export const longestUnnoticed = 1 * seconds

/** How long the owner may take to give up a shard, in milliseconds. */
export const longestRelease = 15 * seconds

export const make = <M extends Member>(
  queue: Queue,
  random: Random,
  shards: ReadonlyArray<number>,
  say: (what: string) => void
): Placement<M> => {
  const members = new Set<M>()
  const suspects = new Set<M>()
  const seats = new Map(shards.map((shard): [number, Seat<M>] => [
    shard,
    { owner: undefined, before: undefined, seenUntil: 0, turn: 0, forcedAt: Number.NEGATIVE_INFINITY }
  ]))
  const after = (millis: number, run: () => void): void => queue.at(queue.now() + millis, run)

  const findOther = (than: M | undefined): M | undefined => {
    const others = Array.from(members).filter((member) => member !== than && !suspects.has(member))
    return others[random.int(others.length)]
  }

  const isStillFrozen = ({ machine }: M, since: number): boolean => machine.isUp() && machine.isFrozen() && machine.frozenAt() === since

  const change = (seat: Seat<M>, owner: M | undefined): number => {
    if (seat.owner !== undefined) seat.before = seat.owner
    seat.owner = owner
    seat.seenUntil = queue.now() + (random.chance(0.5) ? 0 : random.between(0, seconds))
    seat.turn += 1
    return seat.turn
  }

  const assign = (shard: number, seat: Seat<M>, owner: M | undefined): void => {
    const turn = change(seat, owner)
    if (owner === undefined) return
    after(random.between(0, seconds), () => {
      if (seat.turn !== turn || !owner.machine.isUp()) return
      owner.give(shard)
      if (owner.machine.isFrozen()) expire(shard, seat, owner)
    })
  }

  /** Takes a shard from a process if that is still frozen some time later. */
  const expire = (shard: number, seat: Seat<M>, owner: M): void => {
    const { turn } = seat
    const since = owner.machine.frozenAt()
    queue.at(Math.max(queue.now(), since + expiry), () => {
      const other = findOther(owner)
      if (seat.turn !== turn || other === undefined || !isStillFrozen(owner, since)) return
      suspects.add(owner)
      seat.forcedAt = queue.now()
      say(`shard ${shard} is taken from a frozen process`)
      assign(shard, seat, other)
    })
  }

  const handOver = (shard: number, seat: Seat<M>, owner: M, to: M): void => {
    const turn = change(seat, undefined)
    say(`shard ${shard} is to move`)
    const next = (isForced: boolean) => () => {
      if (seat.turn !== turn) return
      if (isForced) seat.forcedAt = queue.now()
      assign(shard, seat, members.has(to) ? to : findOther(undefined))
    }
    owner.take(shard, next(false))
    after(longestRelease, next(true))
  }

  const move = (shard: number): void => {
    const seat = seats.get(shard)
    const owner = seat?.owner
    if (seat === undefined || owner === undefined || !owner.machine.isUp() || owner.machine.isFrozen()) return
    const other = findOther(owner)
    if (other !== undefined) handOver(shard, seat, owner, other)
  }

  const fillVacant = (member: M): void => {
    for (const [shard, seat] of seats) {
      if (seat.owner === undefined && (seat.before === undefined || !members.has(seat.before))) assign(shard, seat, member)
    }
  }

  return {
    findOwner: (shard) => {
      const seat = seats.get(shard)
      return seat === undefined ? undefined : queue.now() < seat.seenUntil ? seat.before ?? seat.owner : seat.owner
    },
    wasForced: (shard, at) => (seats.get(shard)?.forcedAt ?? Number.NEGATIVE_INFINITY) >= at,
    join: (member) => {
      members.add(member)
      fillVacant(member)
      for (const [shard, seat] of seats) {
        const { owner } = seat
        if (owner === undefined || owner === member || !random.chance(0.4)) continue
        after(random.between(0.5 * seconds, 4 * seconds), () => {
          if (seat.owner === owner && owner.machine.isUp() && !owner.machine.isFrozen() && members.has(member)) {
            handOver(shard, seat, owner, member)
          }
        })
      }
    },
    lose: (member) =>
      after(random.between(4 * seconds, 16 * seconds), () => {
        members.delete(member)
        for (const [shard, seat] of seats) if (seat.owner === member) assign(shard, seat, findOther(member))
      }),
    freeze: (member) => {
      for (const [shard, seat] of seats) if (seat.owner === member) expire(shard, seat, member)
    },
    thaw: (member) => {
      suspects.delete(member)
      fillVacant(member)
      after(random.between(0, longestUnnoticed), () => member.notice((shard) => seats.get(shard)?.owner === member))
    },
    move
  }
}
