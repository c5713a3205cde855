/** Every message, both ways, the newest first, with filters and counts over time. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router"
import { useWindowVirtualizer } from "@tanstack/react-virtual"
import { lazy, type ReactNode, Suspense, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react"
import { get, type Query } from "../api/client.ts"
import { useLive } from "../api/live.ts"
import { PagedList } from "../api/PagedList.ts"
import { useFresh, useRead } from "../api/queries.ts"
import { useSandbox } from "../api/sandbox.ts"
import { useAccess } from "../api/session.tsx"
import type { Counts, Delivery, Page, Row } from "../api/wire.ts"
import { Empty, Failed, Head, Loading } from "../parts/basics.tsx"
import { HiddenPeople } from "../parts/HiddenPeople.tsx"
import { useKeys } from "../parts/keys.ts"
import { formatCount } from "../parts/locale.ts"
import { Time } from "../parts/time.tsx"
import type { Every } from "./messages/CountsPlot.tsx"
import { type Filters, MessageFilters, toConditions } from "./messages/MessageFilters.tsx"
import { MessageRow } from "./messages/MessageRow.tsx"

// the list is there before its plot, and without it where the browser cannot draw it
const NoPlot = (_: { readonly counts: Counts; readonly every: Every }): ReactNode => (
  <p className="note">This browser cannot draw the counts over time.</p>
)

const CountsPlot = lazy(() =>
  import("./messages/CountsPlot.tsx").then(({ CountsPlot }) => ({ default: CountsPlot }), () => ({ default: NoPlot }))
)

/** As high as the plot will be, so that nothing moves when it comes. */
const plotToCome = (
  <figure className="plot-box" aria-hidden="true">
    <figcaption>{"\u00a0"}</figcaption>
    <div className="plot" />
  </figure>
)

const hour = 3_600_000

/** How long a bar of the plot is. Without an end or a beginning the gateway counts a day. */
const everyOf = ({ since, until }: Query, now: number): Every => {
  if (since === undefined) return "hour"
  const length = (until === undefined ? now : Date.parse(String(until))) - Date.parse(String(since))
  return length <= 3 * hour ? "minute" : length <= 8 * 24 * hour ? "hour" : "day"
}

const OverTime = ({ filters }: { readonly filters: Filters }) => {
  const conditions = useConditions(filters)
  const query = useMemo(() => ({ ...conditions, every: everyOf(conditions, Date.now()) }), [conditions])
  const counts = useRead<Counts>("/v1/messages/counts", { query })
  useFresh(["/v1/messages/counts"], ["Received", "Concluded", "Status", "Held", "Settled"])
  if (counts.data === undefined) {
    return counts.error === null
      ? plotToCome
      : <p className="note">The counts over time are not here: {counts.error.message}.</p>
  }
  return (
    <Suspense fallback={plotToCome}>
      <CountsPlot counts={counts.data} every={query.every} />
    </Suspense>
  )
}

/** The conditions of a list. A range begins when it is chosen, so that the pages of a list belong together. */
const useConditions = (filters: Filters): Query => {
  const text = JSON.stringify(filters)
  return useMemo(() => toConditions(JSON.parse(text) as Filters, Date.now()), [text])
}

const narrow = matchMedia("(max-width: 760px)")

const useNarrow = (): boolean =>
  useSyncExternalStore((act) => {
    narrow.addEventListener("change", act)
    return () => narrow.removeEventListener("change", act)
  }, () => narrow.matches)

/** More changed rows than these are read with their pages. */
const mostSingle = 10

/** How often the newest rows are read without an event, in milliseconds: no event tells of a send before its first status. */
const unannounced = 10_000

const useMessageList = (conditions: Query, people: boolean): PagedList<Row> => {
  const list = useMemo(
    () =>
      new PagedList<Row>(({ cursor, isCounted, limit }, signal) =>
        get<Page<Row>>("/v1/messages", {
          query: { ...conditions, limit, cursor, ...(isCounted ? {} : { total: "none" }) },
          people,
          signal
        })
      ),
    [conditions, people]
  )
  useEffect(() => () => list.close(), [list])
  useEffect(() => {
    const read = (): void => {
      // what fails here is read again soon, and says so where it was asked for
      if (document.visibilityState === "visible") list.readNew().catch(() => {})
    }
    const timer = setInterval(read, unannounced)
    return () => clearInterval(timer)
  }, [list])
  useLive(
    ({ deliveryId, type }) => type === "Received" || deliveryId !== undefined,
    async ({ events, isMissed }) => {
      if (isMissed) return list.readAgain()
      const known = new Set((await list.readNew()).map(({ id }) => id))
      const { placeOf } = list.snapshot()
      const older = new Set(
        events.flatMap(({ deliveryId: id }) => id !== undefined && !known.has(id) && placeOf(id) !== undefined ? [id] : [])
      )
      if (older.size > mostSingle) return list.readAgain()
      list.replace(await Promise.all(Array.from(older, (id) => get<Delivery>(`/v1/deliveries/${id}`, { people }))))
    }
  )
  return list
}

