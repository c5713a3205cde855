import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Handle from "../src/names/Handle.ts"
import * as MessageRef from "../src/names/MessageRef.ts"
import * as Peer from "../src/names/Peer.ts"
import { linq, ref } from "./support.ts"

const parsed = (input: string) => Option.getOrUndefined(Either.getRight(Handle.parse(input)))

describe("Handle.parse", () => {
  it.each([
    ["+12025550123", "+12025550123"],
    ["  +1 (202) 555-0123 ", "+12025550123"],
    ["+1.202.555.0123", "+12025550123"],
    ["+44 20 7946 0958", "+442079460958"],
    ["Ann.Lee+News@Example.COM", "ann.lee+news@example.com"],
    ["tel:+12025550123", "+12025550123"],
    ["TEL:+1-202-555-0123;phone-context=example.com", "+12025550123"],
    ["sms:%2B12025550123?body=hi", "+12025550123"],
    ["+1\u2013202\u2013555\u20130123", "+12025550123"],
    ["+1\u2011202\u2011555\u20110123", "+12025550123"],
    ["+1\ufe0f2025550123", "+12025550123"],
    ["\u202a+1 (202) 555\u20110123\u202c", "+12025550123"],
    ["+1/202/5550123", "+12025550123"],
    ["＋１ ２０２ ５５５ ０１２３", "+12025550123"],
    ["+٩٧١٥٠١٢٣٤٥٦٧", "+971501234567"],
    ["+1\u00a0202\u2009555\u202f0123", "+12025550123"],
    ["+44 (0)20 7946 0958", "+442079460958"],
    ["+39 (0)6 1234 5678", "+390612345678"],
    ["mailto:Guest@Example.com?subject=hi", "guest@example.com"],
    ["mailto:guest%40example.com", "guest@example.com"],
    ["\u200bguest@example.com\ufeff", "guest@example.com"]
  ])("reads %s", (input, canonical) => {
    expect(parsed(input)).toBe(canonical)
  })

  it.each([
    ["a number without its country code", "(202) 555-0123"],
    ["a national number with a trunk zero", "+0 20 7946 0958"],
    ["a number that is too short", "+123456"],
    ["a number that is too long", "+1234567890123456"],
    ["an extension", "+1 202 555 0123 ext 4"],
    ["two plus signs", "++12025550123"],
    ["nothing", "   "],
    ["an address without a domain", "ann@"],
    ["an address without a dot in its domain", "ann@localhost"],
    ["two addresses", "ann@example.com,bob@example.com"],
    ["an address with a display name", "Ann <ann@example.com>"],
    ["a line break", "ann@example.com\nbcc:bob@example.com"],
    ["an invisible character", "ann\u200B@example.com"],
    ["an address that is too long", `${"a".repeat(64)}@${"b".repeat(200)}.com`]
  ])("refuses %s and never repeats it", (_, input) => {
    const result = Handle.parse(input)
    expect(Either.isLeft(result)).toBe(true)
    if (Either.isLeft(result)) {
      expect(result.left.rule).toBe("handle")
      expect(input.trim() !== "" && JSON.stringify(result.left).includes(input.trim())).toBe(false)
    }
  })

  it.each([
    ["", "empty"],
    ["\u200b ", "empty"],
    ["(202) 555-0123", "country code"],
    ["0044 20 7946 0958", "+ in its place"],
    ["+1 202 555 0123 x4", "extension"],
    ["tel:+12025550123;ext=4", "extension"],
    ["+12FLOWERS", "no digit"],
    ["+123", "7 to 15 digits"],
    ["guest@example", "e-mail address"]
  ])("says of %j what is wrong with it", (input, why) => {
    expect(Option.getOrThrow(Either.getLeft(Handle.parse(input))).message).toContain(why)
  })

  it("is what a schema of input reads by", () => {
    const decode = Schema.decodeUnknownEither(Handle.FromText)
    expect(Either.getOrThrow(decode(" +1 (202) 555-0123"))).toBe("+12025550123")
    expect(String(Option.getOrThrow(Either.getLeft(decode("(202) 555-0123"))))).toContain("country code")
  })

  it.each([undefined, null, 12025550123, {}])("refuses %s from plain JavaScript instead of throwing", (input) => {
    expect(Either.isLeft(Handle.parse(input as unknown as string))).toBe(true)
  })

  it("gives one spelling: what it returns is a handle, and reads as itself", () => {
    const written = FastCheck.oneof(
      Arbitrary.make(Handle.Handle),
      FastCheck.emailAddress(),
      FastCheck.emailAddress().map((address) => address.toUpperCase()),
      FastCheck.string({ minLength: 1 }).map((local) => `${local}@Example.com`),
      FastCheck.fullUnicodeString({ minLength: 1 }).map((local) => `${local}@example.com`),
      FastCheck.stringMatching(/^\+[0-9 ().-]{5,25}$/)
    )
    FastCheck.assert(
      FastCheck.property(written, (input) => {
        const handle = parsed(input)
        if (handle === undefined) return
        expect(Handle.isHandle(handle)).toBe(true)
        expect(Schema.is(Handle.Handle)(handle)).toBe(true)
        expect(parsed(handle)).toBe(handle)
        expect(parsed(` ${handle.toUpperCase()} `)).toBe(handle)
      }),
      { numRuns: 500 }
    )
  })
})

