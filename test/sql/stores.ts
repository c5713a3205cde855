/** A gateway's stores on a database, with a router and receivers that answer as a test wants: one process, as far as the database can tell. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as CarrierId from "@interline/core/CarrierId"
import { ChatBook } from "@interline/core/ChatBook"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { MessagingService } from "@interline/core/MessagingService"
import * as Callbacks from "@interline/gateway/Callbacks"
import * as Inbox from "@interline/gateway/Inbox"
import * as OutboundHttp from "@interline/gateway/OutboundHttp"
import * as Renderer from "@interline/gateway/Renderer"
import { Ledger } from "@interline/router/Ledger"
import { Ownership } from "@interline/router/Ownership"
import { Router, type RouterService } from "@interline/router/Router"
import type { RouterEvent } from "@interline/router/RouterEvent"
import * as Shard from "@interline/router/Shard"
import * as Archive from "@interline/sql/Archive"
import * as ArchiveLive from "@interline/sql/ArchiveLive"
import * as EventLog from "@interline/sql/EventLog"
import * as EventLogLive from "@interline/sql/EventLogLive"
import * as IdMap from "@interline/sql/IdMap"
import * as SqlChatBook from "@interline/sql/SqlChatBook"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import { connect } from "./databases.ts"

export const linq = CarrierId.make("linq")
export const sendblue = CarrierId.make("sendblue")
export const support = Line.name("support")
export const sales = Line.name("sales")
export const ada = Handle.phone("+12025550123")
export const bob = Handle.phone("+12025550124")
export const numbers = { support: Handle.phone("+12025550101"), sales: Handle.phone("+12025550102") } as const

const carriers = [linq, sendblue].map((id) => ({ id, vendor: id, lines: new Map([[support, numbers.support], [sales, numbers.sales]]) }))

export interface Setup {
  readonly observe?: (event: MessagingEvent) => Effect.Effect<void>
  readonly post?: OutboundHttp.OutboundHttpService["post"]
  readonly renderers?: Partial<Readonly<Record<Renderer.Dialect, Renderer.Renderer>>>
  readonly callbacks?: Callbacks.Options
  /** The shards that the process owns (default: all). */
  readonly owned?: ReadonlySet<number>
}

/** The shards of two processes that share a database. */
export const halves = [1, 0].map((rest) => new Set(Shard.all.filter((shard) => shard % 2 === rest))) as [Set<number>, Set<number>]

/** Two processes on a database. Each owns a half of the shards. */
export const openBoth = (url: string, setup: Setup = {}) =>
  Effect.all([open(url, { ...setup, owned: halves[0] }), open(url, { ...setup, owned: halves[1] })])

const nothing: Renderer.Renderer = () => Effect.succeed(Option.none())

export const open = (
  url: string,
  { callbacks, observe = () => Effect.void, owned, post = () => Effect.succeed(200), renderers }: Setup = {}
) =>
  Effect.gen(function*() {
    const decisions = yield* PubSub.unbounded<RouterEvent>()
    const observed: Array<MessagingEvent> = []
    const router = {
      observe: (event: MessagingEvent) => Effect.zipRight(Effect.sync(() => observed.push(event)), observe(event)),
      events: Stream.fromPubSub(decisions)
    }
    const context = yield* Layer.build(
      Inbox.layer({ pollEvery: "20 millis" }).pipe(
        Layer.provideMerge(Callbacks.layer({ pollEvery: "20 millis", ...callbacks })),
        Layer.provideMerge(ArchiveLive.layer),
        Layer.provideMerge(IdMap.layer),
        Layer.provideMerge(Layer.mergeAll(SqlLedger.layer(), SqlChatBook.layer, EventLogLive.layer({ pollEvery: "20 millis" }))),
        Layer.provideMerge(
          Layer.succeed(Renderer.Dialects, {
            neutral: Renderer.neutral,
            ...Object.fromEntries(
              Object.entries({ linq: nothing, sendblue: nothing, ...renderers }).map(([dialect, render]) => [dialect, { render }])
            )
          })
        ),
        Layer.provideMerge(
          Layer.succeed(OutboundHttp.OutboundHttp, {
            check: (url) => url.startsWith("https://") ? Effect.void : Effect.fail(new OutboundHttp.OutboundError({ why: "not https" })),
            post
          })
        ),
        Layer.provideMerge(Layer.succeed(Router, router as RouterService)),
        Layer.provideMerge(Layer.succeed(Messaging, { carriers } as unknown as MessagingService)),
        Layer.provideMerge(connect(url)),
        Layer.provide(Layer.succeed(Ownership, {
          owned: () => owned,
          runInOne: (_, effect) => Effect.asVoid(Effect.forkScoped(Effect.interruptible(effect)))
        }))
      )
    )
    // ends the stream of decisions first, as the end of a router does
    yield* Effect.addFinalizer(() => PubSub.shutdown(decisions))
    return {
      observed,
      decide: (event: RouterEvent) => PubSub.publish(decisions, event),
      inbox: Context.get(context, Inbox.Inbox),
      archive: Context.get(context, Archive.Archive),
      callbacks: Context.get(context, Callbacks.Callbacks),
      log: Context.get(context, EventLog.EventLog),
      ids: Context.get(context, IdMap.IdMap),
      chats: Context.get(context, ChatBook),
      ledger: Context.get(context, Ledger),
      sql: Context.get(context, SqlClient.SqlClient)
    }
  })
