/** What came in from the vendors, what goes out to callbacks, what waits, and what was given up. */
import { useQueryClient } from "@tanstack/react-query"
import { type FormEvent, useId, useState } from "react"
import { patch, post, remove } from "../api/client.ts"
import { useRead } from "../api/queries.ts"
import { useMay } from "../api/session.tsx"
import type { Callback, DeadLetter, FailedEvent, Queue, Webhook } from "../api/wire.ts"
import { ActDialog, Copy, Empty, Failed, Head, Reads, Section, Tag } from "../parts/basics.tsx"
import { Ago } from "../parts/time.tsx"
import { plain } from "../parts/words.ts"

type Items<A> = { readonly items: ReadonlyArray<A> }

const titles = { inbox: "Events of webhooks", callbacks: "Calls to callbacks" } as const satisfies Record<Queue["name"], string>

/** Runs an act and reads everything again, or says why it failed. */
const useAct = () => {
  const queries = useQueryClient()
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const act = async (run: () => Promise<unknown>): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      await run()
      await queries.invalidateQueries()
    } catch (failure) {
      setError(failure)
    }
    setBusy(false)
  }
  return { act, error, isBusy }
}

const QueueCard = ({ queue }: { readonly queue: Queue }) => {
  const mayOperate = useMay("operate")
  const { act, error, isBusy } = useAct()
  const isPaused = queue.pausedAt !== undefined
  return (
    <article className="card">
      <h3>{titles[queue.name]} {isPaused ? <Tag tone="warn">Paused</Tag> : <Tag tone="good">Working</Tag>}</h3>
      <dl className="pairs">
        <dt>Waiting</dt>
        <dd>
          {queue.waiting.toLocaleString()}
          {queue.oldestDueAt === undefined ? "" : (
            <>
              , the oldest due <Ago at={queue.oldestDueAt} />
            </>
          )}
        </dd>
        <dt>Given up</dt>
        <dd>{queue.failed.toLocaleString()}</dd>
      </dl>
      {mayOperate
        ? (
          <div className="actions">
            <button
              type="button"
              disabled={isBusy}
              onClick={() => void act(() => post(`/v1/queues/${queue.name}/${isPaused ? "resume" : "pause"}`))}
            >
              {isPaused ? "Resume" : "Pause"}
            </button>
            {queue.failed > 0
              ? (
                <button type="button" disabled={isBusy} onClick={() => void act(() => post(`/v1/queues/${queue.name}/retry`))}>
                  Try all given up again
                </button>
              )
              : null}
          </div>
        )
        : null}
      {error === undefined ? null : <Failed error={error} />}
    </article>
  )
}

