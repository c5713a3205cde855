/** What a report says about one call: each finding has a kind, under which equal findings are counted. */
import * as Loss from "@interline/core/Loss"
import type { Operation } from "@interline/core/Operation"
import type { Translation } from "../translate/Translator.ts"

export type Weight = "refused" | "lost" | "may be lost" | "not carried" | "note" | "whole"

export interface Finding {
  readonly weight: Weight
  readonly kind: string
  /** A sentence for people. It names fields and rules, never what they hold. */
  readonly says: string
}

const whole: Finding = { weight: "whole", kind: "whole", says: "arrives as it is" }

const carried: Finding = { weight: "whole", kind: "carried", says: "is carried out at the other vendor" }

const own: Finding = { weight: "whole", kind: "answered by the gateway", says: "the gateway answers by itself" }

const noEndpoint: Finding = {
  weight: "note",
  kind: "unknown endpoint",
  says: "the vendor has no endpoint that is known under this address"
}

const unknownMembers: Finding = {
  weight: "note",
  kind: "group named by its id",
  says: "the members are read from the old vendor before the move; a group of the same members is opened at the new one"
}

const unknownChat: Finding = {
  weight: "note",
  kind: "chat unknown",
  says: "no call and no answer before it says who is in the chat, or whether it is a group; it is planned as a chat with one person"
}

const notesOf = { all: [], "no members": [unknownMembers], "no chat": [unknownChat] } as const

const ofLoss = (loss: Loss.Loss): Finding => {
  const weight = Loss.isCertain(loss) ? "lost" : "may be lost"
  const field = loss.kind === "unknown-field" && loss.from !== undefined ? ` ${loss.from}` : ""
  return { weight, kind: `${weight}: ${loss.kind}${field}`, says: `${Loss.sentences[loss.kind]} (${loss.reason})` }
}

const ofMissing = (operation: Operation): Finding => ({
  weight: "note",
  kind: `not at the other vendor: ${operation}`,
  says: "the other vendor has no request for this; what the gateway itself keeps of it still holds"
})

const passing = (group: string): string => `the front passes it on to the old vendor if INTERLINE_PASS_THROUGH names its group ${group}`

/** The findings of equal kind are one. */
const distinct = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> =>
  findings.length < 2 ? findings : Array.from(new Map(findings.map((finding) => [finding.kind, finding])).values())

/** The findings about a call of the vendor. There is always one. */
export const of = (translation: Exclude<Translation, { readonly _tag: "Foreign" }>): ReadonlyArray<Finding> => {
  switch (translation._tag) {
    case "NoEndpoint":
      return [noEndpoint]
    case "Refused": {
      const { endpoint, isCarried, passesAs, why } = translation
      return [
        isCarried
          ? { weight: "refused", kind: `refused: ${why}`, says: why }
          : { weight: "not carried", kind: `not carried: ${endpoint}`, says: passesAs === undefined ? why : `${why}; ${passing(passesAs)}` }
      ]
    }
    case "Send": {
      const { knows, plan, unknown } = translation
      const notes: ReadonlyArray<Finding> = notesOf[knows]
      if (plan._tag === "Refused") {
        return distinct([
          ...plan.problems.map(({ message, rule }): Finding => ({ weight: "refused", kind: `refused: ${rule}`, says: message })),
          ...notes
        ])
      }
      if (plan.losses.length === 0 && unknown.length === 0) return notes.length > 0 ? notes : [whole]
      return distinct([...plan.losses.map(ofLoss), ...unknown.map(ofLoss), ...notes])
    }
    case "Operation": {
      const { missing, requests, unknown } = translation
      const found = [...missing.map(ofMissing), ...unknown.map(ofLoss)]
      return found.length > 0 ? distinct(found) : [requests.length > 0 ? carried : own]
    }
  }
}
