/** The pages of errors: both vendors' tables, and what answers prove, found by giving them to the adapters. */
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import * as Outcome from "@interline/core/Outcome"
import * as Transport from "@interline/core/Transport"
import * as LinqWords from "@interline/linq/LinqWords"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import { code, page, table } from "../markdown.ts"
import { type Answer, carriers, names, outcomeOf } from "./carriers.ts"

interface Meaning {
  readonly reason: MessagingError.ReasonTag
  readonly certainty?: MessagingError.Certainty
  readonly blame?: MessagingError.Blame
  readonly next?: MessagingError.Next
  readonly detail?: string
}

const send: Operation = "send"

const verdict = ({ reason, ...context }: Meaning): ReadonlyArray<string> => {
  const { blame, certainty, next } = MessagingError.make(reason, { operation: send, ...context })
  return [code(reason), certainty, blame, next]
}

const verdictHead = ["Reason", "Certainty", "Blame", "Next"]

const entries = <A>(record: Readonly<Record<string, A>>): ReadonlyArray<readonly [string, A]> => Object.entries(record)

const linqRows = (): ReadonlyArray<ReadonlyArray<string>> =>
  entries<Meaning>(LinqWords.errors).map(([key, meaning]) => {
    const [status, vendorCode] = key.split("/")
    return [status ?? "", code(vendorCode ?? ""), ...verdict(meaning)]
  })

const statusRows = (record: Readonly<Record<string, Meaning>>): ReadonlyArray<ReadonlyArray<string>> =>
  entries(record).map(([status, meaning]) => [status, ...verdict(meaning)])

const phrases: Readonly<Record<string, ReadonlyArray<string>>> = SendblueWords.phrases

const sendblueRows = (): ReadonlyArray<ReadonlyArray<string>> =>
  entries(SendblueWords.errors).map(([key, meaning]) => {
    const [where = "", vendorCode = ""] = key.split("/")
    const [operation, status] = where.includes(" ") ? where.split(" ") : [undefined, where]
    const sentences = phrases[vendorCode]
    return [
      operation === undefined ? "every" : code(operation),
      status === "*" ? "any below 500" : status ?? "",
      vendorCode === "*" ? "any" : sentences === undefined ? code(vendorCode) : sentences.map((sentence) => `“${sentence}”`).join(" or "),
      ...verdict(meaning),
      meaning.detail ?? ""
    ]
  })

// --- what an answer to a send proves ---

const linqEnvelope = (status: number, vendorCode: number): string =>
  JSON.stringify({ success: false, error: { status, code: vendorCode, message: "no" }, trace_id: "trace" })

const sendblueEnvelope = (vendorCode: number): string => JSON.stringify({ status: "ERROR", error_code: vendorCode, error_message: "no" })

const html = "<html><body>Bad gateway</body></html>"

interface Case {
  readonly name: string
  readonly answers: readonly [linq: Answer | undefined, sendblue: Answer | undefined]
}

const same = (name: string, answer: Answer): Case => ({ name, answers: [answer, answer] })

