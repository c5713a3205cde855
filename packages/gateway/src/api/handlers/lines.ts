/** Lines: their health, forwarding and contact cards. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Messaging } from "@interline/core/Messaging"
import { Router } from "@interline/router/Router"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { toProblem } from "../../http/toProblem.ts"
import { GatewayApi } from "../Api.ts"
import * as ResolveAddress from "../resolveAddress.ts"

export const lines = HttpApiBuilder.group(GatewayApi, "lines", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const router = yield* Router
    return handlers
      .handle("listLines", () =>
        Effect.zipWith(toProblem(messaging.listLines()), router.health, (lines, states) => ({
          items: lines.map((line) => {
            const state = states.find(({ carrierId, line: name }) => carrierId === line.carrierId && name === line.name)
            return state === undefined ? line : { ...line, newContacts: state.newContacts }
          })
        })))
      .handle("checkLines", () => toProblem(router.checkLines))
      .handle("setForwarding", ({ path, payload }) => toProblem(messaging.setForwarding(path.line, payload.number)))
      .handle("getContactCard", ({ path }) =>
        Effect.flatMap(
          toProblem(messaging.getContactCard(path.line)),
          Option.match({ onNone: () => ResolveAddress.notFound("the line has no contact card"), onSome: Effect.succeed })
        ))
      .handle("setContactCard", ({ path, payload }) => toProblem(messaging.setContactCard(path.line, payload)))
      .handle("lookupService", ({ payload }) => toProblem(messaging.lookupService(payload.handle, payload.line)))
  }))
