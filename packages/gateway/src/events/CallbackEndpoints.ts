/** Manages the endpoints: the addresses that are called for events. */
import * as Uuid from "@interline/core/Uuid"
import type { Change, Endpoint, EndpointTable } from "@interline/sql/EndpointTable"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { OutboundError, type OutboundHttpService } from "../egress/OutboundHttp.ts"
import type * as Renderer from "./Renderer.ts"

/**
 * The endpoints. `create` and `update` refuse an address that must not be called (`OutboundHttp`), a dialect that is not in `Dialects`, and
 * a secret that the dialect cannot use.
 *
 * @category models
 */
export interface CallbackEndpoints {
  /** Creates an endpoint. If `secret` is missing, the dialect may make one. */
  readonly create: (endpoint: Omit<Endpoint, "id" | "createdAt" | "updatedAt">) => Effect.Effect<Endpoint, OutboundError>
  /** The endpoints that do not belong to a single delivery, the oldest first. */
  readonly list: (dialect?: string) => Effect.Effect<ReadonlyArray<Endpoint>>
  readonly find: (id: string) => Effect.Effect<Option.Option<Endpoint>>
  /** Changes an endpoint. `None` if there is no such endpoint. */
  readonly update: (id: string, change: Change) => Effect.Effect<Option.Option<Endpoint>, OutboundError>
  /** Removes an endpoint and the calls that wait for it. `false` if there was no such endpoint. */
  readonly remove: (id: string) => Effect.Effect<boolean>
}

/** The parts that `make` needs. */
interface Parts {
  readonly dialects: Context.Tag.Service<typeof Renderer.Dialects>
  readonly outboundHttp: Pick<OutboundHttpService, "check">
  readonly table: EndpointTable
}

const refuse = (why: string): Effect.Effect<never, OutboundError> => Effect.fail(new OutboundError({ why }))

/**
 * The endpoints of a table.
 *
 * @category constructors
 */
export const make = ({ dialects, outboundHttp, table }: Parts): CallbackEndpoints => {
  const findDialect = (name: string): Effect.Effect<Renderer.DialectRules, OutboundError> => {
    const dialect = Object.hasOwn(dialects, name) ? dialects[name] : undefined
    return dialect === undefined ? refuse(`the dialect must be one of ${Object.keys(dialects).join(", ")}`) : Effect.succeed(dialect)
  }

  /** Checks an endpoint. The result is the rules of its dialect. */
  const check = (endpoint: Pick<Endpoint, "url" | "dialect" | "secret">): Effect.Effect<Renderer.DialectRules, OutboundError> =>
    Effect.tap(
      Effect.zipLeft(findDialect(endpoint.dialect), outboundHttp.check(endpoint.url)),
      ({ secretProblem }) => {
        const problem = endpoint.secret === undefined ? undefined : secretProblem?.(endpoint.secret)
        return problem === undefined ? Effect.void : refuse(problem)
      }
    )

  return {
    create: (wanted) =>
      Effect.gen(function*() {
        const { mintSecret } = yield* check(wanted)
        const secret = wanted.secret ?? mintSecret?.()
        const id = yield* Uuid.mint
        const at = yield* Clock.currentTimeMillis
        const endpoint: Endpoint = {
          ...wanted,
          ...(secret === undefined ? {} : { secret }),
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
