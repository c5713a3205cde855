/** One message that was sent: what was tried, what was decided and why, and what can be done about it. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query"
import { Link, useNavigate, useParams } from "@tanstack/react-router"
import { useState } from "react"
import { ApiError, get, post } from "../api/client.ts"
import type { LiveType } from "../api/live.ts"
import { useFresh, useRead } from "../api/queries.ts"
import { say } from "../api/said.ts"
import { useHides, useMay } from "../api/session.tsx"
import type { Decision, Delivery, Explanation, LookReport, Plan } from "../api/wire.ts"
import { ActDialog, Badge, Copy, Empty, Fact, Head, Reads, Section } from "../parts/basics.tsx"
import { ConversationLink } from "../parts/ConversationLink.tsx"
import { HiddenPeople } from "../parts/HiddenPeople.tsx"
import { useKeys } from "../parts/keys.ts"
import { sentenceOfLook } from "../parts/looks.ts"
import { Losses } from "../parts/Losses.tsx"
import { Plans } from "../parts/Plans.tsx"
import { SettleDialog } from "../parts/SettleDialog.tsx"
import { Table } from "../parts/Table.tsx"
import { Exact, span, Time } from "../parts/time.tsx"
import { Waterfall } from "../parts/Waterfall.tsx"
import { isMasked, labelOf, labelOfAttempt, labelOfOutcome, labelOfStatus, nameOf, spaced, textOf, type Tone } from "../parts/words.ts"

const changing: ReadonlyArray<LiveType> = [
  "Status",
  "FailedOver",
  "Held",
  "Settled",
  "Concluded",
  "LateArrival",
  "NamedTwice",
  "FailedLater",
  "Corrected",
  "RiskTaken",
  "AbsenceTaken"
]

const tones: { readonly [Tag in Decision["_tag"]]?: Tone } = {
  FailedOver: "warn",
  Held: "warn",
  RiskTaken: "warn",
  AbsenceTaken: "warn",
  LateArrival: "bad",
  NamedTwice: "bad",
  FailedLater: "bad",
  Corrected: "good",
  Settled: "good"
}

const sentenceOf = (decision: Decision): string => {
  switch (decision._tag) {
    case "Started":
      return `${decision.route.map(({ carrierId }) => carrierId).join(", then ")}: ${decision.why}`
    case "Tried":
      return `${decision.carrierId}: ${labelOfAttempt(decision.outcome, decision.reason).text.toLowerCase()} after ${
        span(decision.millis)
      }; ${decision.why}`
    case "FailedOver":
      return `from ${decision.from} to ${decision.to}: ${decision.why}`
    case "Concluded":
      return `${labelOfOutcome(decision.outcome).text}, after ${decision.attempts} ${decision.attempts === 1 ? "attempt" : "attempts"}`
    case "Bound":
      return decision.from === undefined
        ? `the conversation is at ${decision.carrierId}`
        : `the conversation moved from ${decision.from} to ${decision.carrierId}`
    case "Settled":
      return `${decision.arrived ? "it arrived" : "it was not sent"}, by ${decision.by}${
        decision.who === undefined ? "" : ` (${decision.who})`
      }`
    case "Reconciled":
      return `${decision.carrierId} · ${decision.finding}, by ${decision.by}: ${decision.why}`
    case "FailedLater":
      return `${decision.ref.carrierId} reported a failure${
        decision.vendorCode === undefined ? "" : ` (code ${decision.vendorCode})`
      } after it had taken the message`
    case "Corrected":
      return `it was reported as failed, and later as ${decision.status}`
    case "LateArrival":
      return `${decision.carrierId} delivered it although it counted as not sent`
    case "NamedTwice":
      return `${decision.carrierId} named two messages for one request; the person probably has both`
    case "AbsenceTaken":
      return `${decision.carrierId} did not show it for ${span(decision.afterMillis)}, so it counts as not sent`
    case "Abandoned":
      return "the caller went away"
    default:
      return "why" in decision ? `${"carrierId" in decision ? `${decision.carrierId} · ` : ""}${decision.why}` : ""
  }
}

/** Decisions that say the same, one after another. */
interface Run {
  readonly decision: Decision
  readonly sentence: string
  readonly count: number
  readonly lastAt: string
}