const DeadLetters = ({ letters }: { readonly letters: ReadonlyArray<DeadLetter> }) => {
  const mayOperate = useMay("operate")
  const { act, error, isBusy } = useAct()
  const [dropping, setDropping] = useState<string>()
  if (letters.length === 0) return <p className="note">No call was given up.</p>
  return (
    <>
      {error === undefined ? null : <Failed error={error} />}
      <div className="table-box" role="region" aria-label="Dead letters" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">Address</th>
              <th scope="col">Why</th>
              <th scope="col">Tries</th>
              <th scope="col">Do</th>
            </tr>
          </thead>
          <tbody>
            {letters.map((letter) => (
              <tr key={letter.id}>
                <th scope="row">{letter.eventId}</th>
                <td>
                  <code>{letter.endpointId}</code>
                </td>
                <td>{plain(letter.why)}</td>
                <td>{letter.attempts}</td>
                <td>
                  {mayOperate
                    ? (
                      <span className="actions">
                        <button
                          type="button"
                          disabled={isBusy}
                          onClick={() => void act(() => post(`/v1/dead-letters/${encodeURIComponent(letter.id)}/redeliver`))}
                        >
                          Deliver again
                        </button>
                        <button type="button" className="quiet" onClick={() => setDropping(letter.id)}>Give up…</button>
                      </span>
                    )
                    : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {dropping === undefined
        ? null
        : (
          <ActDialog
            title="Give up on this call"
            act="Give it up"
            tone="danger"
            risk="Your program never hears of this event. Nothing is told to people."
            close={() => setDropping(undefined)}
            run={() => act(() => remove(`/v1/dead-letters/${encodeURIComponent(dropping)}`))}
          >
            <p>The call is removed for good.</p>
          </ActDialog>
        )}
    </>
  )
}

const FailedEvents = ({ events }: { readonly events: ReadonlyArray<FailedEvent> }) => {
  const mayOperate = useMay("operate")
  const { act, error, isBusy } = useAct()
  if (events.length === 0) return <p className="note">Every event that was taken could be processed.</p>
  return (
    <>
      {error === undefined ? null : <Failed error={error} />}
      <div className="table-box" role="region" aria-label="Failed events" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Kind</th>
              <th scope="col">Carrier</th>
              <th scope="col">Came</th>
              <th scope="col">Why</th>
              <th scope="col">Tries</th>
              <th scope="col">Do</th>
            </tr>
          </thead>
          <tbody>
            {events.map((event) => (
              <tr key={event.id}>
                <th scope="row">{event.kind}</th>
                <td>{event.carrierId}</td>
                <td>
                  <Ago at={event.receivedAt} />
                </td>
                <td>{plain(event.why)}</td>
                <td>{event.attempts}</td>
                <td>
                  {mayOperate
                    ? (
                      <button
                        type="button"
                        disabled={isBusy}
                        onClick={() => void act(() => post(`/v1/failed-events/${encodeURIComponent(event.id)}/retry`))}
                      >
                        Try again
                      </button>
                    )
                    : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

const Callbacks = ({ callbacks }: { readonly callbacks: ReadonlyArray<Callback> }) => {
  const mayOperate = useMay("operate")
  const { act, error, isBusy } = useAct()
  if (callbacks.length === 0) return <p className="note">No address is called for events. Add one below.</p>
  return (
    <>
      {error === undefined ? null : <Failed error={error} />}
      <div className="table-box" role="region" aria-label="Callback addresses" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">Events</th>
              <th scope="col">State</th>
              <th scope="col">Do</th>
            </tr>
          </thead>
          <tbody>
            {callbacks.map((callback) => (
              <tr key={callback.id}>
                <th scope="row">
                  <code>{callback.url}</code>
                  <br />
                  <span className="faint">{callback.dialect} · {callback.id}</span>
                </th>
                <td>{callback.events.length === 0 ? "all" : callback.events.join(", ")}</td>
                <td>
                  <Tag tone={callback.active ? "good" : "idle"}>{callback.active ? "On" : "Off"}</Tag>
                  {callback.failure === undefined ? null : <p className="wrong">{callback.failure}</p>}
                </td>
                <td>
                  {mayOperate
                    ? (
                      <button
                        type="button"
                        disabled={isBusy}
                        onClick={() => void act(() => patch(`/v1/callbacks/${callback.id}`, { body: { active: !callback.active } }))}
                      >
                        {callback.active ? "Switch off" : "Switch on"}
                      </button>
                    )
                    : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

const AddCallback = () => {
  const { act, error, isBusy } = useAct()
  const [url, setUrl] = useState("")
  const [secret, setSecret] = useState<string>()
  const id = useId()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void act(async () => {
      const made = await post<Callback>("/v1/callbacks", { body: { url: url.trim() } })
      setSecret(made.secret)
      setUrl("")
    })
  }
  return (
    <form className="form" onSubmit={submit}>
      <div className="field">
        <label htmlFor={id}>Call another address for all events</label>
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
      {error === undefined ? null : <Failed error={error} />}
      {secret === undefined ? null : (
        <p className="risk" role="status">
          The secret that signs its calls is shown only here: <code>{secret}</code> <Copy text={secret} />
        </p>
      )}
    </form>
  )
}

const Subscriptions = ({ webhooks }: { readonly webhooks: ReadonlyArray<Webhook> }) => (
  webhooks.length === 0
    ? (
      <Empty title="No vendor calls this gateway">
        Without a subscription nothing is heard of replies, statuses and opt-outs. Add one with <code>POST /v1/webhooks</code>.
      </Empty>
    )
    : (
      <div className="table-box" role="region" aria-label="Subscriptions" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Carrier</th>
              <th scope="col">Calls</th>
              <th scope="col">Events</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {webhooks.map((webhook) => (
              <tr key={`${webhook.carrierId} ${webhook.id}`}>
                <th scope="row">{webhook.carrierId}</th>
                <td>
                  <code>{webhook.url}</code>
                </td>
                <td>
                  {webhook.events.length > 3
                    ? (
                      <details>
                        <summary>{webhook.events.length} kinds</summary>
                        {webhook.events.join(", ")}
                      </details>
                    )
                    : webhook.events.join(", ")}
                </td>
                <td>
                  <Tag tone={webhook.active ? "good" : "bad"}>{webhook.active ? "On" : "Off"}</Tag>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )
)

export const Webhooks = () => {
  const queues = useRead<Items<Queue>>("/v1/queues", { every: 5_000 })
  const letters = useRead<Items<DeadLetter>>("/v1/dead-letters", { every: 10_000 })
  const failed = useRead<Items<FailedEvent>>("/v1/failed-events", { every: 10_000 })
  const callbacks = useRead<Items<Callback>>("/v1/callbacks")
  const webhooks = useRead<Items<Webhook>>("/v1/webhooks")
  const mayOperate = useMay("operate")
  return (
    <>
      <Head title="Webhooks and callbacks">What the vendors report, and what your programs hear of it.</Head>
      <Reads read={queues} what="the queues">
        {({ items }) => <div className="cards">{items.map((queue) => <QueueCard key={queue.name} queue={queue} />)}</div>}
      </Reads>
      <Section title="Dead letters" note="Calls to your addresses that were given up. The receiver has to know an event that comes twice.">
        <Reads read={letters} what="the dead letters">{({ items }) => <DeadLetters letters={items} />}</Reads>
      </Section>
      <Section title="Events that could not be processed">
        <Reads read={failed} what="the failed events">{({ items }) => <FailedEvents events={items} />}</Reads>
      </Section>
      <Section title="Callbacks">
        <Reads read={callbacks} what="the callbacks">{({ items }) => <Callbacks callbacks={items} />}</Reads>
        {mayOperate ? <AddCallback /> : null}
      </Section>
      <Section title="Subscriptions at the vendors">
        <Reads read={webhooks} what="the subscriptions">{({ items }) => <Subscriptions webhooks={items} />}</Reads>
      </Section>
    </>
  )
}
