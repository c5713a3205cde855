/** The filters of the messages. They are in the address. */
import { Link, useNavigate } from "@tanstack/react-router"
import { type ReactNode, useId, useState } from "react"
import type { Query } from "../../api/client.ts"
import { useRead } from "../../api/queries.ts"
import type { Carrier } from "../../api/wire.ts"
import { lossWords } from "../../parts/Losses.tsx"
import { toLocal, toZoned, zone } from "../../parts/time.tsx"
import { labelOfOutcome, labelOfStatus, outcomeWords, statusWords } from "../../parts/words.ts"
import { MessageSearch } from "./MessageSearch.tsx"

export interface Filters {
  readonly outcome?: string | undefined
  readonly status?: string | undefined
  readonly carrier?: string | undefined
  readonly line?: string | undefined
  readonly peer?: string | undefined
  readonly loss?: string | undefined
  readonly failedOver?: string | undefined
  readonly key?: string | undefined
  readonly direction?: string | undefined
  readonly range?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
}

const ranges = { "1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000, "30d": 2_592_000_000 } as const

/** The conditions that the API takes. */
export const toConditions = ({ range, since, until, ...filters }: Filters, now: number): Query => {
  if (range === "custom") {
    return {
      ...filters,
      ...(since === undefined ? {} : { since: toZoned(since) }),
      ...(until === undefined ? {} : { until: toZoned(until) })
    }
  }
  const length = ranges[range as keyof typeof ranges] as number | undefined
  return length === undefined ? filters : { ...filters, since: new Date(now - length).toISOString() }
}

const Choice = (
  { children, name, onChange, value }: {
    readonly name: string
    readonly value: string | undefined
    readonly onChange: (value: string) => void
    readonly children: ReactNode
  }
) => {
  const id = useId()
  return (
    <div className="choice" data-set={value !== undefined}>
      <label htmlFor={id}>{name}</label>
      <select id={id} value={value ?? ""} onChange={(event) => onChange(event.target.value)}>{children}</select>
    </div>
  )
}

const When = (
  { name, onChange, value }: { readonly name: string; readonly value: string | undefined; readonly onChange: (value: string) => void }
) => {
  const id = useId()
  return (
    <div className="choice" data-set={value !== undefined}>
      <label htmlFor={id}>{name} (your time, {zone})</label>
      <input
        id={id}
        type="datetime-local"
        value={value === undefined ? "" : toLocal(value)}
        onChange={({ target }) => onChange(target.value === "" ? "" : toZoned(target.value))}
      />
    </div>
  )
}

/** How many of the choices are set. A range is one of them, and what is searched for stands in its own field. */
const countOf = ({ key: _, peer: __, since: ___, until: ____, ...choices }: Filters): number => Object.keys(choices).length

/** In a narrow window a button shows and hides the choices. */
export const MessageFilters = ({ filters }: { readonly filters: Filters }) => {
  const navigate = useNavigate({ from: "/messages" })
  const carriers = useRead<{ readonly items: ReadonlyArray<Carrier> }>("/v1/carriers", { people: false })
  const set = (name: keyof Filters) => (value: string): void =>
    void navigate({
      to: "/messages",
      search: (before) => ({
        ...before,
        [name]: value === "" ? undefined : value,
        ...(name === "range" && value !== "custom" ? { since: undefined, until: undefined } : {})
      })
    })
  const lines = new Set(carriers.data?.items.flatMap((carrier) => Object.keys(carrier.lines)) ?? [])
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const count = countOf(filters)
  return (
    <div className="filters">
      <MessageSearch filters={filters} />
      <button type="button" className="fold" aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>
        Filters{count === 0 ? "" : ` (${count})`}
      </button>
      <div id={id} className="choices" data-open={isOpen}>
        <Choice name="Way" value={filters.direction} onChange={set("direction")}>
          <option value="">Both</option>
          <option value="outbound">To people</option>
          <option value="inbound">From people</option>
        </Choice>
        <Choice name="Outcome" value={filters.outcome} onChange={set("outcome")}>
          <option value="">Any</option>
          {outcomeWords.map((word) => <option key={word} value={word}>{labelOfOutcome(word).text}</option>)}
        </Choice>
        <Choice name="Status" value={filters.status} onChange={set("status")}>
          <option value="">Any</option>
          {statusWords.map((word) => <option key={word} value={word}>{labelOfStatus(word).text}</option>)}
        </Choice>
        <Choice name="Carrier" value={filters.carrier} onChange={set("carrier")}>
          <option value="">Any</option>
          {carriers.data?.items.map(({ id }) => <option key={id} value={id}>{id}</option>)}
        </Choice>
        <Choice name="Line" value={filters.line} onChange={set("line")}>
          <option value="">Any</option>
          {Array.from(lines, (line) => <option key={line} value={line}>{line}</option>)}
        </Choice>
        <Choice name="Failed over" value={filters.failedOver} onChange={set("failedOver")}>
          <option value="">Either</option>
          <option value="true">Yes</option>
          <option value="false">No</option>
        </Choice>
        <Choice name="Loss" value={filters.loss} onChange={set("loss")}>
          <option value="">Any</option>
          {Object.entries(lossWords).map(([kind, words]) => <option key={kind} value={kind}>{words}</option>)}
        </Choice>
        <Choice name="Time" value={filters.range} onChange={set("range")}>
          <option value="">Any</option>
          <option value="1h">Last hour</option>
          <option value="24h">Last 24 hours</option>
          <option value="7d">Last 7 days</option>
          <option value="30d">Last 30 days</option>
          <option value="custom">From … to …</option>
        </Choice>
        {filters.range === "custom"
          ? (
            <>
              <When name="From" value={filters.since} onChange={set("since")} />
              <When name="Until" value={filters.until} onChange={set("until")} />
            </>
          )
          : null}
      </div>
      {Object.keys(filters).length > 0 ? <Link to="/messages" search={{}} className="button quiet">Clear</Link> : null}
    </div>
  )
}
