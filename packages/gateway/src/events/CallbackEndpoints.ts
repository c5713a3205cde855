/**
 * The addresses that are called for events, as their owners manage them.
 *
 * @since 0.1.0
 */
import * as Uuid from "@interline/core/Uuid"
import type { Change, Endpoint, EndpointTable } from "@interline/sql/EndpointTable"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { OutboundError, type OutboundHttpService } from "../egress/OutboundHttp.ts"
import * as StandardWebhooks from "./standardWebhooks.ts"

/**
 * The endpoints. `create` and `update` refuse an address that must not be called (`OutboundHttp`), a secret that the neutral dialect cannot
 * sign with, and a secret that no header can hold for the dialect `sendblue`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallbackEndpoints {
  /** Without a `secret`, one is made for the neutral dialect. */
  readonly create: (endpoint: Omit<Endpoint, "id" | "createdAt" | "updatedAt">) => Effect.Effect<Endpoint, OutboundError>
  /** Those that are not of one delivery, the oldest first. */
  readonly list: (dialect?: string) => Effect.Effect<ReadonlyArray<Endpoint>>
  readonly find: (id: string) => Effect.Effect<Option.Option<Endpoint>>
  /** `None` if there is no such endpoint. */
  readonly update: (id: string, change: Change) => Effect.Effect<Option.Option<Endpoint>, OutboundError>
  /** Also drops what waits for the endpoint. Answers whether there was one. */
  readonly remove: (id: string) => Effect.Effect<boolean>
}

/** What `make` is built of. */
interface Parts {
  readonly outboundHttp: Pick<OutboundHttpService, "check">
  readonly table: EndpointTable
}

const refuse = (why: string): Effect.Effect<never, OutboundError> => Effect.fail(new OutboundError({ why }))

const printable = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/

const checkSecret = ({ dialect, secret }: Pick<Endpoint, "dialect" | "secret">): Effect.Effect<void, OutboundError> =>
  dialect === "neutral" && secret !== undefined && !StandardWebhooks.isSecret(secret)
    ? refuse("the secret must be whsec_ and base64 of 24 to 64 bytes; leave it out to get one")
    // of that dialect the secret itself stands in a header
    : dialect === "sendblue" && secret !== undefined && !printable.test(Redacted.value(secret))
    ? refuse("the secret must be printable ASCII without spaces around it, for it stands in a header")
    : Effect.void

/**
 * The endpoints of a table.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = ({ outboundHttp, table }: Parts): CallbackEndpoints => {
  const check = (endpoint: Pick<Endpoint, "url" | "dialect" | "secret">): Effect.Effect<void, OutboundError> =>
    Effect.zipRight(outboundHttp.check(endpoint.url), checkSecret(endpoint))

  return {
    create: (wanted) =>
      Effect.gen(function*() {
        yield* check(wanted)
        const id = yield* Uuid.mint
        const at = yield* Clock.currentTimeMillis
        const endpoint: Endpoint = {
          ...wanted,
          ...(wanted.secret === undefined && wanted.dialect === "neutral" ? { secret: StandardWebhooks.mint() } : {}),
          id,
          createdAt: at,
          updatedAt: at
        }
        yield* table.insert(endpoint)
        return endpoint
      }),
    find: table.find,
    list: table.list,
    update: (id, change) =>
      Effect.gen(function*() {
        const found = yield* table.find(id)
        if (Option.isNone(found)) return Option.none()
        yield* check({ ...found.value, ...change })
        yield* table.update(id, change, yield* Clock.currentTimeMillis)
        return yield* table.find(id)
      }),
    remove: table.remove
  }
}