const toRuns = (decisions: ReadonlyArray<Decision>): ReadonlyArray<Run> => {
  const runs: Array<Run> = []
  for (const decision of decisions) {
    const sentence = sentenceOf(decision)
    const last = runs.at(-1)
    if (last !== undefined && last.decision._tag === decision._tag && last.sentence === sentence) {
      runs[runs.length - 1] = { ...last, count: last.count + 1, lastAt: decision.at }
    } else runs.push({ decision, sentence, count: 1, lastAt: decision.at })
  }
  return runs
}

const Decisions = ({ decisions }: { readonly decisions: ReadonlyArray<Decision> }) => (
  <ol className="timeline">
    {toRuns(decisions).map(({ count, decision, lastAt, sentence }, index) => (
      <li key={index} data-tone={tones[decision._tag] ?? "idle"}>
        <Exact at={decision.at} />
        <strong>{spaced(decision._tag)}</strong>
        <span>
          {sentence}
          {count === 1 ? null : (
            <span className="faint">
              {` (${count} times, the last at `}
              <Exact at={lastAt} />)
            </span>
          )}
        </span>
      </li>
    ))}
  </ol>
)

/** The carrier that took a message, and those that were asked before it. */
const carriedBy = ({ attempts, outcome, receipts }: Delivery): string => {
  const carrier = receipts[0]?.ref.carrierId
  if (carrier === undefined) return outcome === "not-sent" ? "nobody" : outcome === "pending" ? "nobody yet" : "not known"
  const asked = new Set(attempts.flatMap(({ carrierId, outcome }) => outcome === "skipped" || carrierId === carrier ? [] : [carrierId]))
  return asked.size === 0 ? carrier : `${carrier}, after ${Array.from(asked).join(", ")}`
}

const curlOf = (delivery: Delivery, key: string): string => {
  const { conversation, draft } = delivery
  const to = conversation._tag === "Direct" ? { line: conversation.line, handle: conversation.handle } : { group: conversation.id }
  const body = JSON.stringify({ to, ...draft }).replaceAll("'", "'\\''")
  return `curl -s ${location.origin}/v1/send -H "authorization: Bearer $INTERLINE_KEY" -H 'idempotency-key: ${key}' -H 'content-type: application/json' -d '${body}'`
}

type Asked = "look" | "settle" | "again" | undefined

/** The key of sending a delivery again. It is kept until it is certain what came of it, so that a page that is loaded again sends no second copy. */
const keyOfAgain = (id: string) => {
  const place = `again:${id}`
  return {
    read: (): string => {
      const known = sessionStorage.getItem(place)
      if (known !== null) return known
      const key = crypto.randomUUID()
      sessionStorage.setItem(place, key)
      return key
    },
    forget: (): void => sessionStorage.removeItem(place)
  }
}

/**
 * Sends a delivery again, as a new one, and gives the id of the new one. A masked text cannot be sent, so the whole delivery is read. The gateway writes
 * that down. A send that is held has an id too.
 */
const sendAgain = async (id: string): Promise<string> => {
  const { conversation, draft } = await get<Delivery>(`/v1/deliveries/${id}`, { people: true })
  const key = keyOfAgain(id)
  try {
    const sent = await post<{ readonly id: string }>("/v1/send", { body: { to: conversation, ...draft }, key: key.read(), people: true })
    key.forget()
    return sent.id
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { certainty, deliveryId } = error.problem
    if (error.status === 202 && deliveryId !== undefined) {
      key.forget()
      return deliveryId
    }
    // the same key would give the same refusal
    if (certainty === "not-sent") key.forget()
    throw error
  }
}

