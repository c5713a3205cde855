/** Runs one send to one model vendor. The first request has a fault, and looks follow if the answer is lost. */
import * as CarrierId from "@interline/core/CarrierId"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Finding } from "@interline/core/OperationSignatures"
import * as Looks from "../judge/looks.ts"
import type { Probe, Probed } from "../Model.ts"
import type * as Fates from "../vendors/fates.ts"
import * as Queue from "../vendors/queue.ts"
import * as Vendor from "../vendors/vendor.ts"
import * as Scenario from "./scenario.ts"
import * as Setup from "./setup.ts"

const calm = { ...Setup.defaultFaults, rate: 0, refusals: 0, outages: 0, crashes: 0, departures: 0, optOuts: 0, lists: 0, processes: 0 }

const fine: Fates.Fate = {
  kind: undefined,
  refusal: undefined,
  body: "10001",
  there: 1,
  waits: 0,
  back: 1,
  lag: 0,
  gap: false,
  retryAfter: 1,
  unconnected: "refused",
  broke: "reset"
}

const patience = 30_000
const later = 120_000

export const probe = ({ body = "10001", carrier, kind, lateAt = "vendor", retryAfter = 1 }: Probe): Probed => {
  const [configured] = Setup.configured([carrier])
  const id = CarrierId.make(carrier)
  const way = configured?.way ?? "list"
  const scenario = Scenario.make(1, [{ id, way }], calm, 1)
  const queue = Queue.make(Scenario.start)
  const arrived: Array<Fates.Row> = []
  const plan = { id, way, skew: 0, keepsKeys: Scenario.replayFor, outages: [], flagged: [], webhooks: 0, limit: undefined }
  const vendor = Vendor.make({ scenario, plan, place: 0, queue, arrive: (row) => arrived.push(row), notify: () => undefined })
  const parcel: Fates.Parcel = { delivery: 0, generation: 1, step: 0, parts: [0], person: Scenario.stranger, text: 0 }
  const startedAt = queue.now()

  let answer: Vendor.Answer | undefined
  const late = kind === "delay" ? patience + later / 4 : 0
  const fate: Fates.Fate = {
    ...fine,
    kind,
    body,
    retryAfter,
    waits: lateAt === "vendor" ? late : 0,
    back: lateAt === "answer" ? fine.back + late : fine.back,
    lag: kind === "late-listing" ? later / 2 : 0
  }
  queue.at(startedAt, () =>
    vendor.receive(parcel, fate, (given) => {
      if (queue.now() < startedAt + patience) answer = given
    }))

  let copies = 0
  const findings: Array<Finding["_tag"]> = []
  const named = (): string | undefined => answer?._tag === "Failed" ? answer.ref?.receipt.ref.id : undefined
  const look = (): void => {
    if (way === "list") {
      findings.push(
        Looks.read(
          { vendor, parcel, fate: fine, startedAt, times: { sentAt: queue.now(), shown: queue.now(), answered: queue.now() } },
          { rivals: 0, named: named() },
          {}
        )._tag
      )
      return
    }
    vendor.receive(parcel, fine, (given) => {
      findings.push(given._tag === "Took" ? "Found" : "Unproven")
    })
  }
  const isLost = (): boolean => answer === undefined || (answer._tag === "Failed" && answer.error.certainty === "unknown")
  queue.at(startedAt + patience, () => {
    copies = arrived.length
    if (!isLost()) return
    look()
    queue.at(queue.now() + later, look)
  })
  queue.run(1_000)

  const error: MessagingError | undefined = answer === undefined
    ? vendor.errors.late("unknown", "network")
    : answer._tag === "Failed"
    ? answer.error
    : undefined
  return {
    outcome: error === undefined ? "Accepted" : error.certainty === "unknown" ? "Unknown" : "Rejected",
    reason: error?.reason,
    copies,
    findings,
    copiesInTheEnd: arrived.length
  }
}
