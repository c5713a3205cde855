import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Problem from "@interline/core/Problem"
import * as SendError from "@interline/core/SendError"
import * as Effect from "effect/Effect"
import * as Endpoint from "../../src/api/endpoint.ts"
import * as Fronts from "../../src/fronts.ts"
import * as ProblemDetails from "../../src/http/ProblemDetails.ts"
import * as UnknownAddress from "../../src/server/unknownAddress.ts"
import { ada, serve, support } from "./world.ts"

interface Told {
  readonly type: string
  readonly detail?: string
  readonly next?: string
  readonly problems?: ReadonlyArray<{ readonly path: ReadonlyArray<string | number>; readonly message: string }>
}

const post = (path: string, body: unknown) => HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(path), body)
const problemOf = (text: string): Told => JSON.parse(text)

const explain = UnknownAddress.explain(Endpoint.addresses, Fronts.addresses)

describe("an address that there is not", () => {
  it.each([
    ["/v1/sned", "/v1/send?"],
    ["/v1/send/", "/v1/send?"],
    ["//v1/send", "/v1/send?"],
    ["/send", "/v1/send?"],
    ["/api/v1/send", "/v1/send?"],
    ["/v1/delivery", "/v1/deliveries?"],
    ["/v1/delivries/6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c01/explian", "/v1/deliveries/{id}/explain?"],
    ["/v1/chat/+12025550123", "/v1/chats/{chat}?"],
    ["/v1/optouts", "/v1/opt-outs?"],
    ["/openapi", "/openapi.json"]
  ])("%s is answered with %s", (given, wanted) => {
    assert.include(explain(given), wanted)
    assert.notInclude(explain(given), "2025550123")
  })

  it.each([
    ["/v3/chats", "Linq", "/linq/v3/chats"],
    ["/v3/chats/550e8400-e29b-41d4-a716-446655440000/messages", "Linq", "/linq/v3/chats/…/messages"],
    ["/api/partner/v3/chats", "Linq", "/linq/v3/chats"],
    ["/api/send-message", "Sendblue", "/sendblue/api/send-message"],
    ["/api/lines/+12025550123/call-forwarding", "Sendblue", "/sendblue/api/lines/…/call-forwarding"],
    ["/accounts/messages", "Sendblue", "/sendblue/accounts/messages"]
  ])("%s lacks the base of %s's front", (given, vendor, wanted) => {
    const told = explain(given)
    for (const part of [vendor, "base URL", wanted]) assert.include(told, part)
    assert.notInclude(told, "2025550123")
  })

  it("is not guessed at where nothing is near, however long it is", () => {
    for (const given of ["/favicon.ico", "/wp-login.php", "/v1/nothing", "/", `/${"x/".repeat(5_000)}`, "/%zz"]) {
      assert.notInclude(explain(given), "did you mean", given)
    }
  })

  it.scoped("is a problem that says what to do", () =>
    Effect.gen(function*() {
      const { http } = yield* serve({ edge: { addresses: Endpoint.addresses } })
      for (const path of ["/v1/sned", "/v1/send/", "/v3/chats", "/nothing"]) {
        const response = yield* http.execute(post(path, {}))
        const { detail, next } = problemOf(yield* response.text)
        deepStrictEqual([response.status, next], [404, "fix"])
        assert.strictEqual(detail, explain(path))
      }
    }))
})

describe("a request without a key", () => {
  it.scoped("is told how to show one, wherever it is asked for", () =>
    Effect.gen(function*() {
      const { anybody } = yield* serve()
      for (
        const request of [
          post("/v1/send", {}),
          HttpClientRequest.get("/v1/carriers"),
          HttpClientRequest.get("/v1/events"),
          HttpClientRequest.get("/metrics")
        ]
      ) {
        const { detail = "" } = problemOf(yield* (yield* anybody.execute(request)).text)
        for (const part of ["Authorization: Bearer", "INTERLINE_API_KEYS", "without its name"]) assert.include(detail, part)
      }
    }))
})

const asked = (path: string, body: unknown, method: "post" | "patch" = "post") =>
  Effect.gen(function*() {
    const { http } = yield* serve()
    const response = yield* http.execute(HttpClientRequest.bodyUnsafeJson(HttpClientRequest[method](path), body))
    return [response.status, problemOf(yield* response.text)] as const
  })

const to = { line: support, handle: ada }

