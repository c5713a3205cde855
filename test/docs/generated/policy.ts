/** The routing policy's fields, as the schema has them. A field without words, or words without a field, is an error. */
import * as CarrierId from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Policy from "@interline/router/Policy"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import { code, span as written, table } from "../markdown.ts"

const nameOf = (name: PropertyKey): string => String(name)

/** `deadlines.attempt`, `rules[].match.lines`, `carriers.<id>.perSecond`: what can be written, whether or not it must be. */
const fields = (ast: AST.AST, path: string): ReadonlyArray<string> => {
  const below = (type: AST.AST, name: string): ReadonlyArray<string> => {
    const whole = path === "" ? name : `${path}.${name}`
    const inner = fields(type, whole)
    return inner.length === 0 ? [whole] : inner
  }
  switch (ast._tag) {
    case "TypeLiteral":
      return [
        ...ast.propertySignatures.flatMap(({ name, type }) => below(type, nameOf(name))),
        ...ast.indexSignatures.flatMap(({ type }) => below(type, "<id>"))
      ]
    case "TupleType":
      return ast.rest.flatMap(({ type }) => fields(type, `${path}[]`))
    default:
      return []
  }
}

export const paths = fields(Schema.typeSchema(Policy.Policy).ast, "")

const span = "time span"

