import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Policy from "../src/policy/Policy.ts"

const carrier = (id: string, ...lines: ReadonlyArray<string>): Policy.Configured => ({
  id: CarrierId.make(id),
  lines: new Map(lines.map((name) => [Line.name(name), Handle.phone("+12025550101")]))
})

const both = [carrier("linq", "support"), carrier("sendblue", "support")]

const problems = (input: unknown, carriers = both) =>
  Effect.map(
    Effect.flip(Policy.make(input, carriers)),
    (error) => error.problems.map(({ message, path }) => [path.join("."), message] as const)
  )

const prefer = ["linq", "sendblue"]

describe("a policy that names only prefer", () => {
  it.effect("gets every default", () =>
    Effect.gen(function*() {
      const complete = yield* Policy.make({ prefer }, both)
      expect(complete).toEqual({ ...Policy.defaults, prefer })
      expect(Policy.defaults).toEqual({
        rules: [],
        fidelity: "adapt",
        affinity: { mode: "sticky", groups: "pinned", expiresAfter: 2_592_000_000, movesOn: ["failure"] },
        onUnknown: "hold",
        deadlines: { attempt: 30_000, send: 90_000 },
        retry: { times: 2, base: 500, maxRetryAfter: 10_000 },
        maxWait: 10_000,
        reconcile: { every: 500, within: 30_000 },
        breaker: { failures: 5, window: 30_000, openFor: 15_000, maxOpenFor: 300_000 },
        carriers: {},
        keys: { rememberFor: 86_400_000 }
      })
    }))
})

describe("defaults", () => {
  it.effect.each(
    [
      ["a short send shortens the attempt", { deadlines: { send: "5 seconds" } }, { deadlines: { attempt: 5000, send: 5000 } }],
      ["a long attempt lengthens the send", { deadlines: { attempt: "2 minutes" } }, { deadlines: { attempt: 120_000, send: 120_000 } }],
      ["a short look is begun in time", { reconcile: { within: 200 } }, { reconcile: { every: 200, within: 200 } }],
      ["a long break may last", { breaker: { openFor: "1 hour" } }, { breaker: { openFor: 3_600_000, maxOpenFor: 3_600_000 } }],
      ["a field of a group leaves the others", { retry: { times: 0 } }, { retry: { times: 0, base: 500, maxRetryAfter: 10_000 } }],
      ["what is written in full stands", { deadlines: { attempt: "1 second", send: "1 minute" } }, {
        deadlines: { attempt: 1000, send: 60_000 }
      }]
    ] as const
  )("give way to what is written: %s", ([, fields, expected]) =>
    Effect.gen(function*() {
      expect(yield* Policy.make({ prefer, ...fields }, both)).toMatchObject(expected)
    }))
})

describe("a span", () => {
  const decode = Schema.decodeUnknownEither(Policy.Span)

  it.each([["30 seconds", 30_000], [" 5 minutes ", 300_000], ["1 milli", 1], ["0 millis", 0], ["1.5 seconds", 1500], [250, 250], [0, 0]])(
    "%j is %i ms",
    (written, millis) => {
      expect(decode(written)).toMatchObject({ _tag: "Right", right: millis })
    }
  )

  it.each(["30", "soon", "", "-1 seconds", -1, 0.5, "500 micros", "Infinity", Number.NaN, Number.POSITIVE_INFINITY, null, true, [
    "30 seconds"
  ]])(
    "%j is none",
    (written) => {
      expect(decode(written)._tag).toBe("Left")
    }
  )
})

