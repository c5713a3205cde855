/** What came in from the vendors, what goes out to callbacks, what waits, and what was given up. */
import { type FormEvent, useId, useState } from "react"
import { patch, post } from "../api/client.ts"
import { useAct, useFormKeys, useRead } from "../api/queries.ts"
import { say } from "../api/said.ts"
import { useMay } from "../api/session.tsx"
import type { Callback, DeadLetter, FailedEvent, Queue, Webhook } from "../api/wire.ts"
import { Copy, Empty, Failed, Head, Reads, Section, Tag } from "../parts/basics.tsx"
import { formatCount } from "../parts/locale.ts"
import { Table } from "../parts/Table.tsx"
import { Ago } from "../parts/time.tsx"
import { plain, spaced } from "../parts/words.ts"
import { type Act, ActButtons, ActTable, makeRemoval } from "./webhooks/ActTable.tsx"
import { Refusals } from "./webhooks/Refusals.tsx"

type Items<A> = { readonly items: ReadonlyArray<A> }

const titles = { inbox: "Events from carriers", callbacks: "Calls to your programs" } as const satisfies Record<Queue["name"], string>

/** What waits while a queue is paused. */
const pauses = {
  inbox: {
    what: "Webhooks are still recorded, and opt-outs take effect. All else that they say waits until you resume.",
    risk:
      "No reply and no status reaches your programs, held messages are not settled by what the carriers report, and a rollout sees no failure."
  },
  callbacks: {
    what: "What happens is kept, and your programs are called for it when you resume.",
    risk: "Until then your programs hear of no reply, no status and no opt-out by a call."
  }
} as const satisfies Record<Queue["name"], { readonly what: string; readonly risk: string }>

const repeats = {
  inbox: { what: "Every event that could not be processed is tried again.", risk: "Programs hear late of what happened long ago." },
  callbacks: {
    what: "Every call that was given up is made again.",
    risk: "A program that took an event although it did not answer gets it twice: its webhook-id is the same."
  }
} as const satisfies Record<Queue["name"], { readonly what: string; readonly risk: string }>

const actsOf = ({ failed, name, pausedAt }: Queue): ReadonlyArray<Act> => {
  const path = `/v1/queues/${name}`
  return [
    pausedAt === undefined
      ? {
        name: "Pause…",
        run: () => post(`${path}/pause`),
        said: "It is paused. What comes waits.",
        asks: { title: `Pause: ${titles[name]}`, ...pauses[name], act: "Pause it" }
      }
      : { name: "Resume", run: () => post(`${path}/resume`), said: "It works again." },
    ...(failed === 0 ? [] : [{
      name: "Try all given up again…",
      run: () => post(`${path}/retry`),
      said: "All that was given up is tried again.",
      asks: { title: "Try all that was given up again", ...repeats[name], act: "Try again" }
    }])
  ]
}

const QueueCard = ({ queue }: { readonly queue: Queue }) => {
  const mayOperate = useMay("operate")
  return (
    <article className="card">
      <h3>
        {titles[queue.name]} {queue.pausedAt === undefined
          ? <Tag tone="good">Working</Tag>
          : (
            <Tag tone="warn">
              Paused <Ago at={queue.pausedAt} />
            </Tag>
          )}
      </h3>
      <dl className="pairs">
        <dt>Waiting</dt>
        <dd>
          {formatCount(queue.waiting)}
          {queue.oldestDueAt === undefined ? "" : (
            <>
              , the oldest due <Ago at={queue.oldestDueAt} />
            </>
          )}
        </dd>
        <dt>Given up</dt>
        <dd>{formatCount(queue.failed)}</dd>
      </dl>
      {mayOperate ? <ActButtons acts={actsOf(queue)} /> : null}
    </article>
  )
}

/** Says so if a list has fewer rows than there are. */
const Rest = ({ of, shown }: { readonly shown: number; readonly of: number | undefined }) =>
  of === undefined || of <= shown ? null : <p className="note">{formatCount(shown)} of {formatCount(of)} are shown.</p>

interface LettersProps {
  readonly letters: ReadonlyArray<DeadLetter>
  readonly callbacks: ReadonlyArray<Callback>
  /** How many there are in all, if that was read. */
  readonly count: number | undefined
}

