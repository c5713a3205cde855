/** What vendors do to an account, as a gateway and its operator see it: lines that leave, webhooks that are off, numbers that end. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as AccountNotice from "@interline/core/AccountNotice"
import * as Handle from "@interline/core/Handle"
import * as LinqWords from "@interline/linq/LinqWords"
import * as Effect from "effect/Effect"
import { gatewayWorld } from "../support/gateway.ts"
import * as GatewayProcess from "../support/gatewayProcess.ts"
import { ada, numbers } from "../support/sandbox.ts"

const bob = Handle.make("+12025550124")

interface Notice {
  readonly what: string
  readonly severity: string
  readonly wayOut: string
  readonly line?: string
  readonly number?: string
  readonly dueAt?: string
}

interface Answer {
  readonly status: number
  readonly body: { readonly items: ReadonlyArray<Readonly<Record<string, unknown>> & { readonly notices?: ReadonlyArray<Notice> }> }
}

/** A gateway over both vendors, with a webhook at Linq for every event. */
const world = Effect.gen(function*() {
  const gateway = yield* gatewayWorld({ carriers: ["linq", "sendblue"] })
  const { network, sandbox, url } = gateway
  const fetchJson = (to: string, authorization: string, method = "GET", body?: unknown): Effect.Effect<Answer> =>
    Effect.promise(async () => {
      const response = await fetch(to, {
        method,
        headers: { authorization, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      const text = await response.text()
      return { status: response.status, body: text === "" ? { items: [] } : JSON.parse(text) }
    })
  const call = (method: string, path: string, body?: unknown) => fetchJson(`${url}${path}`, `Bearer ${gateway.apiKey}`, method, body)
  const atLinq = (method: string, path: string, body?: unknown) =>
    fetchJson(`${sandbox.linq}/v3${path}`, `Bearer ${sandbox.credentials.linqToken}`, method, body)
  const send = (text: string, handle = ada) =>
    Effect.map(call("POST", "/v1/send", { to: { line: "support", handle }, text }), ({ status }) => status)
  const carriersOf = (text: string, handle = ada) =>
    Effect.map(gateway.phone(handle), (messages) => messages.flatMap((message) => message.text === text ? [message.vendor] : []))
  const noticesOf = (carrier: string) =>
    Effect.map(call("GET", "/v1/carriers"), ({ body }) => body.items.find(({ id }) => id === carrier)?.notices ?? [])
  const check = Effect.map(call("POST", "/v1/lines/check"), ({ status }) => status)
  return { ...gateway, network, call, atLinq, send, carriersOf, noticesOf, check }
})

describe("a line that left the account", () => {
  it.scopedLive(
    "is not used any more, its conversations go on at the next carrier, and it is used again when it is assigned",
    () =>
      Effect.gen(function*() {
        const { call, carriersOf, check, network, noticesOf, send } = yield* world
        strictEqual(yield* send("before"), 200)
        deepStrictEqual(yield* carriersOf("before"), ["linq"])
        yield* network.releaseLine(numbers.linq)
        const [gone] = yield* GatewayProcess.eventually(noticesOf("linq"), ({ length }) => length > 0)
        deepStrictEqual([gone?.what, gone?.severity, gone?.line, gone?.wayOut], [
          "line-gone",
          "warning",
          "support",
          AccountNotice.meaningOf("line-gone").wayOut
        ])
        yield* network.clearRequests
        deepStrictEqual([yield* send("after"), yield* send("after", bob)], [200, 200])
        deepStrictEqual([yield* carriersOf("after"), yield* carriersOf("after", bob)], [["sendblue"], ["sendblue"]])
        deepStrictEqual((yield* network.requests({ vendor: "linq", method: "POST" })).length, 0, "Linq is not asked")
        const line = (yield* call("GET", "/v1/lines")).body.items.find(({ number }) => number === numbers.linq)
        deepStrictEqual([line?.["gone"], line?.["available"], line?.["name"], line?.notices?.map(({ what }) => what)], [
          true,
          false,
          "support",
          [
            "line-gone"
          ]
        ])
        strictEqual(yield* check, 204)
        deepStrictEqual((yield* noticesOf("linq")).map(({ what }) => what), ["line-gone"], "a list without the number changes nothing")
        yield* network.addLine("linq", numbers.linq)
        yield* GatewayProcess.eventually(noticesOf("linq"), (all) => all.some(({ what }) => what === "line-assigned"))
        const cyd = Handle.make("+12025550125")
        strictEqual(yield* send("again", cyd), 200)
        deepStrictEqual(yield* carriersOf("again", cyd), ["linq"])
      }),
    60_000
  )
})

describe("a webhook that is switched off", () => {
  it.scopedLive(
    "is found by the next check of the lines, and what was missed is read back when it is on again",
    () =>
      Effect.gen(function*() {
        const { atLinq, check, network, noticesOf, send, url } = yield* world
        const { subscriptions } = (yield* atLinq("GET", "/webhook-subscriptions")).body as unknown as {
          readonly subscriptions: ReadonlyArray<{ readonly id: string }>
        }
        const [{ id } = { id: "" }] = subscriptions
        const behind = Effect.promise(async () => {
          const { catchUp } = await (await fetch(`${url}/readyz`)).json() as { catchUp: ReadonlyArray<{ carrierId: string }> }
          return catchUp.map(({ carrierId }) => carrierId)
        })
        strictEqual(yield* check, 204)
        deepStrictEqual(yield* GatewayProcess.eventually(behind, ({ length }) => length === 0), [])
        yield* network.switchWebhook("linq", id, false)
        yield* network.say({ from: ada, to: numbers.linq, text: "STOP" })
        deepStrictEqual(yield* noticesOf("linq"), [], "it cannot tell it itself")
        strictEqual(yield* check, 204)
        deepStrictEqual((yield* noticesOf("linq")).map(({ severity, what }) => [what, severity]), [["webhook-off", "warning"]])
        deepStrictEqual(yield* GatewayProcess.eventually(behind, ({ length }) => length > 0), ["linq"])
        strictEqual(yield* check, 204)
        yield* network.switchWebhook("linq", id, true)
        yield* GatewayProcess.eventually(noticesOf("linq"), ([notice]) => notice?.what === "webhook-on")
        deepStrictEqual(yield* GatewayProcess.eventually(behind, ({ length }) => length === 0), [])
        strictEqual(yield* send("are you there"), 403, "the STOP was read back")
      }),
    60_000
  )
})

describe("a number that Sendblue will take away", () => {
  it.scopedLive("is shown with its date after a check of the lines, and used until then", () =>
    Effect.gen(function*() {
      const { call, carriersOf, check, network, noticesOf, send } = yield* world
      yield* network.releaseLine(numbers.sendblue, "1 hour")
      strictEqual(yield* check, 204)
      const [notice] = yield* noticesOf("sendblue")
      deepStrictEqual([notice?.what, notice?.line, notice?.severity, notice?.wayOut], [
        "line-ending",
        "support",
        "warning",
        AccountNotice.meaningOf("line-ending").wayOut
      ])
      strictEqual(Date.parse(notice?.dueAt ?? "") > (yield* network.now).getTime(), true)
      const line = (yield* call("GET", "/v1/lines")).body.items.find(({ number }) => number === numbers.sendblue)
      deepStrictEqual([line?.["ending"], line?.notices?.map(({ what }) => what)], [true, ["line-ending"]])
      yield* network.flagLine(numbers.linq)
      strictEqual(yield* send("still here", bob), 200)
      deepStrictEqual(yield* carriersOf("still here", bob), ["sendblue"])
    }), 60_000)
})

describe("the events of Linq's accounts", () => {
  it("have a way out for the operator", () => {
    for (const what of Object.values(LinqWords.accountNotices)) strictEqual(AccountNotice.meaningOf(what).wayOut.length > 0, true)
  })
})