describe("a policy that cannot be used", () => {
  it.effect.each(
    [
      ["an unknown field", { prefer, prefere: 1 }, "prefere", "nobody knows this field; did you mean \"prefer\"?"],
      ["a field with a letter too few", { prefer, onUnknwn: "hold" }, "onUnknwn", "did you mean \"onUnknown\"?"],
      ["one in a rule", { prefer, rules: [{ match: { lnes: ["support"] }, prefer }] }, "rules.0.match.lnes", "did you mean \"lines\"?"],
      ["one in a carrier's settings", { prefer, carriers: { linq: { limts: {} } } }, "carriers.linq.limts", "nobody knows"],
      ["an unknown field further in", { prefer, retry: { time: 1 } }, "retry.time", "nobody knows"],
      ["settings of what can be no carrier", { prefer, carriers: { LINQ: {} } }, "carriers.LINQ", "is not a carrier's id"],
      ["no prefer", {}, "prefer", "missing"],
      ["an empty prefer", { prefer: [] }, "prefer", "names no carrier"],
      ["an empty prefer in a rule", { prefer, rules: [{ match: {}, prefer: [] }] }, "rules.0.prefer", "names no carrier"],
      ["an empty list in a match", { prefer, rules: [{ match: { lines: [] }, prefer }] }, "rules.0.match.lines", "is empty"],
      ["a prefer that is a word", { prefer: "linq" }, "prefer", "list"],
      ["a span that is none", { prefer, maxWait: "soon" }, "maxWait", "time span"],
      ["an empty span where none may be", { prefer, reconcile: { every: 0 } }, "reconcile.every", "longer than nothing"],
      ["a word that is none", { prefer, onUnknown: "pray" }, "onUnknown", "expected \"hold\" or \"fail\" or \"send-anyway\""],
      ["a share above one", { prefer, rules: [{ match: { share: 2 }, prefer }] }, "rules.0.match.share", "between 0 and 1"],
      ["a code without its plus", { prefer, rules: [{ match: { countryCodes: ["44"] }, prefer }] }, "rules.0.match.countryCodes.0", "+44"],
      [
        "an unknown carrier",
        { prefer: ["linq", "pigeon"] },
        "prefer.1",
        "no carrier \"pigeon\" is configured; configured are linq, sendblue"
      ],
      ["an unknown carrier in a rule", { prefer, rules: [{ match: {}, prefer: ["linq", "pigeon"] }] }, "rules.0.prefer.1", "pigeon"],
      ["settings of an unknown carrier", { prefer, carriers: { pigeon: {} } }, "carriers.pigeon", "no carrier"],
      ["a carrier twice", { prefer: ["linq", "linq"] }, "prefer.1", "a carrier appears once"],
      [
        "a carrier twice in a rule",
        { prefer, rules: [{ match: {}, prefer: ["linq", "linq"] }] },
        "rules.0.prefer.1",
        "a carrier appears once"
      ],
      [
        "an unknown line",
        { prefer, rules: [{ match: { lines: ["sales"] }, prefer }] },
        "rules.0.match.lines.0",
        "no carrier has a line \"sales\"; there are support"
      ],
      ["a share of nothing", { prefer, rules: [{ match: { share: 0 }, prefer }] }, "rules.0.match.share", "leave the rule out"],
      [
        "a rule that loosens",
        { prefer, fidelity: "exact", rules: [{ match: { kind: "group" }, prefer, fidelity: "adapt" }] },
        "rules.0.fidelity",
        "loosen"
      ],
      [
        "an attempt that outlasts the send",
        { prefer, deadlines: { attempt: "10 seconds", send: "5 seconds" } },
        "deadlines.attempt",
        "deadlines.send"
      ],
      ["a pause that outlasts the looks", { prefer, reconcile: { every: 200, within: 100 } }, "reconcile.every", "reconcile.within"],
      ["a break that outlasts itself", { prefer, breaker: { openFor: 200, maxOpenFor: 100 } }, "breaker.maxOpenFor", "breaker.openFor"],
      [
        "more new people in an hour than in its day",
        { prefer, carriers: { linq: { newContactsPerHour: 21, newContactsPerDay: 20 } } },
        "carriers.linq.newContactsPerHour",
        "newContactsPerDay (20)"
      ],
      ["a line that is next to never asked", { prefer, carriers: { linq: { perSecond: 0.0009 } } }, "carriers.linq.perSecond", "0.001"],
      ["a line without end", { prefer, carriers: { linq: { perSecond: Infinity } } }, "carriers.linq.perSecond", "0.001"],
      ["retries without end", { prefer, retry: { times: 11 } }, "retry.times", "from 0 to 10"],
      ["half a retry", { prefer, retry: { times: 1.5 } }, "retry.times", "whole number"],
      [
        "a key that is forgotten before its caller asks again",
        { prefer, keys: { rememberFor: "59 seconds" } },
        "keys.rememberFor",
        "at least 1 minute"
      ],
      ["a continuation of nothing", { prefer, affinity: { continuation: " \n " } }, "affinity.continuation", "500"],
      ["a continuation that is a letter", { prefer, affinity: { continuation: "a".repeat(501) } }, "affinity.continuation", "500"],
      [
        "a reason to move that is given twice",
        { prefer, affinity: { movesOn: ["failure", "failure"] } },
        "affinity.movesOn.1",
        "named twice"
      ],
      [
        "a proof that comes after the end",
        { prefer, carriers: { sendblue: { absenceProof: "90 seconds" } } },
        "carriers.sendblue.absenceProof",
        "deadlines.send"
      ]
    ] as const
  )("%s fails with its path", ([, input, path, sentence]) =>
    Effect.gen(function*() {
      const found = yield* problems(input)
      expect(found.map(([path]) => path)).toEqual([path])
      expect(found[0]?.[1]).toContain(sentence)
    }))

  it.effect("fails with everything that is wrong, not with the first", () =>
    Effect.gen(function*() {
      const shape = yield* problems({ prefer: [], maxWait: "soon", extra: 1 })
      expect(shape.map(([path]) => path).toSorted()).toEqual(["extra", "maxWait", "prefer"])
      const sense = yield* problems({ prefer: ["pigeon", "linq"], carriers: { crow: {} }, deadlines: { attempt: 2, send: 1 } })
      expect(sense.map(([path]) => path)).toEqual(["prefer.0", "carriers.crow", "deadlines.attempt"])
    }))

  it.effect.each(
    [
      [["linq", "sendblue"], "{\"prefer\": [\"linq\",\"sendblue\"]}"],
      [["linq"], "{\"prefer\": [\"linq\"]}"],
      [[], "{\"prefer\": [\"linq\",\"sendblue\"]}"],
      [["+12025550123"], "{\"prefer\": [\"linq\",\"sendblue\"]}"]
    ] as const
  )("never a bare list of carriers for failover: %j", ([input, example]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Policy.make(input, both))
      expect(error.message).toBe(
        `the routing policy cannot be used: policy: a bare list of carriers means "send by all of them" elsewhere; write ${example}`
      )
    }))

  it.effect.each(
    [
      ["what is just allowed", {
        prefer,
        retry: { times: 10 },
        keys: { rememberFor: "1 minute" },
        affinity: { continuation: "a".repeat(500), movesOn: ["failure", "incapable"] },
        carriers: { linq: { perSecond: 0.001, newContactsPerHour: 20, newContactsPerDay: 20 } }
      }]
    ] as const
  )("%s can be used", ([, input]) =>
    Effect.gen(function*() {
      expect(yield* Policy.make(input, both)).toMatchObject({ retry: { times: 10 } })
    }))

  it.effect.each([[null], ["linq"], [""], [1], [true], [undefined]])(
    "%j is no policy, and one sentence says what to write",
    ([input]) =>
      Effect.gen(function*() {
        expect(yield* problems(input)).toEqual([["", "is not an object like {\"prefer\":[\"linq\",\"sendblue\"]}"]])
      })
  )

  const rule = { match: {}, prefer }
  const containers: ReadonlyArray<readonly [path: string, example: string, write: (wrong: unknown) => object]> = [
    ["prefer", "[\"linq\",\"sendblue\"]", (wrong) => ({ prefer: wrong })],
    ["rules", "[{\"match\":{\"kind\":\"group\"},\"prefer\":[\"linq\"]}]", (wrong) => ({ prefer, rules: wrong })],
    ["rules.0", "{\"match\":{\"kind\":\"group\"},\"prefer\":[\"linq\"]}", (wrong) => ({ prefer, rules: [wrong] })],
    ["rules.0.match", "{\"kind\":\"group\"}", (wrong) => ({ prefer, rules: [{ ...rule, match: wrong }] })],
    ["rules.0.match.lines", "[\"support\"]", (wrong) => ({ prefer, rules: [{ ...rule, match: { lines: wrong } }] })],
    ["rules.0.match.countryCodes", "[\"+44\"]", (wrong) => ({ prefer, rules: [{ ...rule, match: { countryCodes: wrong } }] })],
    ["rules.0.match.features", "[\"effect\"]", (wrong) => ({ prefer, rules: [{ ...rule, match: { features: wrong } }] })],
    ["rules.0.prefer", "[\"linq\",\"sendblue\"]", (wrong) => ({ prefer, rules: [{ ...rule, prefer: wrong }] })],
    ["affinity", "{\"mode\":\"sticky\"}", (wrong) => ({ prefer, affinity: wrong })],
    ["affinity.movesOn", "[\"failure\"]", (wrong) => ({ prefer, affinity: { movesOn: wrong } })],
    ["deadlines", "{\"attempt\":\"30 seconds\"}", (wrong) => ({ prefer, deadlines: wrong })],
    ["retry", "{\"times\":2}", (wrong) => ({ prefer, retry: wrong })],
    ["reconcile", "{\"within\":\"30 seconds\"}", (wrong) => ({ prefer, reconcile: wrong })],
    ["breaker", "{\"failures\":5}", (wrong) => ({ prefer, breaker: wrong })],
    ["carriers", "{\"linq\":{\"perSecond\":1}}", (wrong) => ({ prefer, carriers: wrong })],
    ["carriers.linq", "{\"perSecond\":1}", (wrong) => ({ prefer, carriers: { linq: wrong } })],
    ["keys", "{\"rememberFor\":\"1 day\"}", (wrong) => ({ prefer, keys: wrong })]
  ]

  it.effect.each(containers)(
    "something else where %s belongs is one sentence with an example that can be used",
    ([path, example, write]) =>
      Effect.gen(function*() {
        for (const wrong of [null, "30 seconds", 5, true, ...(example.startsWith("[") ? [{}] : [[]])]) {
          const found = yield* problems(write(wrong))
          expect(found.map(([path]) => path)).toEqual([path])
          expect(found[0]?.[1]).toMatch(/^is not /)
          expect(found[0]?.[1]).toContain(`like ${example}`)
          expect(found[0]?.[1].length).toBeLessThan(120)
        }
        yield* Policy.decode(write(JSON.parse(example)))
      })
  )

  const leaves: ReadonlyArray<readonly [path: string, write: (wrong: unknown) => object]> = [
    ["prefer.0", (wrong) => ({ prefer: [wrong] })],
    ["rules.0.match.lines.0", (wrong) => ({ prefer, rules: [{ ...rule, match: { lines: [wrong] } }] })],
    ["rules.0.match.kind", (wrong) => ({ prefer, rules: [{ ...rule, match: { kind: wrong } }] })],
    ["rules.0.match.countryCodes.0", (wrong) => ({ prefer, rules: [{ ...rule, match: { countryCodes: [wrong] } }] })],
    ["rules.0.match.features.0", (wrong) => ({ prefer, rules: [{ ...rule, match: { features: [wrong] } }] })],
    ["rules.0.match.share", (wrong) => ({ prefer, rules: [{ ...rule, match: { share: wrong } }] })],
    ["rules.0.fidelity", (wrong) => ({ prefer, rules: [{ ...rule, fidelity: wrong }] })],
    ["fidelity", (wrong) => ({ prefer, fidelity: wrong })],
    ["onUnknown", (wrong) => ({ prefer, onUnknown: wrong })],
    ["affinity.mode", (wrong) => ({ prefer, affinity: { mode: wrong } })],
    ["affinity.movesOn.0", (wrong) => ({ prefer, affinity: { movesOn: [wrong] } })],
    ["affinity.continuation", (wrong) => ({ prefer, affinity: { continuation: wrong } })],
    ["deadlines.send", (wrong) => ({ prefer, deadlines: { send: wrong } })],
    ["retry.times", (wrong) => ({ prefer, retry: { times: wrong } })],
    ["breaker.failures", (wrong) => ({ prefer, breaker: { failures: wrong } })],
    ["carriers.linq.perSecond", (wrong) => ({ prefer, carriers: { linq: { perSecond: wrong } } })],
    ["carriers.linq.newContactsPerHour", (wrong) => ({ prefer, carriers: { linq: { newContactsPerHour: wrong } } })],
    ["carriers.linq.newContactsPerDay", (wrong) => ({ prefer, carriers: { linq: { newContactsPerDay: wrong } } })],
    ["carriers.linq.opens", (wrong) => ({ prefer, carriers: { linq: { opens: wrong } } })]
  ]

  it.effect.each(leaves)("something else where %s belongs is one short sentence", ([path, write]) =>
    Effect.gen(function*() {
      for (const wrong of [null, {}, [], true, -1.5]) {
        const found = yield* problems(write(wrong))
        expect(found.map(([path]) => path)).toEqual([path])
        expect(found[0]?.[1]).not.toContain("readonly")
        expect(found[0]?.[1]).not.toContain("{")
        expect(found[0]?.[1]).not.toMatch(/\b[A-Z][a-z]+[A-Z]/)
        expect(found[0]?.[1].length).toBeLessThan(160)
      }
    }))

  it.effect("a field that is there and undefined is not there", () =>
    Effect.gen(function*() {
      const sparse = yield* Policy.make({
        prefer,
        rules: [{ match: { kind: "group", lines: undefined }, prefer, onUnknown: undefined }],
        maxWait: undefined,
        deadlines: undefined,
        retry: { times: 0, base: undefined },
        breaker: { openFor: undefined },
        carriers: { linq: { opens: undefined }, pigeon: undefined }
      }, both)
      expect(sparse).toEqual(
        yield* Policy.make({ prefer, rules: [{ match: { kind: "group" }, prefer }], retry: { times: 0 }, carriers: { linq: {} } }, both)
      )
      expect(Object.keys(sparse.rules[0]?.match ?? {})).toEqual(["kind"])
      expect(yield* problems({ prefer: undefined })).toEqual([["prefer", "is missing"]])
    }))

  it.effect("a list with a carrier that nobody knows is not asked for lines", () =>
    Effect.gen(function*() {
      const found = yield* problems({ prefer: ["pigeon"], rules: [{ match: { kind: "group" }, prefer: ["crow"] }] })
      expect(found.map(([path]) => path)).toEqual(["prefer.0", "rules.0.prefer.0"])
    }))

  it.effect("quotes no number that was pasted into the wrong place", () =>
    Effect.gen(function*() {
      const number = "+12025550199"
      const error = yield* Effect.flip(
        Policy.make({
          prefer: [number],
          onUnknown: number,
          maxWait: number,
          rules: [{ match: { lines: [number], kind: number }, prefer: [number] }],
          retry: number
        }, both)
      )
      expect(error.problems.length).toBeGreaterThan(5)
      expect(error.message).not.toContain(number)
    }))
})

