/** A process that is killed while it passes on a request that reaches a person: nobody does it a second time, whoever asks again and wherever. */
import { it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { inject } from "vitest"
import * as Client from "../../chaos/client.ts"
import * as Message from "../../chaos/message.ts"
import * as Stage from "../../chaos/stage.ts"
import * as World from "../../chaos/world.ts"
import { quiet } from "../../support/router.ts"
import { numbers } from "../../support/sandbox.ts"

interface Answer {
  readonly status: number
  readonly shouldRetry: string | null
  readonly isReplayed: boolean
  readonly text: string
}

/** Where the process is when it is killed. */
const places = ["recorded", "before the vendor", "after the vendor"] as const

/** How the program says that it asks again. */
const ways = {
  "the same key": { first: (one: string) => ({ "idempotency-key": one }), again: (one: string) => ({ "idempotency-key": one }) },
  "a retry of its client": { first: () => ({}), again: () => ({ "x-stainless-retry-count": "1" }) }
} as const

it.scopedLive("a carousel is there at most once, and its program is told that nobody knows", () =>
  quiet(Effect.gen(function*() {
    const world = yield* World.make(yield* Stage.make(inject("folder")), {
      processes: 2,
      preload: () => "die.mjs",
      policy: { prefer: ["sendblue", "linq"], rules: [] },
      variables: { INTERLINE_PASS_THROUGH: "sendblue:carousels" }
    })
    const [victim, other] = [world.process(0), world.process(1)]
    const client = yield* Client.make(world)
    const ask = (url: string, conversation: number, headers: Readonly<Record<string, string>>): Effect.Effect<Answer | undefined> =>
      Effect.promise(() =>
        fetch(`${url}/sendblue/api/send-carousel`, {
          method: "POST",
          headers: { "content-type": "application/json", "sb-api-key-id": "chaos", "sb-api-secret-key": World.apiKey, ...headers },
          body: JSON.stringify({
            number: Message.handle(conversation),
            from_number: numbers.sendblue,
            media_urls: [1, 2].map((picture) => `https://example.com/${conversation}-${picture}.jpg`),
            content: Message.text({ conversation, number: 1 })
          })
        }).then(async (answer) => ({
          status: answer.status,
          shouldRetry: answer.headers.get("x-should-retry"),
          isReplayed: answer.headers.get("idempotent-replayed") === "true",
          text: await answer.text()
        }), () => undefined)
      )
    const carousels = (conversation: number) =>
      Effect.map(
        world.sandbox.network.phone(Message.handle(conversation)),
        ({ messages }) => messages.filter(({ carousel }) => carousel).length
      )
    const cases = places.flatMap((place) => Object.values(ways).map((way) => ({ place, way }))).map((one, conversation) => ({
      ...one,
      conversation
    }))
    const isRecorded = ({ place }: (typeof cases)[number]) => place === "recorded"
    // it dies with the first request that it has recorded, or when all requests have come to their places
    const rounds = [...cases.filter(isRecorded).map((one) => [one]), cases.filter((one) => !isRecorded(one))]
    for (const round of rounds) {
      yield* World.balanced(world)
      // each person knows the number of Sendblue
      yield* Effect.forEach(round, ({ conversation }) => client.send({ conversation, number: 0 }, { process: 1, isKeyed: true }), {
        concurrency: "unbounded"
      })
      const holds = yield* Effect.forEach(round.filter((one) => !isRecorded(one)), ({ conversation: held, place }) =>
        world.vendors.hold(
          place === "before the vendor" ? "before" : "after",
          ({ conversation, number }) => conversation === held && number === 1
        ))
      const died = holds.length === 0
        ? yield* victim.dieAt({ text: "INSERT INTO interline_requests", when: "after" })
        : Effect.zipRight(Effect.forEach(holds, ({ come }) => come), victim.kill)
      const asked = yield* Effect.forEach(round, ({ conversation, way }) =>
        Effect.fork(ask(victim.url, conversation, way.first(`carousel-${conversation}`))))
      yield* died
      deepStrictEqual(
        yield* Effect.forEach(asked, Fiber.join),
        round.map(() =>
          undefined
        ),
        "its program heard nothing"
      )
      yield* Effect.forEach(holds, ({ release }) => release)
      yield* victim.start
    }
    yield* World.balanced(world)
    const both = yield* Effect.forEach(cases, ({ conversation, way }) =>
      Effect.gen(function*() {
        const again = way.again(`carousel-${conversation}`)
        return [yield* ask(other.url, conversation, again), yield* ask(victim.url, conversation, again)] as const
      }), { concurrency: "unbounded" })
    for (const { conversation, place } of cases) {
      const [first, second] = both[conversation] ?? []
      deepStrictEqual([first?.shouldRetry, second?.shouldRetry, second?.isReplayed], ["false", "false", true], `killed when ${place}`)
      deepStrictEqual([second?.status, second?.text], [first?.status, first?.text])
      strictEqual(first !== undefined && first.status >= 400, true, `${place}: ${first?.status} ${first?.text}`)
      strictEqual(yield* carousels(conversation), place === "recorded" ? 0 : 1, `killed when ${place}`)
    }
  })), 300_000)
