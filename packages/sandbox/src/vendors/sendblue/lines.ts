/** Lines at Sendblue: their state, and where their calls go. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import type { Line } from "../../world/model.ts"
import type { Call, Handler, Route } from "../../http/pathTable.ts"
import * as Router from "../../http/pathTable.ts"
import * as Worlds from "../../world/world.ts"
import type { Refusal } from "./refusal.ts"
import * as Refuse from "./refusal.ts"
import * as Requests from "./requests.ts"
import type { SendblueState } from "./state.ts"

const lineState = (state: SendblueState): Handler<Refusal> => () =>
  Effect.sync(() =>
    Http.json(200, {
      status: "OK",
      snapshot_at: Json.iso(state.world.time.now()),
      data: Worlds.linesOf(state.world, "sendblue").map((line) => ({
        worker_id: line.id,
        sendblue_number: line.number,
        status: line.flagged ? "DEGRADED" : "ONLINE",
        assignment: "assigned"
      }))
    })
  )

const list = (state: SendblueState): Handler<Refusal> => () =>
  Effect.sync(() => Http.json(200, { numbers: Worlds.linesOf(state.world, "sendblue").map(({ number }) => number) }))

const find = (state: SendblueState, call: Call): Effect.Effect<Line, Refusal> => {
  const line = Worlds.ownLine(state.world, "sendblue", Router.param(call, "number"))
  return line === undefined ? Refuse.refuse(404, "Line not found") : Effect.succeed(line)
}

const forwarding = ({ forwarding: to, number }: Line) =>
  Http.json(200, { forwarding_number: to, sendblue_number: number })

const setForwarding = (state: SendblueState): Handler<Refusal> => (call) =>
  Effect.gen(function*() {
    const line = yield* find(state, call)
    const to = Requests.text(yield* Requests.body(call), "forwarding_number")
    if (to === undefined || !Json.isE164(to)) return yield* Refuse.refuse(400, "Invalid forwarding_number")
    line.forwarding = to
    return forwarding(line)
  })

const clearForwarding = (state: SendblueState): Handler<Refusal> => (call) =>
  Effect.map(find(state, call), (line) => {
    line.forwarding = null
    return forwarding(line)
  })

export const routes = (state: SendblueState): ReadonlyArray<Route<Refusal>> => [
  ["GET", "/api/v2/lines/state", lineState(state)],
  ["GET", "/api/lines", list(state)],
  ["GET", "/api/lines/:number/call-forwarding", (call) => Effect.map(find(state, call), forwarding)],
  ["PUT", "/api/lines/:number/call-forwarding", setForwarding(state)],
  ["DELETE", "/api/lines/:number/call-forwarding", clearForwarding(state)]
]
