/** How the carriers and lines do, how much of their limits is left, and what a person has to mend. */
import { useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { post } from "../api/client.ts"
import { useFresh, useRead } from "../api/queries.ts"
import { useMay } from "../api/session.tsx"
import type { Carrier, CatchUp, LineRecord, LineState, Webhook } from "../api/wire.ts"
import { Empty, Failed, Head, Reads, Section, Tag } from "../parts/basics.tsx"
import { Ago, Time } from "../parts/time.tsx"
import { reasonOf, type Tone } from "../parts/words.ts"

const breakers = {
  closed: { text: "Sending", tone: "good" },
  "half-open": { text: "Being tested", tone: "warn" },
  open: { text: "Not asked", tone: "bad" },
  resting: { text: "Resting", tone: "warn" }
} as const satisfies Record<LineState["state"], { readonly text: string; readonly tone: Tone }>

interface LineRow {
  readonly name: string
  readonly number: string
  readonly state: LineState | undefined
  readonly record: LineRecord | undefined
}

const rowsOf = (carrier: Carrier, records: ReadonlyArray<LineRecord> | undefined): ReadonlyArray<LineRow> =>
  Object.entries(carrier.lines).map(([name, number]) => ({
    name,
    number,
    state: carrier.health.find(({ line }) => line === name),
    record: records?.find((record) => record.carrierId === carrier.id && record.name === name)
  }))

const Slots = (
  { name, slots }: {
    readonly name: string
    readonly slots:
      | { readonly used?: number; readonly limit?: number; readonly left?: number; readonly resetsAt?: string | undefined }
      | undefined
  }
) => {
  if (slots?.limit === undefined) return null
  const used = slots.used ?? slots.limit - (slots.left ?? slots.limit)
  return (
    <div className="meter">
      <span>{name}: {used} of {slots.limit}, {slots.limit - used} left</span>
      <meter
        min={0}
        max={slots.limit}
        value={used}
        high={slots.limit * 0.8}
        optimum={0}
        aria-label={`New people in this ${name.toLowerCase()}`}
      >
        {used}
      </meter>
    </div>
  )
}

const Limits = ({ row }: { readonly row: LineRow }) => {
  const usage = row.record?.usage ?? row.state?.usage
  const people = row.state?.newContacts
  return (
    <>
      <Slots name="Hour" slots={usage?.hour} />
      <Slots name="Day" slots={usage?.day} />
      {usage?.hour === undefined && usage?.day === undefined ? <span className="faint">The vendor tells no limit.</span> : null}
      {people === undefined
        ? null
        : (
          <span className="faint">
            We wrote to {people.hour} new {people.hour === 1 ? "person" : "people"} in the last hour, {people.day} in the last day.
          </span>
        )}
    </>
  )
}

const Line = ({ row }: { readonly row: LineRow }) => {
  const { state } = row
  const word = state === undefined ? { text: "Not used yet", tone: "idle" as const } : breakers[state.state]
  const until = state?.until ?? state?.pausedUntil
  return (
    <tr>
      <th scope="row">
        {row.name}
        <br />
        <span className="faint">{row.number}</span>
      </th>
      <td>
        <Tag tone={word.tone}>{word.text}</Tag>
        {until === undefined ? null : (
          <p className="note">
            until <Time at={until} />
          </p>
        )}
        {state === undefined || state.failures === 0 ? null : <p className="note">{state.failures} failures in a row</p>}
        {row.record?.gone === true || state?.gone === true ? <p className="wrong">This number is not ours any more.</p> : null}
      </td>
      <td>
        {row.record === undefined
          ? <span className="faint">not read</span>
          : <Tag tone={row.record.available ? "good" : "bad"}>{row.record.status}</Tag>}
      </td>
      <td>
        <Limits row={row} />
      </td>
      <td>
        {state?.faults === undefined || state.faults.length === 0
          ? <span className="faint">nothing</span>
          : state.faults.map(({ reason, since }) => (
            <p key={reason} className="wrong">
              {reasonOf(reason)}, since <Ago at={since} />
            </p>
          ))}
      </td>
    </tr>
  )
}

interface Parts {
  readonly carrier: Carrier
  readonly lines: ReadonlyArray<LineRecord> | undefined
  readonly webhooks: ReadonlyArray<Webhook> | undefined
  readonly heard: string | undefined
}

const isAccountFault = (reason: string): boolean => reason === "Authentication" || reason === "Permission"

const CarrierSection = ({ carrier, heard, lines, webhooks }: Parts) => {
  const ours = webhooks?.filter(({ carrierId }) => carrierId === carrier.id) ?? []
  const active = ours.filter((webhook) => webhook.active)
  const refused = carrier.health.flatMap(({ faults }) => faults ?? []).find(({ reason }) => isAccountFault(reason))
  return (
    <Section title={carrier.id} note={carrier.id === carrier.vendor ? undefined : `An account of ${carrier.vendor}.`}>
      <dl className="facts">
        <div className="fact">
          <dt>Credentials</dt>
          <dd>
            {refused === undefined ? <Tag tone="good">No refusal known</Tag> : (
              <Tag tone="bad">
                Refused since <Ago at={refused.since} />
              </Tag>
            )}
          </dd>
        </div>
        <div className="fact">
          <dt>Last heard by webhook or look</dt>
          <dd>{heard === undefined ? "never" : <Ago at={heard} />}</dd>
        </div>
        <div className="fact">
          <dt>Subscriptions</dt>
          <dd>
            {webhooks === undefined
              ? "not read"
              : active.length > 0
              ? <Tag tone="good">{active.length} of {ours.length} on</Tag>
              : (
                <span>
                  <Tag tone="bad">None on</Tag> Add one with{" "}
                  <code>POST /v1/webhooks</code>; until then nothing is heard of replies and statuses.
                </span>
              )}
          </dd>
        </div>
      </dl>
      <div className="table-box" role="region" aria-label={`Lines of ${carrier.id}`} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">State</th>
              <th scope="col">At the vendor</th>
              <th scope="col">New people, as the vendor counts</th>
              <th scope="col">To mend</th>
            </tr>
          </thead>
          <tbody>{rowsOf(carrier, lines).map((row) => <Line key={row.name} row={row} />)}</tbody>
        </table>
      </div>
      {carrier.notices.length === 0 ? null : (
        <ul className="facts-list">
          {carrier.notices.map((notice, index) => (
            <li key={index}>
              <Tag tone={notice.severity === "warning" ? "bad" : "info"}>{notice.severity === "warning" ? "Warning" : "Note"}</Tag>
              <strong>{notice.summary}</strong>
              <span>{notice.wayOut}</span>
              <span className="faint">
                <Ago at={notice.at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

export const Carriers = () => {
  const carriers = useRead<{ readonly items: ReadonlyArray<Carrier> }>("/v1/carriers", { every: 15_000 })
  const lines = useRead<{ readonly items: ReadonlyArray<LineRecord> }>("/v1/lines")
  const webhooks = useRead<{ readonly items: ReadonlyArray<Webhook> }>("/v1/webhooks")
  const heard = useRead<{ readonly items: ReadonlyArray<CatchUp> }>("/v1/catch-up", { every: 15_000 })
  useFresh(["/v1/carriers"], ["BreakerOpened", "BreakerClosed", "Limited", "Noticed", "Account", "Line"])
  const queries = useQueryClient()
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const mayOperate = useMay("operate")
  const check = async (): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      await post("/v1/lines/check")
      await queries.invalidateQueries()
    } catch (failure) {
      setError(failure)
    }
    setBusy(false)
  }
  return (
    <>
      <Head
        title="Carriers and lines"
        actions={mayOperate
          ? (
            <button
              type="button"
              disabled={isBusy}
              onClick={() => void check()}
            >
              {isBusy ? "Asking…" : "Ask the vendors now"}
            </button>
          )
          : undefined}
      >
        Which line or carrier is in trouble, since when, and how much of its limits is left.
      </Head>
      {error === undefined ? null : <Failed error={error} />}
      {lines.error === null ? null : <Failed error={lines.error} retry={() => void lines.refetch()} />}
      <Reads read={carriers} what="the carriers">
        {({ items }) =>
          items.length === 0
            ? (
              <Empty title="No carrier is configured">
                Set <code>INTERLINE_PREFER</code> and a vendor's credentials, then start the gateway again.
              </Empty>
            )
            : items.map((carrier) => (
              <CarrierSection
                key={carrier.id}
                carrier={carrier}
                lines={lines.data?.items}
                webhooks={webhooks.data?.items}
                heard={heard.data?.items.find(({ carrierId }) => carrierId === carrier.id)?.heardUntil}
              />
            ))}
      </Reads>
    </>
  )
}