const rows: Readonly<Record<string, readonly [takes: string, means: string]>> = {
  prefer: ["carrier ids, at least one", "the carriers in the order in which they are asked. Each is asked at most once for a message"],
  "rules[].match.lines": ["line names", "only sends from one of these lines"],
  "rules[].match.kind": ["`direct`, `group`", "only direct conversations, or only groups"],
  "rules[].match.countryCodes": [
    "beginnings of numbers, like `+44`",
    "only people whose numbers begin with one of these. In a group all numbers must. An e-mail address never matches"
  ],
  "rules[].match.features": ["features of `capabilities.md`", "only drafts that use one of these features"],
  "rules[].match.share": [
    "0 to 1, not 0",
    "only this part of all conversations, chosen by a number that is computed from each conversation. If the share grows, more conversations match, and those that matched still do. The carrier where a conversation already is [counts first](failover.md#what-a-change-of-the-policy-moves)"
  ],
  "rules[].prefer": ["carrier ids, at least one", "`prefer` for the sends that match. The first rule that matches counts"],
  "rules[].fidelity": ["`exact`", "`fidelity` for the sends that match. A rule can ask for more than the policy, not for less"],
  "rules[].onUnknown": ["`hold`, `fail`, `send-anyway`", "`onUnknown` for the sends that match"],
  "rollout.from": ["a carrier id of `prefer`", "the old carrier of [a rollout](failover.md#a-rollout)"],
  "rollout.to": ["a carrier id of `prefer`", "the new carrier"],
  "rollout.steps[].share": [
    "above 0, at most 1, larger than in the step before",
    "the part of all conversations that is in, chosen as for `rules[].match.share`"
  ],
  "rollout.steps[].moves": [
    "`new`, `new and existing`",
    "`new`: conversations that are at no carrier. `new and existing`: also direct conversations that are at the old carrier"
  ],
  "rollout.steps[].waits": [span, "how long the step lasts at least"],
  "rollout.continuation": [
    "a text of at most 500 characters, or `none`",
    "is put before the first text after a conversation moved between the two carriers, also by a failover. A message without a text does not move a conversation; only after a failover it goes by the other number without a word. `none`: our number changes without a word"
  ],
  "rollout.guardrails.notSent": [
    "0 to 1",
    "the share of messages that were not sent may be so much larger at the new carrier than at the old one"
  ],
  "rollout.guardrails.failed": ["0 to 1", "the same for messages that failed after they were taken"],
  "rollout.guardrails.optedOut": ["0 to 1", "the same for people who opted out"],
  "rollout.guardrails.late": ["0 to 1", "the same for messages that are late"],
  "rollout.guardrails.slower": ["number from 1", "the median of the times to delivered may be so many times that of the old carrier"],
  "rollout.guardrails.lateAfter": [
    `${span}, shorter than \`within\``,
    "a message is late if it was not delivered so long after it was taken"
  ],
  "rollout.guardrails.silentAfter": [
    `${span}, shorter than \`within\``,
    "the new carrier is silent if it took a message so long ago and has reported nothing since, and unavailable if it has taken none for so long, although it was asked three times or more"
  ],
  "rollout.guardrails.within": [span, "how far back is counted"],
  "rollout.guardrails.every": [span, "how often the guardrails are checked"],
  "rollout.guardrails.minimum": [
    "whole number from 1",
    "a share or a median of fewer messages says nothing. Silence needs one message only"
  ],
  "rollout.guardrails.crossed": [
    "`pause`, `back`",
    "what a crossed guardrail does. `pause`: nobody else moves. `back`: the rollout goes back to its beginning"
  ],
  fidelity: ["`adapt`, `exact`", "for drafts and sends that name no fidelity; also `INTERLINE_FIDELITY`"],
  shadow: [
    "a carrier id",
    "each send is also [planned for this carrier](migrating.md#shadow), which gets no message; in a gateway. Also `INTERLINE_SHADOW`"
  ],
  "affinity.mode": ["`sticky`, `pinned`, `free`", "how a direct conversation keeps to its carrier"],
  "affinity.groups": ["`sticky`, `pinned`, `free`", "how a group keeps to its carrier. At another carrier it is another group"],
  "affinity.expiresAfter": [span, "if nobody wrote in a conversation for so long, it is free again"],
  "affinity.movesOn": [
    "`failure`, `incapable`",
    "what moves a sticky conversation. `failure`: its carrier certainly did not take a message. `incapable`: its carrier cannot carry the draft"
  ],
  "affinity.continuation": [
    "a text of at most 500 characters",
    "is put before the first text after a move, on a line of its own. A draft without a text, such as a picture alone, goes without it, and [the next text does not say it either](failover.md#where-a-conversation-stays)"
  ],
  onUnknown: [
    "`hold`, `fail`, `send-anyway`",
    "for a send that may have gone out, after every look for it. `hold`: keep it for a fact or an operator. `fail`: only say so. `send-anyway`: try the next carrier (the person may get it twice)"
  ],
  "deadlines.attempt": [span, "the time for one try at one carrier"],
  "deadlines.send": [span, "the time for the whole send, whatever happens"],
  "retry.times": ["whole number from 0 to 10", "how often the same carrier is asked again after a certain \"later\""],
  "retry.base": [span, "the pause before the first retry. It doubles each time, with jitter"],
  "retry.maxRetryAfter": [span, "the longest `Retry-After` that is waited for. If it is longer, the next carrier is asked"],
  maxWait: [span, "how long a send waits for a line that is full"],
  "reconcile.every": [span, "the pause before the first look for a lost answer. It doubles each time, up to eight times itself"],
  "reconcile.within": [span, "how long a lost answer is looked for"],
  "breaker.failures": ["whole number from 1", "after so many failures of a line at a carrier within `window`, the line is not asked there"],
  "breaker.window": [span, "the time in which these failures are counted"],
  "breaker.openFor": [span, "how long the line is not asked. Then one send at a time probes it"],
  "breaker.maxOpenFor": [span, "`openFor` doubles each time, up to this"],
  "carriers.<id>.perSecond": ["number from 0.001", "how many sends a second one line of the carrier takes"],
  "carriers.<id>.newContactsPerHour": [
    "whole number, at most `newContactsPerDay`",
    "how many people a line may write to first in an hour. A person who was not in touch with the line for 30 days is new"
  ],
  "carriers.<id>.newContactsPerDay": ["whole number", "the same in a day"],
  "carriers.<id>.beforeReply": [
    "`warn`, `refuse`",
    "what becomes of a message that the vendor may refuse until the person has written to the line. `warn`: the plan says it. `refuse`: the carrier is not asked. With one of these words the messages that a person got are counted, too"
  ],
  "carriers.<id>.opens": ["`anyone`, `known`", "`known`: the line writes only to people who wrote to it before"],
  "carriers.<id>.absenceProof": [
    `${span}, shorter than \`deadlines.send\``,
    "how long after a send its absence from the carrier's list proves that it was not sent. Without this field absence proves nothing. No effect at a carrier that repeats under a key instead (Linq)"
  ],
  "keys.rememberFor": [`${span} of at least 1 minute`, "how long a caller's idempotency key is remembered"]
}

const without: Readonly<Record<string, string>> = {
  prefer: "required",
  "rules[].prefer": "required",
  "rules[].fidelity": "the policy's",
  "rules[].onUnknown": "the policy's",
  shadow: "none",
  "affinity.continuation": "nothing is added",
  "rollout.from": "required",
  "rollout.to": "required",
  "rollout.steps[].share": "required",
  "rollout.steps[].moves": "`new`",
  "rollout.steps[].waits": "0",
  "rollout.continuation": "`affinity.continuation`; one of both is required",
  "carriers.<id>.beforeReply": "`warn`, without the number of messages",
  "carriers.<id>.opens": "`anyone`",
  "carriers.<id>.absenceProof": "never"
}