describe("decode", () => {
  it.effect("asks for no carriers, and says which are named, each once and in order", () =>
    Effect.gen(function*() {
      const policy = yield* Policy.decode({
        prefer: ["linq-eu", "linq"],
        rules: [{ match: {}, prefer: ["linq", "sendblue"] }],
        carriers: { "linq-eu": {}, spare: { perSecond: 1 } }
      })
      expect(Policy.carriersOf(policy)).toEqual(["linq-eu", "linq", "sendblue", "spare"])
    }))
})

describe("lines and rules", () => {
  const split = [carrier("linq", "support", "sales"), carrier("sendblue", "support")]
  const named = (names: ReadonlyArray<string>) => ({ match: { lines: names }, prefer: ["linq"] })

  it.effect.each(
    [
      ["a line that no preferred carrier has", { prefer: ["sendblue"] }, [[
        "prefer",
        "no carrier in it has the line \"sales\" (linq has)"
      ]]],
      ["a rule for the line", { prefer: ["sendblue"], rules: [named(["sales"])] }, []],
      ["a rule for some of the line's sends", {
        prefer: ["sendblue"],
        rules: [{ match: { lines: ["sales"], kind: "group" }, prefer: ["linq"] }]
      }, [["prefer", "sales"]]],
      ["a rule without a route for a line", { prefer: ["linq"], rules: [{ match: { kind: "group" }, prefer: ["sendblue"] }] }, [[
        "rules.0.prefer",
        "no carrier in it has the line \"sales\""
      ]]],
      ["the same rule for the lines that it can serve", {
        prefer: ["linq"],
        rules: [{ match: { kind: "group", lines: ["support"] }, prefer: ["sendblue"] }]
      }, []]
    ] as const
  )("%s", ([, input, expected]) =>
    Effect.gen(function*() {
      const found = yield* Effect.match(Policy.make(input, split), { onFailure: (error) => error.problems, onSuccess: () => [] })
      expect(found.map(({ path }) => path.join("."))).toEqual(expected.map(([path]) => path))
      expected.forEach(([, sentence], index) => expect(found[index]?.message).toContain(sentence))
    }))

  it.effect.each(
    [
      [{}, { kind: "group" }, false],
      [{ kind: "group" }, {}, true],
      [{ lines: ["support"] }, { kind: "group" }, false],
      [{ countryCodes: ["+1"] }, { countryCodes: ["+1202", "+1"] }, false],
      [{ countryCodes: ["+1202"] }, { countryCodes: ["+1"] }, true],
      [{ features: ["link", "effect"] }, { features: ["effect"] }, false],
      [{ features: ["effect"] }, { features: ["link", "effect"] }, true],
      [{ share: 0.5 }, { share: 0.5 }, false],
      [{ share: 0.2 }, { share: 0.5 }, true],
      [{ share: 0.5 }, { kind: "direct" }, true],
      [{ kind: "direct" }, { share: 0.5 }, true],
      [{ share: 1 }, { share: 0.5, kind: "direct" }, false]
    ] as const
  )("after a rule for %j one for %j can match: %s", ([earlier, later, reachable]) =>
    Effect.gen(function*() {
      const found = yield* Effect.match(Policy.make({ prefer, rules: [{ match: earlier, prefer }, { match: later, prefer }] }, both), {
        onFailure: (error) => error.problems.map(({ path }) => path.join(".")),
        onSuccess: () => []
      })
      expect(found).toEqual(reachable ? [] : ["rules.1"])
    }))
})