const Planned = ({ delivery }: { readonly delivery: Delivery }) => {
  const [isAsked, setAsked] = useState(false)
  const plans = useQuery({
    queryKey: ["/v1/plan", delivery.id],
    queryFn: async ({ signal }) => {
      const { conversation, draft } = await get<Delivery>(`/v1/deliveries/${delivery.id}`, { people: true, signal })
      return post<ReadonlyArray<Plan>>("/v1/plan", { body: { to: conversation, ...draft }, people: true, signal })
    },
    enabled: isAsked,
    // each read of people is in the audit
    staleTime: "static"
  })
  return isAsked
    ? <Reads read={plans} what="the requests">{(all) => <Plans plans={all} />}</Reads>
    : <button type="button" onClick={() => setAsked(true)}>Show the requests, with the text</button>
}

const Actions = ({ delivery }: { readonly delivery: Delivery }) => {
  const [asked, setAsked] = useState<Asked>()
  const navigate = useNavigate()
  const [maySend, mayOperate] = [useMay("send"), useMay("operate")]
  const isHeld = delivery.outcome === "held"
  const close = (): void => setAsked(undefined)
  return (
    <>
      {isHeld && mayOperate ?
        (
          <>
            <button type="button" onClick={() => setAsked("look")}>Look…</button>
            <button type="button" className="primary" onClick={() => setAsked("settle")}>Settle…</button>
          </>
        ) :
        null}
      {maySend && delivery.outcome !== "pending"
        ? <button type="button" onClick={() => setAsked("again")}>Send again as new…</button>
        : null}
      {asked === "look" ?
        (
          <ActDialog
            title="Ask the carriers"
            act="Look now"
            run={async () => say(sentenceOfLook(await post<LookReport>("/v1/held/look")))}
            close={close}
            risk="None for people. Each held message costs a few reads at its carrier, and counts against its rate limit."
          >
            <p>The gateway asks about everything that is held, where asking sends nothing. What it finds settles the delivery.</p>
          </ActDialog>
        ) :
        null}
      {asked === "settle"
        ? <SettleDialog deliveryId={delivery.id} carrierId={delivery.attempts.at(-1)?.carrierId ?? ""} close={close} />
        : null}
      {asked === "again" ?
        (
          <ActDialog
            title="Send again as a new message"
            act="Send it again"
            tone="danger"
            close={close}
            said="This is the new message."
            run={async () => {
              const id = await sendAgain(delivery.id)
              await navigate({ to: "/messages/$id", params: { id } })
            }}
            risk={delivery.outcome === "not-sent"
              ? "Nothing of the first one went out, so the person gets it once."
              : "The first one went out or may have gone out. The person probably gets the same text twice."}
          >
            <p>It becomes a delivery of its own, with the same text and the same person. Your name is kept with the request.</p>
          </ActDialog>
        ) :
        null}
    </>
  )
}

/** What a carrier said of a message, beside its status. */
const notesOf = (known: Delivery["report"]["messages"][number] | undefined): string =>
  [
    ...(known?.failedOnce === true ? ["reported as failed once"] : []),
    ...(known?.downgraded === true ? ["went by SMS although iMessage was meant"] : [])
  ].join(", ")

const Statuses = ({ delivery: { receipts, report } }: { readonly delivery: Delivery }) => {
  const rows = receipts.map((receipt) => ({
    receipt,
    known: report.messages.find(({ ref }) => ref.id === receipt.ref.id && ref.carrierId === receipt.ref.carrierId)
  }))
  return (
    <Table
      label="Statuses"
      rows={rows}
      keyOf={({ receipt }) => receipt.ref.id}
      columns={[
        {
          name: "Message at the carrier",
          cell: ({ receipt: { ref } }) => (
            <>
              <span className="faint">{ref.carrierId}:</span>
              <code>{ref.id}</code>
            </>
          )
        },
        { name: "Parts", cell: ({ receipt }) => receipt.parts.map((part) => part + 1).join(", ") },
        { name: "Status", cell: ({ known, receipt }) => <Badge label={labelOfStatus(known?.status ?? receipt.status)} /> },
        { name: "Service", cell: ({ known, receipt }) => known?.service ?? receipt.service ?? "not said" },
        { name: "Notes", cell: ({ known }) => notesOf(known) }
      ]}
    />
  )
}