const otherwise = (path: string, takes: string): string => {
  const words = without[path]
  if (words !== undefined) return words
  if (path.startsWith("rules[]")) return "any"
  if (path.startsWith("carriers.")) return "no limit"
  const value: unknown = path.split(".").reduce<unknown>(
    (inside, name) => typeof inside === "object" && inside !== null ? Reflect.get(inside, name) : undefined,
    path.startsWith("rollout.") ? { rollout: { guardrails: Policy.guardrails } } : Policy.defaults
  )
  if (takes.startsWith(span) && typeof value === "number") return written(value)
  if (Array.isArray(value)) return value.map((word) => code(String(word))).join(", ")
  if (value === undefined) throw new Error(`${path} has no default`)
  return typeof value === "number" ? String(value) : code(String(value))
}

export const policyTable = (): string => {
  const unknown = Object.keys(rows).filter((path) => !paths.includes(path))
  if (unknown.length > 0) throw new Error(`no such field of the policy: ${unknown.join(", ")}`)
  return table(
    ["Field", "Takes", "Means", "Default"],
    paths.map((path) => {
      const row = rows[path]
      if (row === undefined) throw new Error(`${path} needs words`)
      return [code(path), row[0], row[1], otherwise(path, row[0])]
    })
  )
}

const number = Handle.phone("+12025550101")
const lines = (...names: ReadonlyArray<string>) => new Map(names.map((name) => [Line.name(name), number]))

/** What the example on the page is read with. */
export const configured: ReadonlyArray<Policy.Configured> = [
  { id: CarrierId.make("linq"), lines: lines("support", "sales") },
  { id: CarrierId.make("sendblue"), lines: lines("support") }
]

const prefer = ["linq", "sendblue"]
const rules = (...given: ReadonlyArray<object>) => ({ prefer, rules: given.map((rule) => ({ prefer: ["linq"], ...rule })) })

const wrong: ReadonlyArray<unknown> = [
  prefer,
  null,
  {},
  { prefer: [] },
  { prefer: ["linq", "pigeon"] },
  { prefer: ["linq", "linq"] },
  { prefer: ["sendblue"] },
  { prefer, fallback: "sendblue" },
  { prefer, rules: {} },
  { prefer, deadlines: "30 seconds" },
  { prefer, maxWait: "soon" },
  { prefer, reconcile: { every: 0 } },
  { prefer, onUnknown: "retry" },
  { prefer, retry: { times: 50 } },
  { prefer, keys: { rememberFor: "5 seconds" } },
  { prefer, affinity: { continuation: " ", movesOn: ["failure", "failures"] } },
  { prefer, affinity: { movesOn: ["failure", "failure"] } },
  { prefer, deadlines: { attempt: "2 minutes", send: "1 minute" } },
  { prefer, reconcile: { every: "1 minute", within: "10 seconds" } },
  { prefer, breaker: { openFor: "1 hour", maxOpenFor: "1 minute" } },
  { prefer, carriers: { sendblue: { absenceProof: "5 minutes" } } },
  { prefer, carriers: { linq: { perSecond: 0 } } },
  { prefer, carriers: { linq: { newContactsPerHour: 50, newContactsPerDay: 20 } } },
  { prefer, carriers: { pigeon: { perSecond: 1 } } },
  { carriers: { crow: {} }, deadlines: { attempt: 2, send: 1 }, ...rules({ match: {}, prefer: ["pigeon"] }) },
  rules({ match: { lines: ["billing"] } }),
  rules({ match: { share: 0 } }),
  rules({ match: {} }, { match: { kind: "group" } }),
  rules({ match: { kind: "group" }, prefer: ["sendblue"] }),
  { fidelity: "exact", ...rules({ match: { kind: "group" }, fidelity: "adapt" }) },
  { prefer, rollout: { from: "sendblue", to: "linq", continuation: "none", steps: [{ share: 0.5 }, { share: 0.1 }] } }
]

/** What the router's own check says. */
export const sentenceOf = (policy: unknown): string =>
  Effect.runSync(Effect.flip(Policy.make(policy, configured))).problems.map(Policy.format).join("; ")

export const wrongPolicies = (): string =>
  table(["Policy", "Sentence"], wrong.map((policy) => [code(JSON.stringify(policy)), sentenceOf(policy)]))