const DeadLetters = ({ callbacks, count, letters }: LettersProps) => {
  const pathOf = ({ id }: DeadLetter): string => `/v1/dead-letters/${encodeURIComponent(id)}`
  return (
    <>
      <ActTable
        label="Dead letters"
        rows={letters}
        keyOf={({ id }) => id}
        columns={[
          { name: "Event", cell: ({ eventId }) => eventId },
          { name: "Address", cell: ({ endpointId }) => <code>{callbacks.find(({ id }) => id === endpointId)?.url ?? endpointId}</code> },
          { name: "Why", cell: ({ why }) => plain(why) },
          { name: "Tries", cell: ({ attempts }) => attempts },
          { name: "Given up", cell: ({ at }) => <Ago at={at} /> }
        ]}
        acts={(letter) => [
          { name: "Deliver again", run: () => post(`${pathOf(letter)}/redeliver`), said: `Event ${letter.eventId} is delivered again.` },
          makeRemoval({
            title: "Remove this call",
            risk: `Your program never hears of event ${letter.eventId} by a call.`,
            path: pathOf(letter)
          })
        ]}
      />
      <Rest shown={letters.length} of={count} />
    </>
  )
}

const FailedEvents = ({ count, events }: { readonly events: ReadonlyArray<FailedEvent>; readonly count: number | undefined }) => {
  const pathOf = ({ id }: FailedEvent): string => `/v1/failed-events/${encodeURIComponent(id)}`
  return (
    <>
      <ActTable
        label="Failed events"
        rows={events}
        keyOf={({ id }) => id}
        columns={[
          { name: "Kind", cell: ({ kind }) => spaced(kind) },
          { name: "Carrier", cell: ({ carrierId }) => carrierId },
          { name: "Came", cell: ({ receivedAt }) => <Ago at={receivedAt} /> },
          { name: "Why", cell: ({ why }) => plain(why) },
          { name: "Tries", cell: ({ attempts }) => attempts }
        ]}
        acts={(event) => [
          { name: "Try again", run: () => post(`${pathOf(event)}/retry`), said: "It is tried again." },
          makeRemoval({
            title: "Remove this event",
            risk: "What it says is not known here any more: perhaps a reply, a status or an opt-out.",
            path: pathOf(event)
          })
        ]}
      />
      <Rest shown={events.length} of={count} />
    </>
  )
}

interface TestCall {
  readonly taken: boolean
  readonly status?: number
  readonly why?: string
  readonly millis: number
}

/** Calls an address once, and says what came of it. */
const testCall = async (id: string, url: string): Promise<void> => {
  const { millis, status, taken, why } = await post<TestCall>(`/v1/callbacks/${id}/test`)
  const answer = status === undefined ? why ?? "no answer" : `it answered ${status}`
  say(`${url} ${taken ? "takes" : "does not take"} events: ${answer}, after ${millis} ms.`)
}

const Callbacks = ({ callbacks }: { readonly callbacks: ReadonlyArray<Callback> }) => (
  <ActTable
    label="Callbacks"
    rows={callbacks}
    keyOf={({ id }) => id}
    columns={[
      {
        name: "Address",
        cell: ({ dialect, id, url }) => (
          <>
            <code>{url}</code>
            <br />
            <span className="faint">{dialect} · {id}</span>
          </>
        )
      },
      { name: "Events", cell: ({ events }) => events.length === 0 ? "all" : events.map(spaced).join(", ") },
      { name: "Lines", cell: ({ lines }) => lines.length === 0 ? "all" : lines.join(", ") },
      {
        name: "State",
        cell: ({ active, failedAt, failure }) => (
          <>
            <Tag tone={active ? "good" : "idle"}>{active ? "On" : "Off"}</Tag>
            {failure === undefined || failedAt === undefined ? null : (
              <p className="note">
                last failed <Ago at={failedAt} />: {plain(failure)}
              </p>
            )}
          </>
        )
      }
    ]}
    acts={({ active, dialect, id, url }) => [
      ...(dialect === "neutral" ? [{ name: "Test", run: () => testCall(id, url) }] : []),
      active
        ? {
          name: "Switch off…",
          run: () => patch(`/v1/callbacks/${id}`, { body: { active: false } }),
          said: "The callback is off.",
          asks: {
            title: "Switch this callback off",
            what: `${url} is not called until you switch it on again.`,
            risk: "It is never called for what happens meanwhile, and the calls that wait for it become dead letters.",
            act: "Switch it off"
          }
        }
        : { name: "Switch on", run: () => patch(`/v1/callbacks/${id}`, { body: { active: true } }), said: "The callback is on." },
      makeRemoval({
        title: "Remove this callback",
        risk: `${url} is not called any more, and what waits for it is removed too.`,
        path: `/v1/callbacks/${id}`
      })
    ]}
  />
)