describe("a body", () => {
  it.scoped("that is empty is told what belongs into it", () =>
    Effect.gen(function*() {
      const { http } = yield* serve()
      for (
        const [path, wanted] of [
          ["/v1/send", "\"text\": …"],
          ["/v1/plan", "\"text\": …"],
          ["/v1/callbacks", "an object of JSON"],
          ["/v1/opt-outs", "an object of JSON"]
        ] as const
      ) {
        for (const text of ["", "  \n"]) {
          const response = yield* http.execute(HttpClientRequest.bodyText(HttpClientRequest.post(path), text, "application/json"))
          const { detail = "", problems = [] } = problemOf(yield* response.text)
          assert.strictEqual(response.status, 400)
          assert.include(detail, "the body is empty", `${path} ${JSON.stringify(text)}`)
          assert.include(detail, wanted)
          assert.notStrictEqual(problems.length, 0)
        }
        const without = yield* http.execute(HttpClientRequest.post(path))
        assert.include(problemOf(yield* without.text).detail, "the body is empty")
      }
    }))

  it.scoped("with one mistake is told of one, and with two of both", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [unknown, ReadonlyArray<readonly [path: string, part: string]>]> = [
        [{}, [["to", "is missing"], ["text", "exactly one of text and parts"]]],
        [{ text: "hi" }, [["to", "is missing"]]],
        [{ to }, [["text", "exactly one of text and parts"]]],
        [{ to, txt: "hi" }, [["txt", "did you mean \"text\"?"]]],
        [{ txt: "hi" }, [["to", "is missing"], ["txt", "did you mean \"text\"?"]]],
        [{ to, parts: [{ _tag: "Text", value: "hi" }] }, [["parts.0.value", "did you mean \"text\"?"]]],
        [{ to, parts: [{ _tag: "Media", link: "https://example.com/a.png" }] }, [["parts.0", ""]]],
        [{ handle: ada, text: "hi" }, [["to", "\"handle\" belongs into it"]]],
        [{ ...to, text: "hi" }, [["to", "\"line\" and \"handle\" belong into it"]]],
        [{ chat: "linq:a", text: "hi" }, [["to", "\"chat\" belongs into it"]]],
        [{ handle: ada }, [["to", "belongs into it"], ["text", "exactly one of text and parts"]]]
      ]
      for (const [body, wanted] of cases) {
        const [status, { problems = [] }] = yield* asked("/v1/send", body)
        assert.strictEqual(status, 400)
        if (wanted.some(([, part]) => part === "")) {
          assert.strictEqual(problems.length, 1, JSON.stringify(problems))
          continue
        }
        deepStrictEqual(problems.map(({ path }) => path.join(".")).sort(), wanted.map(([path]) => path).sort())
        for (const [path, part] of wanted) {
          assert.include(problems.find((problem) => problem.path.join(".") === path)?.message, part)
        }
        assert.notInclude(JSON.stringify(problems), ada)
      }
    }))
})

describe("a word that nothing is called by", () => {
  it.scoped("is answered with the nearest one", () =>
    Effect.gen(function*() {
      const { http } = yield* serve()
      const stream = yield* http.get("/v1/events?types=Statuss")
      assert.include(problemOf(yield* stream.text).detail, "\"Statuss\" is none of them; did you mean \"Status\"?")
      const url = "https://example.com/hook"
      for (
        const [body, wanted] of [
          [{ url, events: ["Recieved"] }, "did you mean \"Received\"?"],
          [{ url, events: ["Received", "OptOut"] }, "did you mean \"OptedOut\"?"],
          [{ url, lines: ["suport"] }, "did you mean \"support\"?"]
        ] as const
      ) {
        const [status, { detail }] = yield* asked("/v1/callbacks", body)
        assert.strictEqual(status, 400)
        assert.include(detail, wanted)
      }
    }))
})

describe("the id of a delivery", () => {
  const id = DeliveryId.DeliveryId.make("6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c01")
  const invalid = (problem: Problem.Problem) =>
    ProblemDetails.fromSendError(new SendError.Invalid({ deliveryId: id, losses: [], attempts: [], problems: [problem] }))

  it("is not told where there is no delivery to ask for", () => {
    assert.isUndefined(invalid(Problem.make("line", ["to", "line"], "no carrier has the line")).deliveryId)
  })

  it("is told where a used key names the first one", () => {
    assert.strictEqual(invalid(Problem.make("key", ["options", "key"], "was used for another send")).deliveryId, id)
  })
})
