/** Who must not be written to, and why. */
import { type FormEvent, useId, useState } from "react"
import { post } from "../api/client.ts"
import { useFresh, usePages } from "../api/queries.ts"
import { useAccess, useMay } from "../api/session.tsx"
import type { Imported, OptOut } from "../api/wire.ts"
import { ActDialog, Empty, Head, More, Reads, Section, Tag } from "../parts/basics.tsx"
import { HiddenPeople } from "../parts/HiddenPeople.tsx"
import { formatCount } from "../parts/locale.ts"
import { Table } from "../parts/Table.tsx"
import { Time } from "../parts/time.tsx"

const sources = {
  explicit: "An application or operator said so",
  error: "A carrier refused a send because of it",
  event: "The person wrote a word such as STOP",
  list: "It is in a carrier's own list"
} as const satisfies Record<OptOut["source"], string>

interface EntriesProps {
  readonly items: ReadonlyArray<OptOut>
  readonly restore: ((handle: string) => void) | undefined
}

const Entries = ({ items, restore }: EntriesProps) => (
  <Table
    label="Opt-outs"
    rows={items}
    keyOf={(_, place) => place}
    columns={[
      { name: "Person", cell: ({ handle }) => handle },
      { name: "Why", cell: ({ carrierId, source }) => `${sources[source]}${carrierId === undefined ? "" : ` (${carrierId})`}` },
      { name: "Said", cell: ({ saidAt }) => <Time at={saidAt} /> },
      { name: "Known since", cell: ({ since }) => <Time at={since} /> },
      restore === undefined ? undefined : {
        name: "Do",
        cell: ({ handle }) => <button type="button" className="quiet" onClick={() => restore(handle)}>Opt in…</button>
      }
    ]}
  />
)

const Import = () => {
  const [text, setText] = useState("")
  const [done, setDone] = useState<Imported>()
  const [isAsking, setAsking] = useState(false)
  const id = useId()
  const count = text.split("\n").filter((line) => line.trim() !== "").length
  return (
    <>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault()
          setAsking(true)
        }}
      >
        <div className="field">
          <label htmlFor={id}>One number on each line, or a table with the number first</label>
          <textarea id={id} rows={4} required value={text} onChange={(event) => setText(event.target.value)} />
        </div>
        <div className="actions">
          <button type="submit" disabled={count === 0}>
            {count === 0 ? "Import" : `Import ${formatCount(count)} ${count === 1 ? "line" : "lines"}`}…
          </button>
        </div>
        {done === undefined ? null : (
          <p role="status">
            {done.read} read, {done.added} new, {done.known} known before.{" "}
            {done.malformed > 0 ? <Tag tone="warn">{done.malformed} lines name no person: {done.lines.slice(0, 10).join(", ")}</Tag> : null}
          </p>
        )}
      </form>
      {isAsking
        ? (
          <ActDialog
            title={`Opt out everybody on ${formatCount(count)} ${count === 1 ? "line" : "lines"}`}
            act="Import"
            close={() => setAsking(false)}
            risk="None of them gets a message again until they are opted in. The same list again adds nobody twice."
            run={async () => {
              setDone(await post<Imported>("/v1/opt-outs/import", { body: text }))
              setText("")
            }}
          >
            <p>Your name is kept with it. A line that names no person is left out, and you see which.</p>
          </ActDialog>
        )
        : null}
    </>
  )
}

export const OptOuts = () => {
  const { people } = useAccess()
  const mayOperate = useMay("operate")
  const [wanted, setWanted] = useState("")
  const [typed, setTyped] = useState("")
  const [restoring, setRestoring] = useState<string>()
  const [adding, setAdding] = useState<string>()
  const id = useId()
  const isSearch = wanted !== ""
  // The API reads a number as people write it. Whoever types a number sees no other one by this.
  const list = usePages<OptOut>("/v1/opt-outs", isSearch ? { query: { handle: wanted }, people: true } : {})
  useFresh(["/v1/opt-outs"], ["Suppressed", "Restored", "OptedOut", "OptedIn", "NotRestored"])
  const search = (event: FormEvent): void => {
    event.preventDefault()
    setWanted(typed.trim())
  }
  return (
    <>
      <Head title="Opt-outs">Nobody in this list is written to, by any carrier. A send to them is refused before anything leaves.</Head>
      <form className="filters" role="search" onSubmit={search}>
        <div className="field">
          <label htmlFor={id}>Find a person</label>
          <div className="inline">
            <input id={id} type="search" placeholder="+1202…" value={typed} onChange={(event) => setTyped(event.target.value)} />
            <button type="submit">Find</button>
            {mayOperate && typed.trim() !== "" ? <button type="button" onClick={() => setAdding(typed.trim())}>Opt out…</button> : null}
          </div>
        </div>
      </form>
      <Reads read={list.read} what="the opt-outs">
        {(items) => (
          <>
            {items.length > 0
              ? (
                <>
                  {isSearch ? null : <HiddenPeople>opt somebody in, or find them by their number</HiddenPeople>}
                  <Entries items={items} restore={mayOperate && (people || isSearch) ? setRestoring : undefined} />
                </>
              )
              : isSearch
              ? <Empty title={`“${wanted}” has not opted out`}>The whole number was searched. There is no search for a part of it.</Empty>
              : <Empty title="Nobody has opted out">A person who writes STOP appears here by themselves.</Empty>}
            <More pages={list}>Show older ones</More>
          </>
        )}
      </Reads>
      {mayOperate ?
        (
          <Section title="Import" note="Take over opt-outs from another system.">
            <Import />
          </Section>
        ) :
        null}
      {restoring === undefined ?
        null :
        (
          <ActDialog
            title="Opt this person in"
            act="Opt in"
            tone="danger"
            close={() => setRestoring(undefined)}
            risk="If they did not agree, the next message breaks the law in many places, and their trust everywhere."
            run={() => post("/v1/opt-ins", { body: { handle: restoring } })}
            said={`${restoring} can be written to again.`}
          >
            <p>{restoring} can be written to again. Do this only if they agreed.</p>
          </ActDialog>
        )}
      {adding === undefined ?
        null :
        (
          <ActDialog
            title="Opt this person out"
            act="Opt out"
            close={() => setAdding(undefined)}
            risk="They get no message until they are opted in by hand: their own START does not lift it."
            run={() => post("/v1/opt-outs", { body: { handle: adding } })}
            said={`${adding} is not written to any more.`}
          >
            <p>{adding} is never written to again, here and at the carriers that keep a list.</p>
          </ActDialog>
        )}
    </>
  )
}