describe("Handle", () => {
  it("is not an address with capitals: a second spelling would slip past an opt-out", () => {
    expect(Handle.isHandle("Ann@example.com")).toBe(false)
    expect(Handle.isHandle("ann@example.com")).toBe(true)
  })

  it("tells phone numbers from addresses", () => {
    expect(Handle.isPhone(Handle.make("+12025550123"))).toBe(true)
    expect(Handle.isPhone(Handle.make("ann@example.com"))).toBe(false)
    expect(() => Handle.phone("ann@example.com")).toThrow()
  })
})

describe("Peer.fromVendor", () => {
  it("reads a handle where it is one, else keeps the sender id as it stands", () => {
    expect(Peer.fromVendor("+12025550123")).toBe("+12025550123")
    expect(Peer.fromVendor("Ann@Example.com")).toBe("ann@example.com")
    expect(Peer.fromVendor("72345")).toBe("72345")
    expect(Peer.fromVendor("ACME Bank")).toBe("ACME Bank")
  })

  it.each([
    "+1 202 555 0123",
    "+1 (202) 555-0123",
    " +12025550123 ",
    "12025550123",
    "1-202-555-0123",
    "\u202d+12025550123\u202c",
    "+1\u00a0202.555.0123"
  ])(
    "reads the number %j in another spelling",
    (spelling) => expect(Peer.fromVendor(spelling)).toBe("+12025550123")
  )

  it.each(["2025550123", "(202) 555-0123", "012025550123", "1234567890123456", "555-0123", "ann @example.com", "A.B", " "])(
    "guesses no number in %j",
    (spelling) => expect(Peer.fromVendor(spelling)).toBe(spelling)
  )
})

describe("MessageRef", () => {
  it("reads what it writes, even when the vendor's id holds colons", () => {
    FastCheck.assert(FastCheck.property(Arbitrary.make(MessageRef.MessageRef), (ref) => {
      expect(MessageRef.parse(MessageRef.format(ref))).toEqual(Option.some(ref))
    }))
    expect(MessageRef.parse("linq:a:b")).toEqual(Option.some(ref("a:b", linq)))
  })

  it.each(["", "linq", "linq:", ":69a3", "Linq:69a3"])("refuses %s", (text) => {
    expect(MessageRef.parse(text)).toEqual(Option.none())
  })
})

describe("the spellings of one number", () => {
  const of = (number: string) => Handle.variants(Handle.make(number))

  it.each([
    ["+5215512345678", "+525512345678"],
    ["+5491112345678", "+541112345678", "+54111512345678", "+549111512345678"],
    ["+5492214567890", "+542214567890", "+54221154567890"],
    ["+5492966412345", "+542966412345", "+54296615412345"],
    ["+5511987654321", "+551187654321"],
    ["+5521961234567", "+552161234567"]
  ])("%s and others", (...numbers) => {
    for (const number of numbers) {
      expect(of(number)[0]).toBe(number)
      expect(of(number)).toEqual(expect.arrayContaining(numbers))
      expect(new Set(of(number)).size).toBe(of(number).length)
    }
  })

  it.each([
    // landlines of Brazil, with and without what would be their ninth digit
    "+551132345678",
    "+5511932345678",
    "+551152345678",
    "+12025550123",
    "+34612345678",
    "+52551234567",
    "+54111234567",
    "+5491",
    "+55119876543210",
    "+5311234567",
    "+5016001234",
    "guest@example.com"
  ].filter((handle) => Handle.isHandle(handle)))("%s alone", (handle) => {
    expect(of(handle)).toEqual([handle])
  })

  it("are the same ones whichever is asked for", () => {
    const numbers = FastCheck.tuple(FastCheck.constantFrom("52", "54", "55", "1", "53", "501"), FastCheck.stringMatching(/^[0-9]{7,12}$/))
      .map(([country, rest]) => `+${country}${rest}`)
    FastCheck.assert(
      FastCheck.property(numbers.filter(Handle.isHandle), (number) => {
        for (const other of of(number)) expect(new Set(of(other))).toEqual(new Set(of(number)))
      }),
      { numRuns: 2_000 }
    )
  })
})

describe("an address", () => {
  const address = (length: number) => `a@${"b".repeat(60)}.${"c".repeat(length - 67)}.com`

  it("has at most 254 characters, 64 of them before the @", () => {
    expect(address(254)).toHaveLength(254)
    expect([254, 255].map((length) => parsed(address(length)) !== undefined)).toEqual([true, false])
    expect([64, 65].map((length) => parsed(`${"a".repeat(length)}@example.com`) !== undefined)).toEqual([true, false])
  })

  it("has one spelling of a letter with an accent", () => {
    expect(parsed("jose\u0301@example.com")).toBe("jos\u00e9@example.com")
    expect(Handle.isHandle("jose\u0301@example.com")).toBe(false)
  })
})

it("knows no other spelling of an Argentine number whose area does not exist", () => {
  expect(Handle.variants(Handle.make("+5498001234567"))).toEqual(["+5498001234567"])
})