const cases: ReadonlyArray<Case> = [
  ...Array.from(
    Transport.notSentCodes,
    ([transportCode, meaning]) => same(`${meaning} (${code(transportCode)})`, { fails: transportCode })
  ),
  same("no route, or anything else that `connect` says", { fails: "EHOSTUNREACH", call: "connect" }),
  same("a certificate that is not valid (`CERT_HAS_EXPIRED` and all other verdicts)", { fails: "CERT_HAS_EXPIRED" }),
  same("a TLS handshake that failed (`ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION` and its like)", {
    fails: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"
  }),
  same("connection reset (`ECONNRESET`)", { fails: "ECONNRESET" }),
  same("a transport failure without a code", { fails: undefined }),
  same("no answer within the timeout", { hangs: true }),
  {
    name: "a refusal that the table names",
    answers: [{ status: 400, body: linqEnvelope(400, 1002) }, { status: 400, body: sendblueEnvelope(4000) }]
  },
  {
    name: "a refusal whose code no row names",
    answers: [{ status: 400, body: linqEnvelope(400, 9999) }, { status: 400, body: sendblueEnvelope(9999) }]
  },
  same("a 404 with a proxy's page", { status: 404, body: html }),
  { name: "401", answers: [{ status: 401, body: linqEnvelope(401, 2004) }, { status: 401, body: sendblueEnvelope(401) }] },
  { name: "429", answers: [{ status: 429, body: linqEnvelope(429, 1007) }, { status: 429, body: sendblueEnvelope(429) }] },
  {
    name: "500 with the vendor's envelope",
    answers: [{ status: 500, body: linqEnvelope(500, 3006) }, { status: 500, body: sendblueEnvelope(4000) }]
  },
  {
    name: "503 with the vendor's envelope",
    answers: [{ status: 503, body: linqEnvelope(503, 4004) }, { status: 503, body: sendblueEnvelope(5000) }]
  },
  same("502 with a proxy's page", { status: 502, body: html }),
  same("2xx, empty", { status: 202, body: "" }),
  same("2xx, not JSON", { status: 202, body: html }),
  same("2xx without a message's id", { status: 202, body: "{}" }),
  {
    name: "200 with an error that the table names",
    answers: [{ status: 200, body: linqEnvelope(400, 1002) }, { status: 200, body: sendblueEnvelope(4000) }]
  },
  { name: "200 with code 10002", answers: [undefined, { status: 200, body: sendblueEnvelope(10002) }] },
  { name: "500 that names an opt-out", answers: [undefined, { status: 500, body: sendblueEnvelope(402) }] }
]

const proof = async ({ answers, name }: Case): Promise<ReadonlyArray<string>> => [
  name,
  ...(await Promise.all(carriers.map(async (carrier, index) => {
    const answer = answers[index]
    if (answer === undefined) return ""
    const outcome = await outcomeOf(carrier, answer)
    const error = Outcome.error(outcome)
    return `${outcome._tag}${error === undefined ? "" : `, ${code(error.reason)}`}`
  })))
]

export const errorsPage = async (): Promise<string> => {
  const proofs = await Promise.all(cases.map(proof))
  return page(
    "Errors",
    "`MessagingError` answers as data. *Certainty*: `not-sent` means that the carrier certainly did not act, `unknown` that it may have. " +
      "*Blame*: only `line`, `account`, `carrier` and `network` say anything about a carrier's health. *Next*: `fix` the input or the account; " +
      "`retry` the same carrier later; `reconcile` before anything else; `reroute` to another line or carrier; `stop`.",
    "## Reasons",
    table(
      [...verdictHead, "Sentence"],
      MessagingError.ReasonTag.literals.map((reason) => [...verdict({ reason }), MessagingError.verdicts[reason].sentence])
    ),
    "## What an answer to a send proves",
    "One text, no repetition. `Rejected` is certain; `Unknown` is not.",
    table(["Answer", ...names], proofs),
    "## Linq, by HTTP status and code",
    "Only Linq's own error envelope counts: without it a refusal is `Unrecognized`. Every 5xx is `Unavailable`, whatever its code. A row by " +
      "status alone wins over one by code; what no row names is `Unrecognized`.",
    table(["Status", ...verdictHead], statusRows(LinqWords.statusErrors)),
    table(["Status", "Code", ...verdictHead], linqRows()),
    "A read whose code no row names:",
    table(["Status", ...verdictHead], statusRows(LinqWords.readErrors)),
    "## Sendblue, by HTTP status and code or sentence",
    "The same errors come inside a 200. An opt-out counts under any status; every other 5xx is `Unavailable`; what no row names is `Unrecognized`.",
    table(["Operation", "Status", "Code or sentence", ...verdictHead, "Detail"], sendblueRows())
  )
}