const AddCallback = () => {
  const { act, error, isBusy } = useAct()
  const [url, setUrl] = useState("")
  const [secret, setSecret] = useState<string>()
  const keys = useFormKeys()
  const id = useId()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const body = { url: url.trim() }
    void act(async () => {
      const made = await post<Callback>("/v1/callbacks", { body, key: keys.of(body) })
      keys.forget()
      setSecret(made.secret)
      setUrl("")
    })
  }
  return (
    <form className="form" onSubmit={submit}>
      <div className="field">
        <label htmlFor={id}>Add an address that is called for all events</label>
        <div className="inline">
          <input
            id={id}
            type="url"
            required
            placeholder="https://app.example/events"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
          />
          <button type="submit" disabled={isBusy}>Add</button>
        </div>
      </div>
      <Failed error={error} />
      {secret === undefined ? null : (
        <p className="risk" role="status">
          The secret that signs its calls is shown only here: <code>{secret}</code> <Copy text={secret} />
        </p>
      )}
    </form>
  )
}

const Kinds = ({ events }: { readonly events: ReadonlyArray<string> }) =>
  events.length > 3
    ? (
      <details>
        <summary>{events.length} kinds</summary>
        {events.join(", ")}
      </details>
    )
    : <>{events.join(", ")}</>

const Subscriptions = ({ webhooks }: { readonly webhooks: ReadonlyArray<Webhook> }) =>
  webhooks.length === 0
    ? (
      <Empty title="No vendor calls this gateway">
        Without a subscription nothing is heard of replies, statuses and opt-outs. Add one with <code>POST /v1/webhooks</code>.
      </Empty>
    )
    : (
      <Table
        label="Subscriptions"
        rows={webhooks}
        keyOf={({ carrierId, id }) => `${carrierId} ${id}`}
        columns={[
          { name: "Carrier", cell: ({ carrierId }) => carrierId },
          { name: "Calls", cell: ({ url }) => <code>{url}</code> },
          { name: "Events", cell: ({ events }) => <Kinds events={events} /> },
          { name: "State", cell: ({ active }) => <Tag tone={active ? "good" : "bad"}>{active ? "On" : "Off"}</Tag> }
        ]}
      />
    )

export const Webhooks = () => {
  const queues = useRead<Items<Queue>>("/v1/queues", { every: 5_000 })
  const letters = useRead<Items<DeadLetter>>("/v1/dead-letters", { every: 10_000 })
  const failed = useRead<Items<FailedEvent>>("/v1/failed-events", { every: 10_000 })
  const callbacks = useRead<Items<Callback>>("/v1/callbacks")
  const webhooks = useRead<Items<Webhook>>("/v1/webhooks")
  const mayOperate = useMay("operate")
  const failedOf = (name: Queue["name"]): number | undefined => queues.data?.items.find((queue) => queue.name === name)?.failed
  return (
    <>
      <Head title="Webhooks and callbacks">What the vendors report to the gateway, and what the gateway reports to your programs.</Head>
      <Reads read={queues} what="the queues">
        {({ items }) => <div className="cards">{items.map((queue) => <QueueCard key={queue.name} queue={queue} />)}</div>}
      </Reads>
      <Section title="Refused webhooks" note="Counted by the process that answers you, since it started.">
        <Refusals />
      </Section>
      <Section title="Failed events" note="Events that were taken and could not be processed.">
        <Reads read={failed} what="the failed events">{({ items }) => <FailedEvents events={items} count={failedOf("inbox")} />}</Reads>
      </Section>
      <Section title="Subscriptions" note="The webhooks that the vendors have for this account.">
        <Reads read={webhooks} what="the subscriptions">{({ items }) => <Subscriptions webhooks={items} />}</Reads>
      </Section>
      <Section
        title="Dead letters"
        note="Calls to your programs that were given up. A call that is delivered again may come twice: its webhook-id is the same."
      >
        <Reads read={letters} what="the dead letters">
          {({ items }) => <DeadLetters letters={items} callbacks={callbacks.data?.items ?? []} count={failedOf("callbacks")} />}
        </Reads>
      </Section>
      <Section title="Callbacks" note="The addresses of your programs that are called for events.">
        <Reads read={callbacks} what="the callbacks">{({ items }) => <Callbacks callbacks={items} />}</Reads>
        {mayOperate ? <AddCallback /> : null}
      </Section>
    </>
  )
}
