/**
 * A program of each vendor reads before, during and after the move of its people to the other vendor, and when the old vendor has left the policy. It
 * reads the same things, but for what one table names.
 */
import { it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Handle from "@interline/core/Handle"
import type * as Policy from "@interline/router/Policy"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as Stage from "../../fronts/passing/stage.ts"
import { file } from "../../sql/databases.ts"
import { hasty } from "../../support/router.ts"
import { numbers } from "../../support/sandbox.ts"
import * as Account from "../account.ts"
import * as Programs from "./programs.ts"

type Phase = "during" | "after" | "left"

interface Exception {
  readonly from: Account.Vendor
  readonly phases: ReadonlyArray<Phase>
  readonly reading: string
  readonly why: string
}

/** What a program reads otherwise than before. */
const exceptions: ReadonlyArray<Exception> = [
  {
    from: "sendblue",
    phases: ["during", "after", "left"],
    reading: "the messages, without the word for the old list",
    why: "without a word, a list holds what passed through the gateway; the two lists are never mixed"
  },
  {
    from: "linq",
    phases: ["during", "after", "left"],
    reading: "the chats, without the word for the old list",
    why: "without a word, a list holds what passed through the gateway; the two lists are never mixed"
  },
  {
    from: "linq",
    phases: ["during", "after", "left"],
    reading: "the lines",
    why: "the gateway lists the lines that it is configured with, not every number of the account"
  },
  {
    from: "linq",
    phases: ["left"],
    reading: "the contact card",
    why: "the line is at Sendblue only, which has no contact cards"
  }
]

const people = Array.from({ length: 8 }, (_, nth) => Handle.phone(`+1202555030${nth}`))

const groups = { sendblue: ["contacts", "messages"], linq: ["messages", "locations"] } as const

const rolloutOf = (from: Account.Vendor, to: Account.Vendor): Policy.Input["rollout"] => ({
  from,
  to,
  steps: [{ share: 0.5, moves: "new and existing" }, { share: 1, moves: "new and existing" }],
  continuation: "We write from this number now.",
  guardrails: { every: "1 hour", minimum: 1_000 }
})

const moving = (from: Account.Vendor) =>
  Effect.gen(function*() {
    const to = from === "linq" ? "sendblue" : "linq"
    const account = yield* Account.openAccount(from)
    const { credentials, linq, network, sendblue } = account.sandbox
    const direct = {
      linq: { baseURL: linq, key: credentials.linqToken, secret: "", old: {} },
      sendblue: { baseURL: sendblue, key: credentials.sendblueKeyId, secret: credentials.sendblueSecretKey, old: {} }
    }[from]
    const makeProgram = Programs[from]
    const before = makeProgram(direct)
    const settle = Effect.zipRight(network.advance("10 millis"), network.settle)
    yield* Effect.promise(before.prepare)
    for (const person of people) yield* Effect.promise(() => before.send(person, "Before"))
    yield* settle
    const until = yield* Effect.map(network.phone(people[7] ?? ""), ({ messages }) => messages[0]?.receivedAt ?? "")
    const known = { ...account, until }
    const readBefore = yield* Effect.promise(() => before.read(known))
    const database = yield* file
    const found: Record<string, Programs.Readings> = {}
    const policy = { ...hasty, prefer: [from, to], rollout: rolloutOf(from, to) }
    const program = (url: string) =>
      makeProgram({
        baseURL: `${url}/${from}`,
        key: from === "linq" ? Stage.apiKey : "tests",
        secret: Stage.apiKey,
        old: { "interline-list": from }
      })
    /** Sends to everybody, reads what became of it, and says how many got it from the new number. */
    const talk = (url: string, text: string) =>
      Effect.gen(function*() {
        const here = program(url)
        const ids = yield* Effect.forEach(people, (person) => Effect.promise(() => here.send(person, text)))
        yield* settle
        for (const id of ids) {
          const { isDelivered, text: said } = yield* Effect.promise(() => here.statusOf(id))
          deepStrictEqual([isDelivered, said.endsWith(text)], [true, true])
        }
        const got = yield* Effect.forEach(people, (person) => Effect.map(network.phone(person), ({ messages }) => messages))
        for (const messages of got) strictEqual(messages.filter((message) => message.text?.endsWith(text) === true).length, 1)
        return got.filter((messages) => messages.some((message) => message.text?.endsWith(text) === true && message.from === numbers[to]))
          .length
      })
    yield* Effect.scoped(Effect.gen(function*() {
      const stage = yield* Stage.open({
        vendor: from,
        groups: groups[from],
        database,
        account,
        variables: { INTERLINE_POLICY: JSON.stringify(policy), INTERLINE_PREFER: "" }
      })
      const change = (action: string) => stage.call("POST", `/v1/rollout/${action}`, { reason: "as planned", anyway: true })
      strictEqual((yield* change("start")).status, 200)
      const moved = yield* talk(stage.url, "During")
      strictEqual(moved > 0 && moved < people.length, true, `${moved} of them moved`)
      found["during"] = yield* Effect.promise(() => program(stage.url).read(known))
      strictEqual((yield* change("advance")).status, 200)
      strictEqual(yield* talk(stage.url, "After"), people.length)
      found["after"] = yield* Effect.promise(() => program(stage.url).read(known))
    }))
    yield* Effect.scoped(Effect.gen(function*() {
      const stage = yield* Stage.open({ vendor: from, groups: groups[from], database, account, isImported: false, prefer: to })
      strictEqual(yield* talk(stage.url, "Left"), people.length)
      found["left"] = yield* Effect.promise(() => program(stage.url).read(known))
    }))
    const toBob = yield* network.phone(Account.bob)
    strictEqual(toBob.messages.some(({ text }) => text === "Hello?"), false)
    return { before: readBefore, found }
  })

describe("a program that reads", () => {
  for (const from of ["sendblue", "linq"] as const) {
    it.scopedLive(`${from}: the same before, during and after the move`, () =>
      Effect.gen(function*() {
        const { before, found } = yield* moving(from)
        const differing = Object.entries(found).flatMap(([phase, readings]) =>
          Object.entries(readings).flatMap(([reading, value]) =>
            JSON.stringify(value) === JSON.stringify(before[reading]) ? [] : [[phase, reading]]
          )
        )
        const named = exceptions.filter((one) => one.from === from).flatMap(({ phases, reading }) =>
          phases.map((phase) => [phase, reading])
        )
        deepStrictEqual(differing.sort(), named.sort())
      }))
  }
})
