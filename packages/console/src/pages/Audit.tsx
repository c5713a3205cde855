/** Who did what. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router"
import { type FormEvent, useId, useState } from "react"
import { usePages } from "../api/queries.ts"
import type { Act } from "../api/wire.ts"
import { Empty, Head, More, Reads, Tag } from "../parts/basics.tsx"
import { HiddenPeople } from "../parts/HiddenPeople.tsx"
import { Table } from "../parts/Table.tsx"
import { Time } from "../parts/time.tsx"
import { isMasked, spaced } from "../parts/words.ts"

const names: { readonly [act: string]: string } = { "people.shown": "Saw people", "settle.unchecked": "Settle, unchecked" }

const Field = (
  { name, onChange, value }: { readonly name: string; readonly value: string; readonly onChange: (value: string) => void }
) => {
  const id = useId()
  return (
    <div className="choice">
      <label htmlFor={id}>{name}</label>
      <input id={id} value={value} onChange={(event) => onChange(event.target.value)} />
    </div>
  )
}

export const Audit = () => {
  const filters = useSearch({ from: "/audit" })
  const navigate = useNavigate()
  const [draft, setDraft] = useState<
    { readonly actor?: string | undefined; readonly act?: string | undefined; readonly subject?: string | undefined }
  >(filters)
  const acts = usePages<Act>("/v1/audit", { query: filters })
  const find = (event: FormEvent): void => {
    event.preventDefault()
    void navigate({ to: "/audit", search: draft })
  }
  return (
    <>
      <Head title="Audit">
        Every act that steers the gateway or an account, and which people somebody asked this console to show, once an hour for the same
        thing. What a program reads with a key is not in it. The newest first.
      </Head>
      <form className="filters" role="search" onSubmit={find}>
        <Field name="Who" value={draft.actor ?? ""} onChange={(actor) => setDraft({ ...draft, actor })} />
        <Field name="Act" value={draft.act ?? ""} onChange={(act) => setDraft({ ...draft, act })} />
        <Field name="Subject" value={draft.subject ?? ""} onChange={(subject) => setDraft({ ...draft, subject })} />
        <button type="submit">Find</button>
        {Object.keys(filters).length === 0
          ? null
          : <Link to="/audit" search={{}} className="button quiet" onClick={() => setDraft({})}>Clear</Link>}
      </form>
      <Reads read={acts.read} what="the acts">
        {(items) => {
          if (items.length === 0) {
            return (
              <Empty title="Nothing was done yet">
                Sends are not in it; find them in <Link to="/messages">Messages</Link>.
              </Empty>
            )
          }
          return (
            <>
              {items.some(({ subject }) => isMasked(subject)) ? <HiddenPeople /> : null}
              <Table
                label="Acts"
                rows={items}
                keyOf={(_, place) => place}
                columns={[
                  { name: "When", cell: ({ at }) => <Time at={at} /> },
                  { name: "Who", cell: ({ actor }) => actor },
                  { name: "Act", cell: ({ act }) => names[act] ?? spaced(act) },
                  { name: "Subject", cell: ({ subject }) => <code>{subject}</code> },
                  { name: "Outcome", cell: ({ outcome }) => outcome === "unknown" ? <Tag tone="warn">Not known</Tag> : "Done" }
                ]}
              />
              <More pages={acts}>Show older ones</More>
            </>
          )
        }}
      </Reads>
    </>
  )
}
