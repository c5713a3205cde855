/** Serves lines at Sendblue: their state, and the number that gets their calls. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as PathTable from "../../http/pathTable.ts"
import type { Line } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import type { SendblueState } from "./state.ts"

/** The state of a line, as lists and events have it. */
export const stateOf = (state: SendblueState, line: Line) => {
  const changedAt = state.lineChanges.get(line.number)
  return {
    worker_id: line.id,
    sendblue_number: line.number,
    status: line.flagged ? "DEGRADED" : "ONLINE",
    assignment: line.endsAt === null ? "assigned" : "grace_period",
    ...(line.endsAt === null ? {} : { effective_until: Json.iso(line.endsAt) }),
    status_changed_at: changedAt === undefined ? null : Json.iso(changedAt)
  }
}

const lineState = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => () =>
  Effect.sync(() =>
    Http.json(200, {
      status: "OK",
      snapshot_at: Json.iso(state.world.time.now()),
      data: World.linesOf(state.world, "sendblue").map((line) => stateOf(state, line))
    })
  )

const list = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => () =>
  Effect.sync(() => Http.json(200, { numbers: World.linesOf(state.world, "sendblue").map(({ number }) => number) }))

const find = (state: SendblueState, call: PathTable.Call): Effect.Effect<Line, Refusal.Refusal> => {
  const line = World.ownLine(state.world, "sendblue", PathTable.param(call, "number"))
  return line === undefined ? Refusal.refuse(404, "Line not found") : Effect.succeed(line)
}

const forwarding = ({ forwarding: to, number }: Line) => Http.json(200, { forwarding_number: to, sendblue_number: number })

const setForwarding = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const line = yield* find(state, call)
    const to = Requests.text(yield* Requests.body(call), "forwarding_number")
    if (to === undefined || !Json.isE164(to)) return yield* Refusal.refuse(400, "Invalid forwarding_number")
    line.forwarding = to
    return forwarding(line)
  })

const clearForwarding = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(find(state, call), (line) => {
    line.forwarding = null
    return forwarding(line)
  })

export const routes = (state: SendblueState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["GET", "/api/v2/lines/state", lineState(state)],
  ["GET", "/api/lines", list(state)],
  ["GET", "/api/lines/:number/call-forwarding", (call) => Effect.map(find(state, call), forwarding)],
  ["PUT", "/api/lines/:number/call-forwarding", setForwarding(state)],
  ["DELETE", "/api/lines/:number/call-forwarding", clearForwarding(state)]
]
