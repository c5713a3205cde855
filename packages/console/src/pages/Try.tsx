/** The promise in half a minute, over the sandbox: one copy whatever breaks, and none after an opt-out. */
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type FormEvent, useId, useState } from "react"
import { ApiError, get, post } from "../api/client.ts"
import { useAct, useFresh } from "../api/queries.ts"
import {
  breakVendor,
  type Fault,
  mend,
  type Phone as Person,
  readPhone,
  useFaults,
  usePhone,
  useSandbox,
  useSandboxLines
} from "../api/sandbox.ts"
import { useMay } from "../api/session.tsx"
import type { Carrier, Delivery, Page } from "../api/wire.ts"
import { Badge, Empty, Failed, Head, Loading, Reads, Section, Tag } from "../parts/basics.tsx"
import { Phone } from "../parts/Phone.tsx"
import { Waterfall } from "../parts/Waterfall.tsx"
import { labelOf, spaced } from "../parts/words.ts"

/** The sandbox's person. They are nobody, so their number and texts are shown. */
const person = "+12025550123"

type Sent =
  | { readonly _tag: "Sent"; readonly id: string; readonly text: string; readonly before: number }
  | { readonly _tag: "Refused"; readonly text: string; readonly error: ApiError }

const whyNot = ({ message, problem: { reason } }: ApiError): string =>
  reason === undefined ? message : reason === "Suppressed" ? "The person has opted out" : spaced(reason)

/** How many times a text is on the phone. */
const countOf = (phone: Person | undefined, text: string): number => phone?.messages.filter((message) => message.text === text).length ?? 0

interface OutcomeProps {
  readonly sent: Sent
  /** How many times the text was on the phone when it was sent the next time. */
  readonly until: number | undefined
}

const Outcome = ({ sent, until = Number.POSITIVE_INFINITY }: OutcomeProps) => {
  const id = sent._tag === "Sent" ? sent.id : sent.error.problem.deliveryId
  const delivery = useQuery({
    queryKey: [`/v1/deliveries/${id}`, "try"],
    queryFn: ({ signal }) => get<Delivery>(`/v1/deliveries/${id}`, { signal }),
    enabled: sent._tag === "Sent",
    refetchInterval: ({ state }) => state.data?.report.settled === true ? false : 1_000
  })
  useFresh([`/v1/deliveries/${id}`], ["Status", "Concluded", "FailedOver", "Held", "Settled"], id)
  const phone = usePhone(person, sent._tag === "Sent")
  if (sent._tag === "Refused") {
    const isCertain = sent.error.problem.certainty === "not-sent"
    return (
      <div className="state" data-tone="bad" role="status">
        <p className="state-title">{isCertain ? "Not sent" : "Not known"}: “{sent.text}”</p>
        <p>
          {whyNot(sent.error)}.{" "}
          {isCertain ? "Certainly nothing left the gateway." : "It may have gone out. Look in Messages before you send it again."}
        </p>
        {sent.error.problem.reason === "Suppressed"
          ? (
            <p>
              To write to them again, turn on Show people and opt them in at <Link to="/opt-outs">Opt-outs</Link>.
            </p>
          )
          : null}
      </div>
    )
  }
  const copies = Math.max(0, Math.min(countOf(phone.data, sent.text), until) - sent.before)
  return (
    <article className="card" aria-label={`What became of ${sent.text}`}>
      <h3>
        “{sent.text}” {delivery.data === undefined ? null : <Badge label={labelOf(delivery.data)} />}{" "}
        <Tag tone={copies === 1 ? "good" : "idle"}>{copies} {copies === 1 ? "copy" : "copies"} on the phone</Tag>
      </h3>
      {delivery.data === undefined ? <Loading what="what became of it" /> : <Waterfall attempts={delivery.data.attempts} />}
      <p>
        <Link to="/messages/$id" params={{ id: sent.id }}>Every decision, with its reason</Link>
      </p>
    </article>
  )
}

const Switch = ({ carriers, faults }: { readonly carriers: ReadonlyArray<Carrier>; readonly faults: ReadonlyArray<Fault> }) => {
  const { act, error, isBusy } = useAct()
  return (
    <>
      <div className="actions">
        {carriers.map(({ id, vendor }) => {
          const broken = faults.filter(({ rule }) => rule.vendor === vendor)
          const name = id.replace(/^./, (first) => first.toUpperCase())
          return broken.length === 0
            ? (
              <button key={id} type="button" className="danger" disabled={isBusy} onClick={() => void act(() => breakVendor(vendor))}>
                Break {name}
              </button>
            )
            : (
              <button key={id} type="button" disabled={isBusy} onClick={() => void act(() => Promise.all(broken.map(mend)))}>
                Mend {name}
              </button>
            )
        })}
      </div>
      <Failed error={error} />
    </>
  )
}

