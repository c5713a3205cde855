/** Lines: their health, forwarding and contact cards. And the carriers in use. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Capabilities from "@interline/core/Capabilities"
import type { CarrierId } from "@interline/core/CarrierId"
import type { LineHealth } from "@interline/core/Health"
import { Messaging } from "@interline/core/Messaging"
import type { MessagingService } from "@interline/core/MessagingService"
import { type LineState, Router } from "@interline/router/Router"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { toProblem } from "../../http/toProblem.ts"
import { GatewayApi } from "../Api.ts"
import type { Usage } from "../ApiSchema.ts"
import * as ResolveAddress from "../resolveAddress.ts"
import * as Notices from "./notices.ts"

/** The configured lines that are not ours any more, and that their carrier does not list. */
const goneFrom = (
  { carriers }: Pick<MessagingService, "carriers">,
  listed: ReadonlyArray<LineHealth>,
  states: ReadonlyArray<LineState>
): ReadonlyArray<LineHealth> =>
  states.flatMap(({ carrierId, gone, line: name }) => {
    const number = carriers.find(({ id }) => id === carrierId)?.lines.get(name)
    return gone !== true || number === undefined || listed.some((line) => line.carrierId === carrierId && line.number === number)
      ? []
      : [{ carrierId, name, number, status: "unknown", available: false, metadata: {} }]
  })

/** What is known of the new people that a line may write to, or why it is not known. */
const usageOf = ({ carriers }: Pick<MessagingService, "carriers">, carrierId: CarrierId, state: LineState | undefined): Usage => {
  if (state?.usage !== undefined) return state.usage
  const capabilities = carriers.find(({ id }) => id === carrierId)?.capabilities
  const tells = capabilities !== undefined && Capabilities.supports(capabilities, "listLineUsage")
  return { state: "unknown", why: tells ? "the vendor was not asked yet" : "the vendor does not tell it" }
}

export const lines = HttpApiBuilder.group(GatewayApi, "lines", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const router = yield* Router
    return handlers
      .handle("listLines", () =>
        Effect.map(
          Effect.all([toProblem(messaging.listLines()), router.health, router.notices]),
          ([lines, states, notices]) => ({
            items: [...lines, ...goneFrom(messaging, lines, states)].map((line) => {
              const state = states.find(({ carrierId, line: name }) => carrierId === line.carrierId && name === line.name)
              const about = notices.filter(({ carrierId, number }) => carrierId === line.carrierId && number === line.number)
              return {
                ...line,
                usage: usageOf(messaging, line.carrierId, state),
                ...(state === undefined ? {} : { newContacts: state.newContacts }),
                ...(state?.gone === true ? { gone: true } : {}),
                ...(about.length === 0 ? {} : { notices: about.map(Notices.show(messaging)) })
              }
            })
          })
        ))
      .handle("listLineUsage", () => Effect.map(toProblem(messaging.listLineUsage()), (items) => ({ items })))
      .handle("getContactStatus", ({ path, payload }) => toProblem(messaging.getContactStatus(path.line, payload.handle)))
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

export const carriers = HttpApiBuilder.group(GatewayApi, "carriers", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const router = yield* Router
    return handlers.handle("listCarriers", () =>
      Effect.zipWith(router.health, router.notices, (states, notices) => ({
        items: messaging.carriers.map(({ lines, ...carrier }) => ({
          ...carrier,
          lines: Object.fromEntries(lines),
          health: states.filter(({ carrierId }) => carrierId === carrier.id).map((state) => ({
            ...state,
            usage: usageOf(messaging, carrier.id, state)
          })),
          notices: notices.filter(({ carrierId }) => carrierId === carrier.id).map(Notices.show(messaging))
        }))
      })))
  }))
