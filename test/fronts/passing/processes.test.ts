/** Two processes on one PostgreSQL pass a request on once, whichever of them is asked. */
import { it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Account from "../../migration/account.ts"
import * as Postgres from "../../support/postgres.ts"
import { numbers } from "../../support/sandbox.ts"
import * as Stage from "./stage.ts"

it.scopedLive("a carousel that is asked for at both, and repeated at the other one, is there once", () =>
  Effect.gen(function*() {
    const { url: database } = yield* Postgres.make
    const setup = { vendor: "sendblue", groups: ["carousels"], database } as const
    const one = yield* Stage.open(setup)
    const other = yield* Stage.open({ ...setup, account: one, isImported: false })
    const carousel = {
      number: Account.ada,
      from_number: numbers.sendblue,
      media_urls: ["https://example.com/1.jpg", "https://example.com/2.jpg"]
    }
    const send = ({ call }: typeof one, headers: Readonly<Record<string, string>>) =>
      call("POST", "/sendblue/api/send-carousel", carousel, headers)
    const underKey = { "idempotency-key": "one" }
    const answers = yield* Effect.all([send(one, underKey), send(other, underKey)], { concurrency: 2 })
    deepStrictEqual(answers.map(({ status }) => status), [202, 202])
    strictEqual(answers[0]?.text, answers[1]?.text)
    const first = yield* send(one, {})
    const retry = yield* send(other, { "x-stainless-retry-count": "1" })
    deepStrictEqual([retry.text, retry.headers.get("idempotent-replayed")], [first.text, "true"])
    strictEqual((yield* one.phone(Account.ada)).filter(({ carousel }) => carousel).length, 2)
  }), 60_000)
