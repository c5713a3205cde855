/**
 * A policy that takes an absence for proof, and lists that show none: Sendblue takes the message, its answer is lost, and its list says
 * less than the truth. Nobody gets a second copy, and the send is held.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import type { Input } from "@interline/router/Policy"
import * as Effect from "effect/Effect"
import { quiet, routerWorld } from "../support/router.ts"
import { ada } from "../support/sandbox.ts"

type Row = Readonly<Record<string, unknown>>

interface List {
  readonly data: ReadonlyArray<Row>
  readonly pagination: Row
}

interface Lie {
  readonly status?: number
  readonly body?: (list: List) => unknown
  readonly date?: (date: string) => string | undefined
}

const policy = {
  prefer: ["sendblue", "linq"],
  deadlines: { attempt: 5_000, send: 8_000 },
  retry: { times: 0 },
  reconcile: { every: 100, within: 1_200 },
  carriers: { sendblue: { absenceProof: 600 } }
} as const satisfies Input

/** A client that loses the answer to the send, and changes what the list says. `before`: the send is lost on its way there. */
const lying = ({ body = (list) => list, date = (value) => value, status }: Lie, before = false): Effect.Effect<HttpClient.HttpClient> =>
  HttpClient.HttpClient.pipe(
    Effect.map((client) =>
      HttpClient.make((request, url) => {
        const lost = Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", description: "lost" }))
        if (url.pathname.endsWith("/send-message")) return before ? lost : Effect.zipRight(client.execute(request), lost)
        if (!url.pathname.endsWith("/api/v2/messages")) return client.execute(request)
        return Effect.flatMap(client.execute(request), (response) =>
          Effect.map(response.json, (json) => {
            const { date: told, ...headers } = response.headers
            const changed = told === undefined ? undefined : date(told)
            return HttpClientResponse.fromWeb(
              request,
              new Response(JSON.stringify(body(json as never)), {
                status: status ?? response.status,
                headers: { ...headers, ...(changed === undefined ? {} : { date: changed }) }
              })
            )
          }))
      })
    ),
    Effect.provide(FetchHttpClient.layer)
  )

const text = "On my way\r\nAda & Bob cafe\u0301 "

const send = (lie: Lie) =>
  Effect.gen(function*() {
    const world = yield* routerWorld(policy, { client: yield* lying(lie), clock: "real" })
    const ended = yield* world.send(Draft.text(text))
    return { ended, copies: (yield* world.network.phone(ada)).messages.length }
  }).pipe(quiet)

const rows = (change: (row: Row) => Row) => (list: List): List => ({ ...list, data: list.data.map(change) })

const content = (change: (content: string) => string) => rows((row) => ({ ...row, content: change(String(row["content"])) }))

/** As a vendor does whose front has another clock than its database. */
const dated = (milliseconds: number) => ({
  body: rows((row) => ({ ...row, date_sent: new Date(Date.parse(String(row["date_sent"])) + milliseconds).toISOString() }))
})

const shifted = (milliseconds: number) => ({
  ...dated(milliseconds),
  date: (date: string) => new Date(Date.parse(date) + milliseconds).toUTCString()
})

describe.concurrent("a message that was taken and is not shown as it was sent", () => {
  const lies: Readonly<Record<string, Lie>> = {
    "in a list that says how much is missing": { body: () => ({ data: [], pagination: { total: 1 } }) },
    "in a list without numbers": { body: () => ({ status: "OK", data: [] }) },
    "in an error that looks like a list": { body: () => ({ error: "internal", data: [] }) },
    "in a list of another status": { status: 206, body: (list) => ({ ...list, data: [], pagination: { ...list.pagination, total: 0 } }) },
    "with other line ends": { body: content((value) => value.replace("\r\n", "\n")) },
    "with composed letters": { body: content((value) => value.normalize("NFC")) },
    "without its last blank": { body: content((value) => value.trimEnd()) },
    "as HTML": { body: content((value) => value.replace("&", "&amp;")) },
    cut: { body: content((value) => value.slice(0, 12)) },
    "with dates that have no zone": {
      body: rows((row) => ({ ...row, date_sent: String(row["date_sent"]).replace("Z", ""), date_created: undefined }))
    },
    "with dates that are behind the list's own date by 90 seconds": dated(-90_000),
    "with dates that are behind the list's own date by 9 minutes": dated(-540_000),
    "with dates that are ahead of the list's own date by 9 minutes, and other words": {
      body: (list) => content((value) => value.trimEnd())(dated(540_000).body(list))
    },
    "by a list without a date": { date: () => undefined }
  }
  for (const [name, lie] of Object.entries(lies)) {
    it.scopedLive(`${name} is held, and nobody gets it twice`, () =>
      Effect.map(send(lie), ({ copies, ended }) => {
        expect({ outcome: ended.outcome, route: ended.route, copies }).toEqual({ outcome: "Held", route: ["sendblue unknown"], copies: 1 })
      }))
  }

  const truths: Readonly<Record<string, Lie>> = {
    "with numbers without a plus": {
      body: rows((row) => ({ ...row, to_number: String(row["to_number"]).slice(1), from_number: ` ${String(row["from_number"])}` }))
    },
    "by a clock that is 90 seconds behind": shifted(-90_000),
    "by a clock that is an hour ahead": shifted(3_600_000)
  }
  for (const [name, lie] of Object.entries(truths)) {
    it.scopedLive(`${name} is found`, () =>
      Effect.map(send(lie), ({ copies, ended }) => {
        expect({ outcome: ended.outcome, route: ended.route, copies }).toEqual({
          outcome: "accepted",
          route: ["sendblue accepted"],
          copies: 1
        })
      }))
  }
})

describe.concurrent("a message that was not taken", () => {
  it.scopedLive("goes on to the next carrier when a whole list does not show it", () =>
    Effect.gen(function*() {
      const world = yield* routerWorld(policy, { client: yield* lying({}, true), clock: "real" })
      expect(yield* world.send(Draft.text(text))).toMatchObject({ outcome: "accepted", route: ["sendblue rejected", "linq accepted"] })
    }).pipe(quiet))

  it.scopedLive("is not taken for what somebody else wrote with the same words 45 seconds before", () =>
    Effect.gen(function*() {
      const stranger = (list: List) => ({
        ...list,
        data: [{
          message_handle: "of-a-stranger",
          content: text,
          from_number: "+12025550201",
          to_number: ada,
          number: ada,
          is_outbound: true,
          status: "DELIVERED",
          date_sent: new Date(Date.now() - 45_000).toISOString(),
          media_url: "",
          group_id: ""
        }],
        pagination: { ...list.pagination, total: 1 }
      })
      const world = yield* routerWorld(policy, { client: yield* lying({ body: stranger }, true), clock: "real" })
      expect(yield* world.send(Draft.text(text))).toMatchObject({ outcome: "Held", route: ["sendblue unknown"] })
    }).pipe(quiet))
})
