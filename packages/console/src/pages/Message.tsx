/** One message that was sent: what was tried, what was decided and why, and what can be done about it. */
import { Link, useNavigate, useParams } from "@tanstack/react-router"
import { useState } from "react"
import { ApiError, get, post } from "../api/client.ts"
import { useFresh, useRead } from "../api/queries.ts"
import { useHides, useMay } from "../api/session.tsx"
import type { Decision, Delivery, Explanation, Plan } from "../api/wire.ts"
import { ActDialog, Badge, Copy, Empty, Fact, Failed, Head, Reads, Section, Tag } from "../parts/basics.tsx"
import { ConversationLink } from "../parts/ConversationLink.tsx"
import { useKeys } from "../parts/keys.ts"
import { Plans } from "../parts/Plans.tsx"
import { SettleDialog } from "../parts/SettleDialog.tsx"
import { span, Time } from "../parts/time.tsx"
import { Waterfall } from "../parts/Waterfall.tsx"
import { isMasked, labelOf, labelOfOutcome, nameOf, plain, spaced, textOf, type Tone } from "../parts/words.ts"

const changing = [
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
      return `${decision.carrierId} · ${decision.outcome} after ${span(decision.millis)}: ${decision.why}`
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

const Decisions = ({ decisions }: { readonly decisions: ReadonlyArray<Decision> }) => (
  <ol className="timeline">
    {decisions.map((decision, index) => (
      <li key={index} data-tone={tones[decision._tag] ?? "idle"}>
        <Time at={decision.at} />
        <strong>{spaced(decision._tag)}</strong>
        <span>{sentenceOf(decision)}</span>
      </li>
    ))}
  </ol>
)

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
  const [plans, setPlans] = useState<ReadonlyArray<Plan>>()
  const [error, setError] = useState<unknown>()
  const ask = async (): Promise<void> => {
    setError(undefined)
    try {
      const { conversation, draft } = await get<Delivery>(`/v1/deliveries/${delivery.id}`, { people: true })
      setPlans(await post<ReadonlyArray<Plan>>("/v1/plan", { body: { to: conversation, ...draft }, people: true }))
    } catch (failure) {
      setError(failure)
    }
  }
  if (error !== undefined) return <Failed error={error} retry={() => void ask()} />
  return plans === undefined
    ? <button type="button" onClick={() => void ask()}>Show the requests, with the text</button>
    : <Plans plans={plans} />
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
            <button type="button" onClick={() => setAsked("look")}>Look</button>
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
            run={() => post("/v1/held/look")}
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

const Losses = ({ losses }: { readonly losses: Delivery["losses"] }) => (
  <ul className="facts-list">
    {losses.map((loss, index) => (
      <li key={index}>
        <Tag tone={loss.certainty === "certain" ? "warn" : "idle"}>{loss.certainty === "certain" ? "Lost" : "Lost if not iMessage"}</Tag>
        <strong>{plain(loss.kind)}</strong>
        <span>{loss.reason}{loss.from === undefined ? "" : ` (${loss.from}${loss.to === undefined ? "" : ` → ${loss.to}`})`}</span>
      </li>
    ))}
  </ul>
)

const Statuses = ({ delivery }: { readonly delivery: Delivery }) => (
  <div className="table-box" role="region" aria-label="Statuses" tabIndex={0}>
    <table>
      <thead>
        <tr>
          <th scope="col">Message at the carrier</th>
          <th scope="col">Parts</th>
          <th scope="col">Status</th>
          <th scope="col">Service</th>
          <th scope="col">Notes</th>
        </tr>
      </thead>
      <tbody>
        {delivery.receipts.map((receipt) => {
          const known = delivery.report.messages.find(({ ref }) =>
            ref.id === receipt.ref.id && ref.carrierId === receipt.ref.carrierId
          )
          return (
            <tr key={receipt.ref.id}>
              <td>
                <span className="faint">{receipt.ref.carrierId}:</span>
                <code>{receipt.ref.id}</code>
              </td>
              <td>{receipt.parts.map((part) => part + 1).join(", ")}</td>
              <td>{plain(known?.status ?? receipt.status)}</td>
              <td>{known?.service ?? receipt.service ?? "not said"}</td>
              <td>
                {[known?.failedOnce === true ? "reported as failed once" : "", known?.downgraded === true ? "went out as SMS" : ""].filter((
                  text
                ) =>
                  text !== ""
                ).join(", ")}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  </div>
)

const Whole = ({ delivery, explanation }: { readonly delivery: Delivery; readonly explanation: Explanation | undefined }) => {
  const label = labelOf(delivery)
  // what was hidden is read again when people are shown
  const hides = useHides() || isMasked(nameOf(delivery.conversation))
  const [key] = useState(() => crypto.randomUUID())
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
        <Fact name="Sent">
          <Time at={delivery.at} />
        </Fact>
        <Fact name="Id">
          <code>{delivery.id}</code> <Copy text={delivery.id} />
        </Fact>
      </dl>
      <blockquote className="draft">{textOf(delivery)}</blockquote>
      {hides
        ? (
          <p className="note">
            Numbers and texts are hidden. Turn on <em>Show people</em> at the top to see them; the audit says who asked.
          </p>
        )
        : null}
      <Section title="Attempts" note="Each carrier that was asked or considered, in order. A bar is as long as the request took.">
        <Waterfall attempts={delivery.attempts} />
      </Section>
      {explanation?.doubt === undefined ? null : (
        <Section title="What is not known">
          <p>
            {plain(explanation.doubt.error.reason)} at {explanation.doubt.error.carrierId}: the request left at{" "}
            <Time at={explanation.doubt.startedAt} /> and its answer does not say whether it was taken.
          </p>
        </Section>
      )}
      <Section title="Decisions" note="What the router decided, and why.">
        {explanation === undefined ? <p className="note">Reading…</p> : <Decisions decisions={explanation.decisions} />}
      </Section>
      <Section title="Statuses">
        {delivery.receipts.length === 0 ? <p className="note">No carrier named a message for it.</p> : <Statuses delivery={delivery} />}
      </Section>
      <Section title="Losses">
        {delivery.losses.length === 0
          ? <p className="note">Nothing was lost on the way to the carrier.</p>
          : <Losses losses={delivery.losses} />}
      </Section>
      <Section
        title="Requests as planned"
        note="What each carrier would be asked to do for this message now. Nothing is sent. It shows the text and the number, and the audit says that you asked."
      >
        <Planned delivery={delivery} />
      </Section>
    </>
  )
}

export const Message = () => {
  const { id } = useParams({ from: "/messages/$id" })
  const navigate = useNavigate()
  const delivery = useRead<Delivery>(`/v1/deliveries/${id}`)
  const explanation = useRead<Explanation>(`/v1/deliveries/${id}/explain`)
  useFresh([`/v1/deliveries/${id}`, `/v1/deliveries/${id}/explain`], changing, id)
  useKeys({ Escape: () => void navigate({ to: "/messages" }) })
  return (
    <>
      <nav className="crumbs" aria-label="Where this is">
        <Link to="/messages">Messages</Link>
      </nav>
      <Reads read={delivery} what="the message">
        {(value) =>
          value.id === id ? <Whole delivery={value} explanation={explanation.data} /> : <Empty title="Reading another message…" />}
      </Reads>
    </>
  )
}