/** The list opens the stream of rows that it shows. */
const Rows = ({ list }: { readonly list: PagedList<Row> }) => {
  const snapshot = useSyncExternalStore(list.subscribe, list.snapshot)
  const isNarrow = useNarrow()
  const holder = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [chosen, setChosen] = useState<string>()
  const navigate = useNavigate()
  useLayoutEffect(() => {
    const measure = (): void => setTop((holder.current?.getBoundingClientRect().top ?? 0) + window.scrollY)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [])
  const height = isNarrow ? 68 : 44
  const virtual = useWindowVirtualizer({ count: snapshot.count, estimateSize: () => height, overscan: 5, scrollMargin: top })
  useEffect(() => virtual.measure(), [height, virtual])
  const items = virtual.getVirtualItems()
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0]
  useEffect(() => list.show(first, last), [list, first, last, snapshot.count])

  // what the reader looks at stays where it is when rows come on top
  const shown = useRef(snapshot.fresh)
  useLayoutEffect(() => {
    const added = snapshot.fresh - shown.current
    shown.current = snapshot.fresh
    if (added > 0 && window.scrollY > top) window.scrollBy(0, added * height)
  }, [snapshot.fresh, top, height])

  const place = chosen === undefined ? undefined : snapshot.placeOf(chosen)
  const move = (by: number): void => {
    const last = snapshot.count - (snapshot.isDone ? 1 : 2)
    const next = place === undefined ? (chosen === undefined ? 0 : Math.max(0, Math.ceil((window.scrollY - top) / height))) : place + by
    const index = Math.min(Math.max(next, 0), last)
    const row = snapshot.at(index)
    if (row === undefined) return
    setChosen(row.id)
    virtual.scrollToIndex(index, { align: "auto" })
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Escape: () => setChosen(undefined),
    ...(place === undefined ? {} : {
      Enter: () => {
        const row = snapshot.at(place)
        if (row === undefined) return
        void (row.direction === "outbound"
          ? navigate({ to: "/messages/$id", params: { id: row.id } })
          : navigate({ to: "/received/$ref", params: { ref: `${row.message.ref.carrierId}:${row.message.ref.id}` } }))
      }
    })
  })

  if (snapshot.error !== undefined) return <Failed error={snapshot.error} retry={list.retry} />
  if (snapshot.count === 0) return null
  return (
    <div
      ref={holder}
      className="rows"
      role="list"
      aria-label="Messages"
      data-count={snapshot.count}
      style={{ height: virtual.getTotalSize() }}
    >
      {items.map(({ index, start }) => {
        const row = snapshot.at(index)
        return (
          <MessageRow
            // what has the focus keeps it when rows come on top
            key={index - snapshot.fresh}
            row={row}
            index={index}
            total={snapshot.isCutOff || snapshot.total === undefined ? -1 : snapshot.total}
            isChosen={row !== undefined && row.id === chosen}
            top={start - top}
            height={height}
          />
        )
      })}
    </div>
  )
}

const Shown = ({ list }: { readonly list: PagedList<Row> }) => {
  const { count, error, isCutOff, isDone, isFirst, lookedTo, total } = useSyncExternalStore(list.subscribe, list.snapshot)
  if (isFirst) return error === undefined ? <Loading what="the messages" /> : null
  if (isDone && count === 0) return null
  if (lookedTo !== undefined && error === undefined) {
    return (
      <p className="note" role="status">
        <span className="pulse" aria-hidden="true" />
        No index has statuses, so every send is looked at. The search is at <Time at={lookedTo} />. Choose a time to search less.
      </p>
    )
  }
  return (
    <p className="note" aria-live="polite">
      {total === undefined ? "" : `${isCutOff ? "More than " : ""}${formatCount(total)} ${total === 1 ? "message" : "messages"}`}
    </p>
  )
}

const Nothing = ({ filters, list }: { readonly list: PagedList<Row>; readonly filters: Filters }) => {
  const { count, isDone } = useSyncExternalStore(list.subscribe, list.snapshot)
  const sandbox = useSandbox()
  if (!isDone || count > 0) return null
  return Object.keys(filters).length === 0
    ? (
      <Empty title="No message has passed through yet">
        {sandbox.data === "there"
          ? (
            <>
              <Link to="/try">Try it</Link>: write to a person of the sandbox, break a vendor, and see one copy.
            </>
          )
          : (
            <>
              Send one with <code>POST /v1/send</code>, or <Link to="/plan">see what a draft would do</Link>.
            </>
          )} It appears here by itself.
      </Empty>
    )
    : (
      <Empty title="No message fits these filters">
        <Link to="/messages" search={{}}>Clear the filters</Link> to see all messages.
      </Empty>
    )
}

export const Messages = () => {
  const filters = useSearch({ from: "/messages" })
  const { people } = useAccess()
  const conditions = useConditions(filters)
  const list = useMessageList(conditions, people)
  return (
    <>
      <Head title="Messages">What passed through, both ways, the newest first.</Head>
      <OverTime filters={filters} />
      <MessageFilters filters={filters} />
      <Shown list={list} />
      <HiddenPeople />
      <Nothing list={list} filters={filters} />
      <Rows key={JSON.stringify(filters)} list={list} />
    </>
  )
}
