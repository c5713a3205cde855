/**
 * The simulation's model vendors against the sandbox: each fault, once at a model vendor, once through the real adapter over
 * HTTP. The sandbox knows nothing of the model, so what both say is no misreading of one of them.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import type { Progress, SendRequest } from "@interline/core/OperationSignatures"
import * as Outcome from "@interline/core/Outcome"
import type * as Model from "@interline/router/Model"
import * as Simulation from "@interline/router/Simulation"
import * as Fault from "@interline/sandbox/Fault"
import * as Effect from "effect/Effect"
import { later } from "../support/clock.ts"
import { ada, support, type Vendor, world } from "../support/sandbox.ts"

const vendors = ["linq", "sendblue"] as const satisfies ReadonlyArray<Vendor>

const path = { linq: "/v3/chats$", sendblue: "/api/send-message$" } as const

/** The sandbox's parameters of what a body may say. */
const bodies = {
  "4000": { errorCode: 4000 },
  "402": { errorCode: 402, errorMessage: "OPTED_OUT" },
  "10001": { errorCode: 10_001 },
  "10002": { errorCode: 10_002 },
  "10002-accepted": { errorCode: 10_002, accepted: true },
  "5000-accepted": { errorCode: 5000, accepted: true },
  "22-accepted": { errorCode: 22, accepted: true }
} as const satisfies Record<Model.ErrorBody, Fault.FaultParams>

interface Script {
  readonly name: string
  readonly params: Fault.FaultParams
  readonly model: Omit<Model.Probe, "carrier">
}

const scripts = (kind: Model.FaultKind): ReadonlyArray<Script> => {
  switch (kind) {
    case "200-error-body":
      return Simulation.errorBodies.map((body) => ({ name: `${kind} ${body}`, params: bodies[body], model: { kind, body } }))
    case "delay":
      return [
        { name: `${kind} before the vendor handles it`, params: { ms: 60_000, when: "before" }, model: { kind, lateAt: "vendor" } },
        { name: `${kind} on the way back`, params: { ms: 60_000, when: "after" }, model: { kind, lateAt: "answer" } }
      ]
    case "429":
      return [0, 8549].map((retryAfter) => ({ name: `${kind} ${retryAfter}`, params: { retryAfter }, model: { kind, retryAfter } }))
    case "5xx-before":
    case "5xx-after":
      return [500, 503].map((status) => ({ name: `${kind} ${status}`, params: { status }, model: { kind } }))
    case "late-listing":
      return [{ name: kind, params: { ms: 60_000 }, model: { kind } }]
    case "webhook-late":
      return [{ name: kind, params: { ms: 60_000 }, model: { kind } }]
    default:
      return [{ name: kind, params: {}, model: { kind } }]
  }
}

const silent = new Set<Model.FaultKind>(["hang-before", "ack-lost-hang", "delay"])

/** The same probe, over HTTP. */
const throughTheAdapter = (vendor: Vendor, kind: Model.FaultKind, params: Fault.FaultParams) =>
  Effect.gen(function*() {
    const { carrier, network } = yield* world(vendor, { timeout: silent.has(kind) ? "300 millis" : "10 seconds", retry: { times: 0 } })
    const copies = Effect.map(network.phone(ada), ({ messages }) => messages.filter(({ text }) => text === "the text").length)
    yield* network.addFault({
      vendor,
      kind,
      ...(kind === "refused" || kind.startsWith("webhook-") ? {} : { match: { method: "POST", path: path[vendor] } }),
      times: kind === "refused" ? "forever" : 1,
      ...params
    })
    let progress: Progress | undefined
    const request: SendRequest = {
      deliveryId: yield* DeliveryId.mint,
      generation: 1,
      conversation: Conversation.direct(support, ada),
      draft: Draft.text("the text"),
      fidelity: "adapt",
      retry: { times: 0 },
      onProgress: (at) =>
        Effect.sync(() => {
          progress = at
        })
    }
    const outcome = yield* carrier.send(request)
    const then = yield* copies
    const find = Effect.gen(function*() {
      const send = carrier.reconciliation?.send
      if (send === undefined || progress === undefined) return yield* Effect.dieMessage("nothing to look with")
      const ref = outcome._tag === "Unknown" ? outcome.evidence.ref : undefined
      const { _tag } = yield* send.find(request, progress, {
        taken: () => Effect.succeed(new Set()),
        rivals: 0,
        ...(ref === undefined ? {} : { ref })
      })
      return _tag
    })
    const findings: Array<string> = []
    if (outcome._tag === "Unknown") {
      findings.push(yield* find)
      yield* network.advance("2 minutes")
      findings.push(yield* later("2 minutes")(find))
    }
    yield* network.advance("2 minutes")
    return { outcome: outcome._tag, reason: Outcome.error(outcome)?.reason, copies: then, findings, copiesInTheEnd: yield* copies }
  })

it("the model has the sandbox's faults", () => {
  const ofRequests = Object.keys(Fault.faults).filter((kind) => !kind.startsWith("stream-"))
  expect([...Simulation.faultKinds].sort()).toEqual(ofRequests.sort())
})

/** Answers of status 200 that mean "no" exist at one vendor only; the sandbox refuses to script them for the other. */
const exists = (vendor: Vendor, kind: Model.FaultKind): boolean => vendor === "sendblue" || kind !== "200-error-body"

for (const vendor of vendors) {
  describe.concurrent(`the model of ${vendor} and the sandbox agree on`, () => {
    for (const kind of Simulation.faultKinds.filter((kind) => exists(vendor, kind))) {
      for (const { model, name, params } of scripts(kind)) {
        it.scopedLive(name, () =>
          Effect.gen(function*() {
            expect(Simulation.probe({ carrier: vendor, ...model })).toEqual(yield* throughTheAdapter(vendor, kind, params))
          }))
      }
    }
  })
}
