/** The filters of the messages. They are in the address. */
import { Link, useNavigate } from "@tanstack/react-router"
import { type FormEvent, type ReactNode, useEffect, useId, useRef } from "react"
import type { Query } from "../../api/client.ts"
import { useRead } from "../../api/queries.ts"
import type { Carrier, Delivery } from "../../api/wire.ts"
import { Icon } from "../../parts/icons.tsx"
import { labelOfOutcome, outcomeWords, plain, statusWords } from "../../parts/words.ts"

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

export type Range = keyof typeof ranges | "custom" | "all"

const iso = (text: string | undefined): string | undefined => {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

/** The conditions that the API takes. */
export const toConditions = ({ range, since, until, ...filters }: Filters, now: number): Query => {
  if (range === "custom") return { ...filters, since: iso(since), until: iso(until) }
  const length = ranges[range as keyof typeof ranges] as number | undefined
  return length === undefined ? filters : { ...filters, since: new Date(now - length).toISOString() }
}

const losses = {
  "effect-dropped": true,
  "effect-approximated": true,
  "decorations-dropped": true,
  "mention-dropped": true,
  "sticker-dropped": true,
  "reply-dropped": true,
  "link-preview-dropped": true,
  split: true,
  "service-preference-dropped": true,
  "before-reply": true,
  "new-person": true,
  "unknown-field": true
} as const satisfies Record<Delivery["losses"][number]["kind"], true>

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

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
      <label htmlFor={id}>{name}</label>
      <input id={id} type="datetime-local" value={value ?? ""} onChange={(event) => onChange(event.target.value)} />
    </div>
  )
}

export const MessageFilters = ({ filters }: { readonly filters: Filters }) => {
  const navigate = useNavigate({ from: "/messages" })
  const search = useRef<HTMLInputElement>(null)
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
  const typed = filters.peer ?? filters.key ?? ""
  useEffect(() => {
    if (search.current !== null) search.current.value = typed
  }, [typed])
  const find = (event: FormEvent): void => {
    event.preventDefault()
    const text = search.current?.value.trim() ?? ""
    if (uuid.test(text)) return void navigate({ to: "/messages/$id", params: { id: text.toLowerCase() } })
    const isPerson = /^\+?[\d\s().-]{5,}$/.test(text) || text.includes("@")
    const peer = text.includes("@") ? text : text.replaceAll(/[\s().-]/g, "")
    void navigate({
      to: "/messages",
      search: (before) => ({ ...before, peer: isPerson ? peer : undefined, key: isPerson || text === "" ? undefined : text })
    })
  }
  const lines = new Set(carriers.data?.items.flatMap((carrier) => Object.keys(carrier.lines)) ?? [])
  const isFiltered = Object.keys(filters).length > 0
  return (
    <div className="filters">
      <form role="search" onSubmit={find}>
        <Icon name="search" />
        <input
          ref={search}
          type="search"
          aria-label="Find by id, key or number"
          placeholder="Id, key or number"
          defaultValue={typed}
          aria-keyshortcuts="/"
        />
        <kbd aria-hidden="true">/</kbd>
      </form>
      <div className="choices">
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
          {statusWords.map((word) => <option key={word} value={word}>{plain(word)}</option>)}
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
          {Object.keys(losses).map((word) => <option key={word} value={word}>{plain(word)}</option>)}
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
        {isFiltered ? <Link to="/messages" search={{}} className="button quiet">Clear</Link> : null}
      </div>
    </div>
  )
}
