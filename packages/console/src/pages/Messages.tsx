/** Every message, both ways, the newest first, with filters and counts over time. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router"
import { useWindowVirtualizer } from "@tanstack/react-virtual"
import { lazy, type ReactNode, Suspense, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react"
import { get, type Query } from "../api/client.ts"
import { useLiveBurst } from "../api/live.ts"
import { PagedList, pageSize } from "../api/PagedList.ts"
import { useFresh, useRead } from "../api/queries.ts"
import { useAccess } from "../api/session.tsx"
import type { Counts, Delivery, Page, Row } from "../api/wire.ts"
import { Empty, Failed, Head, Loading } from "../parts/basics.tsx"
import { useKeys } from "../parts/keys.ts"
import { type Filters, MessageFilters, type Range, toConditions } from "./messages/MessageFilters.tsx"
import { MessageRow } from "./messages/MessageRow.tsx"

// the list is there before its plot, and without it where the browser cannot draw it
const NoPlot = (_: { readonly counts: Counts; readonly every: "minute" | "hour" | "day" }): ReactNode => null

const CountsPlot = lazy(() =>
  import("./messages/CountsPlot.tsx").then(({ CountsPlot }) => ({ default: CountsPlot }), () => ({ default: NoPlot }))
)

const spans: Record<Range, "minute" | "hour" | "day"> = {
  "1h": "minute",
  "24h": "hour",
  "7d": "hour",
  "30d": "day",
  custom: "day",
  all: "hour"
}

const OverTime = ({ filters }: { readonly filters: Filters }) => {
  const conditions = useConditions(filters)
  const range = (filters.range ?? "all") as Range
  const query = { ...conditions, every: spans[range] }
  const counts = useRead<Counts>("/v1/messages/counts", { query })
  useFresh(["/v1/messages/counts"], ["Received", "Concluded", "Status", "Held", "Settled"])
  if (counts.data === undefined) return <div className="plot" aria-hidden="true" />
  return (
    <Suspense fallback={<div className="plot" aria-hidden="true" />}>
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

const useMessageList = (conditions: Query, people: boolean): PagedList<Row> => {
  const list = useMemo(
    () =>
      new PagedList<Row>((cursor, signal) =>
        get<Page<Row>>("/v1/messages", {
          query: { ...conditions, limit: pageSize, ...(cursor === undefined ? {} : { cursor, total: "none" }) },
          people,
          signal
        })
      ),
    [conditions, people]
  )
  useEffect(() => () => list.close(), [list])
  useLiveBurst(
    ({ deliveryId, type }) => type === "Received" || deliveryId !== undefined,
    (events) => {
      const head = get<Page<Row>>("/v1/messages", { query: { ...conditions, limit: pageSize, total: "none" }, people })
      const refreshed = head.then(({ items }) => {
        list.refresh(items)
        return new Set(items.map(({ id }) => id))
      })
      void refreshed.then(async (known) => {
        const older = new Set(
          events.flatMap(({ deliveryId }) => deliveryId !== undefined && !known.has(deliveryId) && list.has(deliveryId) ? [deliveryId] : [])
        )
        const rows = await Promise.all(Array.from(older).slice(0, 10).map((id) => get<Delivery>(`/v1/deliveries/${id}`, { people })))
        if (rows.length > 0) list.replace(rows)
      }).catch(() => {})
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
  const [chosen, setChosen] = useState(-1)
  const navigate = useNavigate()
  useLayoutEffect(() => {
    const measure = (): void => setTop((holder.current?.getBoundingClientRect().top ?? 0) + window.scrollY)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [])
  const height = isNarrow ? 68 : 44
  const virtual = useWindowVirtualizer({ count: snapshot.count, estimateSize: () => height, overscan: 12, scrollMargin: top })
  useEffect(() => virtual.measure(), [height, virtual])
  const items = virtual.getVirtualItems()
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0]
  useEffect(() => list.show(first, last), [list, first, last, snapshot.count])

  const move = (by: number): void => {
    const next = Math.min(Math.max(chosen + by, 0), snapshot.count - (snapshot.isDone ? 1 : 2))
    setChosen(next)
    virtual.scrollToIndex(next, { align: "auto" })
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Escape: () => setChosen(-1),
    ...(chosen < 0 ? {} : {
      Enter: () => {
        const row = snapshot.at(chosen)
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
      {items.map(({ index, start }) => (
        <MessageRow
          key={index}
          row={snapshot.at(index)}
          index={index}
          total={snapshot.total ?? snapshot.count}
          isChosen={index === chosen}
          top={start - top}
          height={height}
        />
      ))}
    </div>
  )
}

const Shown = ({ list }: { readonly list: PagedList<Row> }) => {
  const { count, isDone, isFirst, total } = useSyncExternalStore(list.subscribe, list.snapshot)
  if (isFirst) return <Loading what="the messages" />
  if (isDone && count === 0) return null
  return (
    <p className="note" aria-live="polite">
      {total === undefined ? "" : `${total.toLocaleString()} ${total === 1 ? "message" : "messages"}`}
    </p>
  )
}

const Nothing = ({ filters, list }: { readonly list: PagedList<Row>; readonly filters: Filters }) => {
  const { count, isDone } = useSyncExternalStore(list.subscribe, list.snapshot)
  if (!isDone || count > 0) return null
  return Object.keys(filters).length === 0
    ? (
      <Empty title="No message has passed through yet">
        Send one with <code>POST /v1/send</code>, or <Link to="/plan">see what a draft would do</Link>. It appears here by itself.
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
      <Nothing list={list} filters={filters} />
      <Rows key={JSON.stringify(filters)} list={list} />
    </>
  )
}
