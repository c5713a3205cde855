import { describe, expect, it } from "@effect/vitest"
import * as CarrierOptions from "@interline/core/CarrierOptions"
import type * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"

const token: CarrierOptions.Setting = { vendor: "Acme", option: "token", variables: ["ACME_ONE", "ACME_TWO", "ACME_THREE"] }
const baseUrl: CarrierOptions.Setting = {
  vendor: "Acme",
  option: "baseUrl",
  variables: ["ACME_URL"],
  clean: (url) => url.trim().replace(/\/+$/, "")
}

const within = <A>(variables: Readonly<Record<string, string>>, config: Config.Config<A>) =>
  Effect.withConfigProvider(config, ConfigProvider.fromMap(new Map(Object.entries(variables))))

describe("a complaint", () => {
  it.each([
    [[], "Acme: the token is missing; pass the option token"],
    [["A"], "Acme: the token is missing; pass the option token or set A"],
    [["A", "B"], "Acme: the token is missing; pass the option token or set A or B"],
    [["A", "B", "C"], "Acme: the token is missing; pass the option token or set A, B or C"]
  ])("names the option and %j", (variables, sentence) => {
    expect(CarrierOptions.complaint({ vendor: "Acme", option: "token", variables }, "is missing")).toBe(sentence)
  })
})

describe("a secret", () => {
  for (
    const [name, variables, given, expected] of [
      ["the option first", { ACME_ONE: "one" }, " mine ", "mine"],
      ["the first variable", { ACME_ONE: "one", ACME_TWO: "two" }, undefined, "one"],
      ["the first that is not blank", { ACME_ONE: " ", ACME_THREE: " three\n" }, undefined, "three"],
      ["a variable where the option is blank", { ACME_TWO: "two" }, " ", "two"]
    ] as const
  ) {
    it.effect(`is ${name}`, () =>
      Effect.map(
        within(variables, CarrierOptions.secret(token, given === undefined ? undefined : Redacted.make(given))),
        (found) => expect(Redacted.value(found)).toBe(expected)
      ))
  }

  it.effect("is missing if all are blank", () =>
    Effect.map(Effect.flip(within({ ACME_ONE: " " }, CarrierOptions.secret(token, Redacted.make("")))), (error) => {
      expect(error).toMatchObject({ _op: "MissingData" })
      expect(String(error)).toContain("Acme: the token is missing; pass the option token or set ACME_ONE, ACME_TWO or ACME_THREE")
    }))

  it("is checked and cleaned", () => {
    expect(Either.map(CarrierOptions.checkSecret(token, Redacted.make(" t ")), Redacted.value)).toEqual(Either.right("t"))
    expect(Either.isLeft(CarrierOptions.checkSecret(token, Redacted.make(" ")))).toBe(true)
  })
})

describe("a text", () => {
  it.effect("falls back on the default", () =>
    Effect.map(
      within({ ACME_URL: "" }, CarrierOptions.text(baseUrl, undefined, "https://acme")),
      (url) => expect(url).toBe("https://acme")
    ))

  it.effect("is cleaned as its setting says", () =>
    Effect.map(within({ ACME_URL: "https://acme//" }, CarrierOptions.text(baseUrl, " ", "")), (url) => expect(url).toBe("https://acme")))
})

const sentence = (checked: Either.Either<unknown, unknown>) => String(Either.merge(Either.flip(checked)))

describe("a base URL", () => {
  it.each(["https://acme", "http://localhost:1/x/", "HTTPS://ACME/v3"])("may be %s", (url) => {
    expect(Either.isRight(CarrierOptions.checkBaseUrl(baseUrl, url))).toBe(true)
  })
  it.each(["", "acme.example", "ftp://acme", "https://", "https:///x", "https://acme/a b"])("may not be '%s'", (url) => {
    expect(sentence(CarrierOptions.checkBaseUrl(baseUrl, url))).toContain(
      "\"Acme: the baseUrl is not an http(s) URL; pass the option baseUrl or set ACME_URL\""
    )
  })
})

describe("a carrier id", () => {
  it("is lower-case letters, digits and dashes", () => {
    expect(CarrierOptions.checkCarrierId("Acme", "acme-2")).toEqual(Either.right("acme-2"))
    expect(sentence(CarrierOptions.checkCarrierId("Acme", "Acme:2"))).toMatch(/"Acme: the carrierId .*; pass the option carrierId"/)
  })
})

describe("lines", () => {
  it("are our numbers by name", () => {
    expect(Either.map(CarrierOptions.checkLines("Acme", { support: "+12025550123" }), (lines) => [...lines])).toEqual(
      Either.right([["support", "+12025550123"]])
    )
  })

  it.each([
    [{}, "name no number to send from"],
    [{ "the line": "+12025550123" }, "have a name that is not letters"],
    [{ support: "202 555 0123" }, "give support a number that is not in E.164"],
    [{ support: "me@example.com" }, "give support a number that is not in E.164"]
  ])("are refused in %j, unquoted", (lines, wrong) => {
    const error = sentence(CarrierOptions.checkLines("Acme", lines))
    expect(error).toContain(`"Acme: the lines ${wrong}`)
    for (const leak of ["the line\"", "202 555", "me@"]) expect(error).not.toContain(leak)
  })
})

describe("what only plain JavaScript can give", () => {
  it.each([
    ["a line break", "sec\nret"],
    ["a character that is not ASCII", "sécret"],
    ["a space", "sec ret"]
  ])("a secret with %s is refused at start, and not quoted", (_, value) => {
    const checked = CarrierOptions.checkSecret(token, Redacted.make(value))
    expect(Either.isLeft(checked) && checked.left.toString()).toMatch(/ASCII/)
    expect(Either.isLeft(checked) && checked.left.toString()).not.toContain(value)
  })

  it("a secret that was not redacted is used as it is, and a number is as good as none", () => {
    const give = (value: unknown) => CarrierOptions.checkSecret(token, value as Redacted.Redacted<string>) // what a JavaScript caller does
    expect(Either.isRight(give("plain"))).toBe(true)
    expect(Either.isLeft(give(5))).toBe(true)
  })

  it.each([
    [{ send: "soon" }, undefined],
    [5, undefined],
    [undefined, { base: "x" }],
    [undefined, { times: -1 }],
    [undefined, 3]
  ])("timeouts %j and retry %j are refused by name", (timeouts, retry) => {
    const checked = CarrierOptions.checkTimes("Acme", timeouts as undefined, retry as undefined) // what a JavaScript caller does
    expect(Either.isLeft(checked) && checked.left.toString()).toMatch(timeouts === undefined ? /retry/ : /timeouts/)
  })

  it("sensible ones pass", () => {
    expect(Either.isRight(CarrierOptions.checkTimes("Acme", { send: "5 seconds", react: 100 }, { times: 0, base: "1 second" }))).toBe(true)
  })
})