interface WholeProps {
  readonly delivery: Delivery
  readonly explained: UseQueryResult<Explanation>
}

const Whole = ({ delivery, explained }: WholeProps) => {
  const label = labelOf(delivery)
  // what was hidden is read again when people are shown
  const hides = useHides() || isMasked(nameOf(delivery.conversation))
  const [key] = useState(() => crypto.randomUUID())
  const doubt = explained.data?.doubt
  const lastWhy = delivery.attempts.at(-1)?.why
  return (
    <>
      <Head
        title="Message"
        actions={
          <>
            {hides ? null : <Copy text={curlOf(delivery, key)}>Copy as curl</Copy>}
            <Actions delivery={delivery} />
          </>
        }
      >
        <Badge label={label} /> {label.means}
      </Head>
      <dl className="facts">
        <Fact name="To">
          {nameOf(delivery.conversation)} <ConversationLink conversation={delivery.conversation} />
        </Fact>
        <Fact name="Line">{delivery.conversation.line}</Fact>
        <Fact name="Carried by">{carriedBy(delivery)}</Fact>
        <Fact name="Sent">
          <Time at={delivery.at} />
        </Fact>
        <Fact name="Id">
          <code>{delivery.id}</code> <Copy text={delivery.id} />
        </Fact>
        {delivery.outcome === "accepted" || lastWhy === undefined ? null : <Fact name="Why">{lastWhy}</Fact>}
      </dl>
      <blockquote className="draft">{textOf(delivery)}</blockquote>
      <HiddenPeople>read them, and to open the conversation</HiddenPeople>
      {doubt === undefined ? null : (
        <Section title="What is not known, and what settles it">
          <p>
            {doubt.error.carrierId} was asked at{" "}
            <Time at={doubt.startedAt} />, and its answer does not say whether it took the message ({spaced(doubt.error.reason)}).
          </p>
          <p>A report of {doubt.error.carrierId} settles it, or a look that finds the message there, or an operator.</p>
        </Section>
      )}
      <Section title="Attempts" note="Each carrier that was asked or considered, in order. A bar is as long as the request took.">
        <Waterfall attempts={delivery.attempts} />
      </Section>
      <Section title="Decisions" note="What the router decided, and why.">
        <Reads read={explained} what="the decisions">{({ decisions }) => <Decisions decisions={decisions} />}</Reads>
      </Section>
      <Section title="Statuses">
        {delivery.receipts.length === 0 ? <p className="note">No carrier named a message for it.</p> : <Statuses delivery={delivery} />}
      </Section>
      <Section title="Losses">
        {delivery.losses.length === 0
          ? <p className="note">Nothing was lost on the way to the carrier.</p>
          : <Losses losses={delivery.losses} service={delivery.report.service} />}
      </Section>
      <Section
        title="Requests as planned"
        note="What each carrier would be asked to do for this message now, if the person has not opted out. Nothing is sent. It shows the text and the number, and the audit says that you asked."
      >
        <Planned delivery={delivery} />
      </Section>
    </>
  )
}

const whilePending = (delivery: Delivery | undefined): number | false => delivery?.outcome === "pending" ? 5_000 : false

export const Message = () => {
  const { id } = useParams({ from: "/messages/$id" })
  const navigate = useNavigate()
  // another process may have it, and events of its tries are not asked for
  const delivery = useRead<Delivery>(`/v1/deliveries/${id}`, { every: whilePending })
  const isPending = delivery.data?.outcome === "pending"
  const explained = useRead<Explanation>(`/v1/deliveries/${id}/explain`, isPending ? { every: 5_000 } : {})
  useFresh([`/v1/deliveries/${id}`, `/v1/deliveries/${id}/explain`], changing, id)
  useKeys({ Escape: () => void navigate({ to: "/messages" }) })
  return (
    <>
      <nav className="crumbs" aria-label="Where this is">
        <Link to="/messages">Messages</Link>
      </nav>
      <Reads read={delivery} what="the message">
        {(value) => value.id === id ? <Whole delivery={value} explained={explained} /> : <Empty title="Reading another message…" />}
      </Reads>
    </>
  )
}
