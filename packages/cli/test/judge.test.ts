/** What the judge of a rehearsal counts on phones, and which mistakes it finds. */
import { describe, expect, it } from "@effect/vitest"
import * as Judge from "../src/rehearsal/judge.ts"
import * as Rehearse from "../src/rehearsal/Rehearse.ts"

const [ada, bob] = ["+12025550123", "+12025550124"]
const [old, next] = ["+12025550201", "+12025550101"]
const words = "It is us, from our other number."

const message = (text: string, line = old, more: Partial<Judge.Received> = {}): Judge.Received => ({
  line,
  text,
  group: null,
  despiteOptOut: false,
  ...more
})

const first = Judge.numbered("Hello", 1)
const second = Judge.numbered("Hello again", 2)
const group = message(Judge.numbered("Hello both", 3), next, { group: "g" })

const evidence = (toAda: ReadonlyArray<Judge.Received>, toBob: ReadonlyArray<Judge.Received> = [group]): Judge.Evidence => ({
  intended: [{ number: 1, recipients: [ada] }, { number: 2, recipients: [ada] }, { number: 3, recipients: [ada, bob] }],
  phones: [{ handle: ada, messages: toAda }, { handle: bob, messages: toBob }],
  words,
  stoppedAt: new Map([[bob, 1]])
})

const none = { messages: 4, duplicates: 0, toOptedOut: 0, numberChangesUntold: 0, missing: 0, unexpected: 0 }
const told = message(`${words}\n${second}`, next)

describe("the judge of a rehearsal", () => {
  it("finds nothing where everybody got one copy, and the words came with the other number", () => {
    expect(Judge.count(evidence([message(first), group, told]))).toEqual(none)
  })

  it.each<readonly [string, Judge.Evidence, Partial<Judge.Counts>]>([
    ["a second copy", evidence([message(first), group, told, told]), { messages: 5, duplicates: 1 }],
    ["a second copy from the other number", evidence([message(first), group, told, message(`${words}\n${second}`)]), {
      messages: 5,
      duplicates: 1
    }],
    ["a text after an opt-out", evidence([message(first), group, told], [group, message("Hello?", next)]), {
      messages: 5,
      toOptedOut: 1,
      unexpected: 1
    }],
    ["a text after an opt-out that only a vendor knows", evidence([message(first, old, { despiteOptOut: true }), group, told]), {
      toOptedOut: 1
    }],
    ["another number without the words", evidence([message(first), group, message(second, next)]), { numberChangesUntold: 1 }],
    ["the words at the wrong place", evidence([message(`${words}\n${first}`), group, message(`${second}\n${words}`, next)]), {
      numberChangesUntold: 1
    }],
    ["a text that did not come", evidence([message(first), group]), { messages: 3, missing: 1 }],
    ["a text at somebody else", evidence([message(first), told, group], [message(first)]), { missing: 1, unexpected: 1 }],
    ["a text that nobody sent", evidence([message(first), group, told, message("Hello?", next)]), { messages: 5, unexpected: 1 }]
  ])("finds %s", (_, given, counts) => {
    expect(Judge.count(given)).toEqual({ ...none, ...counts })
  })

  it("a group from another number is no change of a person's number", () => {
    expect(Judge.count(evidence([message(first), told, group])).numberChangesUntold).toBe(0)
  })
})

describe("a rehearsal", () => {
  const document: Rehearse.Document = {
    from: "sendblue",
    to: "linq",
    seed: 7,
    steps: [{ name: "record", ok: true, proved: "it is so" }],
    phones: { messages: 4, duplicates: 0, toOptedOut: 0, numberChangesUntold: 0 }
  }

  it("has no fault if every step is ok and the phones are", () => {
    expect(Rehearse.faults(document)).toEqual([])
  })

  it.each<readonly [Partial<Rehearse.Document>, string]>([
    [{ steps: [{ name: "back", ok: false, proved: "nobody came back" }] }, "the step \"back\" failed with the seed 7: nobody came back"],
    [{ phones: { ...document.phones, duplicates: 1 } }, "copies beside the first are on phones: 1"],
    [{ phones: { ...document.phones, toOptedOut: 2 } }, "texts went to people who had opted out: 2"],
    [{ phones: { ...document.phones, numberChangesUntold: 3 } }, "changes of the number came without the words of the policy: 3"]
  ])("fails: %o", (change, sentence) => {
    expect(Rehearse.faults({ ...document, ...change })).toEqual([sentence])
  })
})
