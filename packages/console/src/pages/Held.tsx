/** What waits for a fact or an operator. */
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { post } from "../api/client.ts"
import { useFresh, usePages, useRead } from "../api/queries.ts"
import { say } from "../api/said.ts"
import { useMay } from "../api/session.tsx"
import type { Carrier, Held as HeldDelivery, LookReport } from "../api/wire.ts"
import { ActDialog, Empty, Head, More, Reads, Tag } from "../parts/basics.tsx"
import { HiddenPeople } from "../parts/HiddenPeople.tsx"
import { sentenceOfLook } from "../parts/looks.ts"
import { SettleDialog } from "../parts/SettleDialog.tsx"
import { Ago } from "../parts/time.tsx"
import { nameOf, spaced } from "../parts/words.ts"

/** What a look at the carrier would do: it never sends. */
const costOf = (held: HeldDelivery, carriers: ReadonlyArray<Carrier> | undefined): string => {
  const carrier = carriers?.find(({ id }) => id === held.trial.carrierId)
  if (held.evidence.ref !== undefined) return "One read of the message that the carrier named."
  return carrier?.capabilities.operations.listMessages.direct === "unsupported"
    ? "The carrier cannot be asked. Only a person can settle it."
    : "A few reads of the newest messages there."
}

/** What the carrier answered, where it is not known whether it took the message. */
const answers: { readonly [Reason in HeldDelivery["evidence"]["error"]["reason"]]?: string } = {
  Transport: "The connection broke after the request may have left",
  Timeout: "It did not answer in time",
  Unavailable: "It answered that it failed",
  BadResponse: "It answered something that cannot be read",
  Unrecognized: "It refused in words that are not known"
}

const answerOf = (reason: HeldDelivery["evidence"]["error"]["reason"]): string => answers[reason] ?? spaced(reason)

interface CardProps {
  readonly held: HeldDelivery
  readonly carriers: ReadonlyArray<Carrier> | undefined
  /** What came of the last look for it. */
  readonly look: LookReport["looks"][number] | undefined
}

const HeldCard = ({ carriers, held, look }: CardProps) => {
  const [isSettling, setSettling] = useState(false)
  const mayOperate = useMay("operate")
  const { evidence, trial } = held
  return (
    <article className="card">
      <h2>
        <Link to="/messages/$id" params={{ id: held.deliveryId }}>{nameOf(held.conversation)}</Link>
        <Tag tone="warn">
          Held <Ago at={held.since} />
        </Tag>
      </h2>
      {held.preview === undefined ? null : <p className="preview">{held.preview}</p>}
      <dl className="pairs">
        <dt>Carrier</dt>
        <dd>{trial.carrierId}, line {trial.line}</dd>
        <dt>What it answered</dt>
        <dd>
          {answerOf(evidence.error.reason)}
          {evidence.error.status === undefined ? "" : `, HTTP ${evidence.error.status}`}
          {evidence.error.vendorCode === undefined ? "" : `, code ${evidence.error.vendorCode}`}
        </dd>
        <dt>Id at the carrier</dt>
        <dd>{evidence.ref === undefined ? "the carrier named none" : <code>{evidence.ref.id}</code>}</dd>
        <dt>A look costs</dt>
        <dd>{costOf(held, carriers)}</dd>
        {look === undefined ? null : (
          <>
            <dt>The last look</dt>
            <dd>
              {look.result === "failed" ? "could not be done: " : ""}
              {look.why}
            </dd>
          </>
        )}
      </dl>
      <div className="actions">
        <Link className="button" to="/messages/$id" params={{ id: held.deliveryId }}>What happened</Link>
        {mayOperate ? <button type="button" className="primary" onClick={() => setSettling(true)}>Settle…</button> : null}
      </div>
      {isSettling ? <SettleDialog deliveryId={held.deliveryId} carrierId={trial.carrierId} close={() => setSettling(false)} /> : null}
    </article>
  )
}

export const Held = () => {
  const held = usePages<HeldDelivery>("/v1/held")
  const carriers = useRead<{ readonly items: ReadonlyArray<Carrier> }>("/v1/carriers", { people: false })
  useFresh(["/v1/held"], ["Held", "Settled", "Concluded"])
  const [isLooking, setLooking] = useState(false)
  const [report, setReport] = useState<LookReport>()
  const mayOperate = useMay("operate")
  const some = (held.read.data?.length ?? 0) > 0
  return (
    <>
      <Head
        title="Held"
        actions={mayOperate && some
          ? (
            <button
              type="button"
              onClick={() => setLooking(true)}
            >
              Look at all…
            </button>
          )
          : undefined}
      >
        These may have gone out. Nothing sends them again until a carrier or a person says what became of them.
      </Head>
      <Reads read={held.read} what="what is held">
        {(items) =>
          items.length === 0
            ? (
              <Empty title="Nothing is held">
                Every message that was sent has a certain outcome. A message appears here when a carrier's answer was lost.
              </Empty>
            )
            : (
              <>
                <HiddenPeople />
                <div className="cards">
                  {items.map((one) => (
                    <HeldCard
                      key={one.deliveryId}
                      held={one}
                      carriers={carriers.data?.items}
                      look={report?.looks.find(({ deliveryId }) => deliveryId === one.deliveryId)}
                    />
                  ))}
                  <More pages={held}>Show newer ones</More>
                </div>
              </>
            )}
      </Reads>
      {isLooking
        ? (
          <ActDialog
            title="Ask the carriers about all that is held"
            act="Look now"
            run={async () => {
              const report = await post<LookReport>("/v1/held/look")
              setReport(report)
              say(sentenceOfLook(report))
            }}
            close={() => setLooking(false)}
            risk="None for people: a look sends nothing. It costs reads at each carrier, which count against its rate limit."
          >
            <p>What the carriers show settles the deliveries. What they do not show stays held.</p>
          </ActDialog>
        )
        : null}
    </>
  )
}