const texts = ["Your table is ready", "Your taxi is two minutes away", "The kitchen saved you a dessert", "See you next week?"]

const Story = () => {
  const [sent, setSent] = useState<ReadonlyArray<Sent>>([])
  const [text, setText] = useState(texts[0] ?? "")
  const [isBusy, setBusy] = useState(false)
  const carriers = useQuery({ queryKey: ["/v1/carriers", "try"], queryFn: ({ signal }) => get<Page<Carrier>>("/v1/carriers", { signal }) })
  const faults = useFaults()
  const lines = useSandboxLines(true)
  const id = useId()
  const line = Object.keys(carriers.data?.items[0]?.lines ?? {})[0]
  const maySend = useMay("send")
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    let before = 0
    try {
      before = countOf(await readPhone(person), text)
      const { id } = await post<{ readonly id: string }>("/v1/send", {
        body: { to: { handle: person, ...(line === undefined ? {} : { line }) }, text },
        key: crypto.randomUUID()
      })
      setSent([{ _tag: "Sent", id, text, before }, ...sent])
    } catch (failure) {
      const error = failure instanceof ApiError ? failure : new ApiError(0, {}, undefined)
      const heldId = error.status === 202 ? error.problem.deliveryId : undefined
      setSent([heldId === undefined ? { _tag: "Refused", text, error } : { _tag: "Sent", id: heldId, text, before }, ...sent])
    }
    setText(texts[(sent.length + 1) % texts.length] ?? text)
    setBusy(false)
  }
  const broken = faults.data?.some(({ rule }) => rule.kind === "refused") === true
  return (
    <>
      <Head title="Try it">Half a minute over the sandbox. No vendor and no real phone is involved.</Head>
      <div className="beside" data-phone="true">
        <div>
          <ol className="story">
            <li>
              <strong>Write to the person</strong> and watch the phone.
            </li>
            <li>
              <strong>Break Linq</strong>, write again: another carrier takes it, and the phone has one copy.
            </li>
            <li>
              <strong>Answer</strong> on the phone; then <strong>write STOP</strong> and see the next message refused.
            </li>
          </ol>
          <form className="form" onSubmit={(event) => void submit(event)}>
            <div className="field">
              <label htmlFor={id}>Message to {person}</label>
              <div className="inline">
                <input id={id} required value={text} onChange={(event) => setText(event.target.value)} />
                <button type="submit" className="primary" disabled={isBusy || !maySend}>{isBusy ? "Sending…" : "Send"}</button>
              </div>
            </div>
            {maySend ? null : <p className="note">Your key may not send. Sign in with one of the scope send.</p>}
          </form>
          <Section
            title="Vendors"
            note={faults.data === undefined ? undefined : broken
              ? "No connection to a broken vendor can be made. Interline knows that nothing went out there."
              : "Both vendors of the sandbox answer."}
          >
            <Reads read={carriers} what="the carriers">
              {({ items }) => <Reads read={faults} what="what is broken">{(broken) => <Switch carriers={items} faults={broken} />}</Reads>}
            </Reads>
          </Section>
          <Section title="What happened">
            {sent.length === 0
              ? <p className="note">Send the first message.</p>
              : (
                <div className="stack" aria-live="polite">
                  {sent.map((one, index) => (
                    <Outcome
                      key={sent.length - index}
                      sent={one}
                      until={sent.slice(0, index).flatMap((later) => later._tag === "Sent" && later.text === one.text ? [later.before] : [])
                        .at(-1)}
                    />
                  ))}
                </div>
              )}
          </Section>
        </div>
        <Phone handle={person} to={lines.data?.[0]?.number} />
      </div>
    </>
  )
}

export const Try = () => {
  const sandbox = useSandbox()
  if (sandbox.data === "there") return <Story />
  return (
    <>
      <Head title="Try it">Half a minute over the sandbox.</Head>
      <Reads read={sandbox} what="the sandbox">
        {(found) =>
          found === "forbidden"
            ? <Empty title="Your key may not use a sandbox">Sign in with a key of the scope operate.</Empty>
            : (
              <Empty title="This gateway runs over real vendors">
                Start one without a vendor in its environment to try it: <code>npm start</code> or <code>npx interline serve</code>.
              </Empty>
            )}
      </Reads>
    </>
  )
}
