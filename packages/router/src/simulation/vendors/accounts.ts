/** Compares, at the end of a run, the answers to callers with the messages on the phones. */
import type { Outcome } from "@interline/core/Outcome"
import type { Complete } from "../../policy/Policy.ts"
import type { Dossier } from "../judge/deliveryRecord.ts"
import type { Oracle } from "../judge/invariants.ts"
import type { Report } from "../Model.ts"
import * as Scenario from "../runs/scenario.ts"
import type { Row } from "./fates.ts"
import type { Vendor } from "./vendor.ts"

/** The answer about one part of a delivery. */
type Said = "accepted" | "not-sent" | "unknown"

const saidOf = (outcome: Outcome | undefined, part: number): Said => {
  if (outcome === undefined) return "unknown"
  switch (outcome._tag) {
    case "Accepted":
      return "accepted"
    case "Rejected":
      return "not-sent"
    case "Unknown":
      // only the first request of a split draft may have left: an unknown outcome has no receipts
      return outcome.evidence.parts.includes(part) ? "unknown" : "not-sent"
    case "Partial":
      return outcome.receipts.some(({ parts }) => parts.includes(part))
        ? "accepted"
        : outcome.rest._tag === "Unknown" && outcome.rest.evidence.parts.includes(part)
        ? "unknown"
        : "not-sent"
  }
}

interface Account {
  readonly dossier: Dossier
  readonly said: Said
  /** The messages with this part that vendors took. Messages that vendors later reported as failed are included. */
  readonly taken: ReadonlyArray<Row>
  readonly arrived: ReadonlyArray<Row>
}

const accountOf = (dossier: Dossier, rows: ReadonlyArray<Row>, part: number): Account => {
  const taken = rows.filter((row) => row.parts.includes(part))
  return { dossier, said: saidOf(dossier.job.state?.result?.outcome, part), taken, arrived: taken.filter((row) => !row.failed) }
}

/** Whether the router left this copy behind because the policy allowed it. */
const isExcused = ({ dossier }: Account, row: Row): boolean => dossier.moved.get(row.generation)?.step === row.step

export const settle = (
  oracle: Oracle,
  policy: Complete,
  vendors: Iterable<Vendor>
): Pick<Report, "duplicates" | "falseAccepts" | "falseRejects"> => {
  const rows = new Map<number, Array<Row>>()
  for (const vendor of vendors) {
    for (const row of vendor.rows) {
      const known = rows.get(row.delivery)
      if (known === undefined) rows.set(row.delivery, [row])
      else known.push(row)
    }
  }
  let duplicates = 0
  let falseAccepts = 0
  let falseRejects = 0

  const alike = new Map<string, Array<Account>>()
  for (const dossier of oracle.dossiers) {
    const { send } = dossier.job
    let isDuplicate = false
    for (let part = 0; part < Scenario.partsOf(send.text); part += 1) {
      const account = accountOf(dossier, rows.get(send.index) ?? [], part)
      const copies = account.arrived.length
      if (copies > 1) {
        isDuplicate = true
        if (account.arrived.filter((row) => !isExcused(account, row)).length > 1) {
          oracle.violate("received-twice", send.index, `part ${part} arrived ${copies} times`)
        }
      }
      const key = `${send.person.index} ${send.text} ${part}`
      const others = alike.get(key)
      if (others === undefined) alike.set(key, [account])
      else others.push(account)
    }
    if (isDuplicate) duplicates += 1
  }

  // equal texts to one person look the same, so one copy may count for another as long as there are enough copies
  for (const accounts of alike.values()) {
    const unfounded = accounts.filter(({ said, taken }) => said === "accepted" && taken.length === 0)
    const unsaid = accounts.filter((account) => account.said === "not-sent" && account.arrived.some((row) => !isExcused(account, row)))
    const spare = accounts.filter(({ said, taken }) => said !== "accepted" && taken.length > 0).length
    const [accepted] = unfounded
    if (accepted !== undefined && unfounded.length > spare) {
      falseAccepts += unfounded.length - spare
      oracle.violate("accepted-but-not-received", accepted.dossier.job.send.index, "no vendor ever had it")
    }
    const [rejected] = unsaid
    if (rejected !== undefined && unsaid.length > unfounded.length) {
      falseRejects += unsaid.length - unfounded.length
      oracle.violate("not-sent-but-received", rejected.dossier.job.send.index, "the phone has it")
    }
  }

  for (const dossier of oracle.dossiers) check(oracle, policy, dossier)
  return { duplicates, falseAccepts, falseRejects }
}

const check = (oracle: Oracle, policy: Complete, { crashedAt, job, reported, moved, requests, startedAt, told }: Dossier): void => {
  const { send, state } = job
  const phase = state?.phase._tag
  // the process may go down while a send still waits for its lane: such a send gets no answer, and nothing was sent
  const wasLost = state === undefined && !job.waits
  if (
    phase !== "Done" && phase !== "Held" && !(wasLost && requests === 0) &&
    !(crashedAt < Number.POSITIVE_INFINITY && job.saved === undefined)
  ) {
    oracle.violate("no-answer", send.index, `it is ${phase ?? (startedAt === Number.POSITIVE_INFINITY ? "waiting" : "nowhere")} at the end`)
  }
  for (const { at, generation, step } of told) {
    const left = moved.get(generation)
    if (left !== undefined && left.step === step && at > left.at && !reported.has(generation)) {
      oracle.violate("late-arrival-unreported", send.index, `generation ${generation} was reported by its vendor, and nobody was told`)
    }
  }
  const steps = Scenario.partsOf(send.text)
  const carriers = state?.route.length ?? 1
  const window = Math.max(policy.reconcile.within, policy.deadlines.send)
  const looks = 6 + Math.ceil(window / (8 * policy.reconcile.every))
  const most = carriers * steps * (1 + policy.retry.times + looks)
  if (requests > most) oracle.violate("unbounded", send.index, `${requests} requests left, ${most} are the most`)
}
