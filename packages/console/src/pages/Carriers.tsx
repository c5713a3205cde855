/** How the carriers and lines do, how much of their limits is left, and what a person has to mend. */
import type { UseQueryResult } from "@tanstack/react-query"
import { post } from "../api/client.ts"
import { useAct, useFresh, useRead } from "../api/queries.ts"
import { useMay } from "../api/session.tsx"
import type { Carrier, CatchUp, LineRecord, LineState, Webhook } from "../api/wire.ts"
import { Empty, Fact, Failed, Head, Reads, Section, sentenceOf, Tag } from "../parts/basics.tsx"
import { Table } from "../parts/Table.tsx"
import { Ago, Time } from "../parts/time.tsx"
import { plain, spaced, type Tone } from "../parts/words.ts"

type Read<Item> = UseQueryResult<{ readonly items: ReadonlyArray<Item> }>

const breakers = {
  closed: { text: "Working", tone: "good" },
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
  const usage = row.state?.usage ?? row.record?.usage
  const people = row.state?.newContacts
  return (
    <>
      <Slots name="Hour" slots={usage?.hour} />
      <Slots name="Day" slots={usage?.day} />
      {usage?.hour === undefined && usage?.day === undefined ? <p className="faint">The vendor tells no limit.</p> : null}
      {people === undefined
        ? null
        : (
          <p className="faint">
            We wrote to {people.hour} new {people.hour === 1 ? "person" : "people"} in the last hour, {people.day} in the last day.
          </p>
        )}
    </>
  )
}

const State = ({ row: { record, state } }: { readonly row: LineRow }) => {
  const word = state === undefined ? { text: "Not used yet", tone: "idle" as const } : breakers[state.state]
  const until = state?.until ?? state?.pausedUntil
  return (
    <>
      <Tag tone={word.tone}>{word.text}</Tag>
      {state?.since === undefined ?
        null :
        (
          <p className="note">
            since <Time at={state.since} />
          </p>
        )}
      {until === undefined ?
        null :
        Date.parse(until) < Date.now() ?
        <p className="note">The next message tests it.</p> :
        (
          <p className="note">
            until <Time at={until} />
          </p>
        )}
      {state === undefined || state.failures === 0 ?
        null :
        <p className="note">{state.failures} {state.failures === 1 ? "failure" : "failures in a row"}</p>}
      {state?.restsForNew === true ? <p className="note">It writes only to people whom it knows.</p> : null}
      {record?.gone === true || state?.gone === true ? <p className="wrong">This number is not ours any more.</p> : null}
    </>
  )
}

const Faults = ({ state }: { readonly state: LineState | undefined }) =>
  state?.faults === undefined || state.faults.length === 0
    ? <span className="faint">nothing</span>
    : state.faults.map(({ reason, since }) => (
      <p key={reason} className="wrong">
        {spaced(reason)}, since <Ago at={since} />
      </p>
    ))

/** What stands for a thing that is being read, or could not be. */
const Unread = ({ read }: { readonly read: { readonly isPending: boolean } }) => (
  <span className="faint">{read.isPending ? "reading…" : "not read"}</span>
)

interface LinesProps {
  readonly carrier: Carrier
  readonly read: Read<LineRecord>
}

const Lines = ({ carrier, read }: LinesProps) => (
  <Table
    label={`Lines of ${carrier.id}`}
    rows={rowsOf(carrier, read.data?.items)}
    keyOf={({ name }) => name}
    columns={[
      {
        name: "Line",
        cell: ({ name, number }) => (
          <>
            {name}
            <br />
            <span className="faint">{number}</span>
          </>
        )
      },
      { name: "State", cell: (row) => <State row={row} /> },
      {
        name: "At the vendor",
        cell: ({ record }) =>
          record === undefined
            ? <Unread read={read} />
            : <Tag tone={record.available ? "good" : "bad"}>{plain(record.status)}</Tag>
      },
      { name: "New people, as the vendor counts", cell: (row) => <Limits row={row} /> },
      { name: "To mend", cell: ({ state }) => <Faults state={state} /> }
    ]}
  />
)

interface Parts {
  readonly carrier: Carrier
  readonly lines: Read<LineRecord>
  readonly webhooks: Read<Webhook>
  readonly catchUps: Read<CatchUp>
}

const isAccountFault = (reason: string): boolean => reason === "Authentication" || reason === "Permission"

const CarrierSection = ({ carrier, catchUps, lines, webhooks }: Parts) => {
  const heard = catchUps.data?.items.find(({ carrierId }) => carrierId === carrier.id)
  const ours = webhooks.data?.items.filter(({ carrierId }) => carrierId === carrier.id) ?? []
  const active = ours.filter((webhook) => webhook.active)
  const refused = carrier.health.flatMap(({ faults }) => faults ?? []).find(({ reason }) => isAccountFault(reason))
  return (
    <Section title={carrier.id} note={carrier.id === carrier.vendor ? undefined : `An account of ${carrier.vendor}.`}>
      <dl className="facts">
        <Fact name="Credentials">
          {refused === undefined ? <Tag tone="good">No refusal known</Tag> : (
            <Tag tone="bad">
              Refused since <Ago at={refused.since} />
            </Tag>
          )}
        </Fact>
        <Fact name="Everything was heard until">
          {catchUps.data === undefined
            ? <Unread read={catchUps} />
            : heard?.heardUntil === undefined
            ? "not known"
            : <Ago at={heard.heardUntil} />}
          {heard?.state === "failed"
            ? (
              <>
                {" "}
                <Tag tone="bad">Reading back fails</Tag> {heard.why}
              </>
            )
            : null}
        </Fact>
        <Fact name="Subscriptions">
          {webhooks.data === undefined
            ? <Unread read={webhooks} />
            : active.length > 0
            ? <Tag tone="good">{active.length} of {ours.length} on</Tag>
            : (
              <span>
                <Tag tone="bad">None on</Tag> Add one with{" "}
                <code>POST /v1/webhooks</code>; until then nothing is heard of replies and statuses.
              </span>
            )}
        </Fact>
      </dl>
      <Lines carrier={carrier} read={lines} />
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
  const catchUps = useRead<{ readonly items: ReadonlyArray<CatchUp> }>("/v1/catch-up", { every: 15_000 })
  useFresh(["/v1/carriers", "/v1/lines"], ["BreakerOpened", "BreakerClosed", "Limited", "Noticed", "Account", "Line"])
  const { act, error, isBusy } = useAct()
  const mayOperate = useMay("operate")
  // a carrier that is down fails several reads for one reason
  const failures = new Map([lines, webhooks, catchUps].flatMap(({ error }) => error === null ? [] : [[sentenceOf(error), error] as const]))
  const readFailed = (): void => {
    for (const read of [lines, webhooks, catchUps]) if (read.error !== null) void read.refetch()
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
              onClick={() => void act(() => post("/v1/lines/check"), "The vendors were asked.")}
            >
              {isBusy ? "Asking…" : "Ask the vendors now"}
            </button>
          )
          : undefined}
      >
        Which line or carrier is in trouble, since when, and how much of its limits is left.
      </Head>
      <Failed error={error} />
      {Array.from(failures, ([sentence, error]) => <Failed key={sentence} error={error} retry={readFailed} />)}
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
                lines={lines}
                webhooks={webhooks}
                catchUps={catchUps}
              />
            ))}
      </Reads>
    </>
  )
}
