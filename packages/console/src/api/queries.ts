/** Reads of the API, cached by address and by whether people are shown. */
import { type QueryClient, type QueryFilters, useInfiniteQuery, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query"
import { useState } from "react"
import { get, type Query } from "./client.ts"
import { type LiveType, useLive } from "./live.ts"
import { say } from "./said.ts"
import { useAccess } from "./session.tsx"
import type { Page } from "./wire.ts"

interface Options<A = unknown> {
  readonly query?: Query
  readonly enabled?: boolean
  /** How often it is read again, in milliseconds (default: only by events). It may depend on what was read. */
  readonly every?: number | ((data: A | undefined) => number | false)
  /** Shows the people of this read, whatever the switch says. */
  readonly people?: boolean
}

export const useRead = <A>(path: string, { enabled = true, every, people: always, query = {} }: Options<A> = {}): UseQueryResult<A> => {
  const access = useAccess()
  const people = always ?? access.people
  return useQuery<A>({
    queryKey: [path, query, people],
    queryFn: ({ signal }) => get<A>(path, { query, people, signal }),
    enabled,
    // what is shown meanwhile is of the same address, and hides people if they are hidden now
    placeholderData: (before, query) => query?.queryKey[0] === path && (people || query.queryKey[2] === false) ? before : undefined,
    ...(every === undefined ? {} : { refetchInterval: typeof every === "number" ? every : ({ state }) => every(state.data) })
  })
}

/** A list whose pages are read one after the other. */
export interface Pages<Item> {
  readonly read: { readonly data: ReadonlyArray<Item> | undefined; readonly error: unknown; readonly refetch: () => unknown }
  /** What the first page says of the whole list. */
  readonly first: Page<Item> | undefined
  readonly hasMore: boolean
  readonly isReadingMore: boolean
  readonly readMore: () => void
}

/** Reads the first page of a list, and more when it is asked. */
export const usePages = <Item>(
  path: string,
  { enabled = true, people: always, query = {} }: Pick<Options, "enabled" | "people" | "query"> = {}
): Pages<Item> => {
  const access = useAccess()
  const people = always ?? access.people
  const { data, error, fetchNextPage, hasNextPage, isFetchingNextPage, refetch } = useInfiniteQuery({
    queryKey: [path, "pages", query, people],
    queryFn: ({ pageParam, signal }) => get<Page<Item>>(path, { query: { limit: 100, ...query, cursor: pageParam }, people, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    enabled
  })
  return {
    read: { data: data?.pages.flatMap(({ items }) => items), error, refetch },
    first: data?.pages[0],
    hasMore: hasNextPage,
    isReadingMore: isFetchingNextPage,
    readMore: () => void fetchNextPage()
  }
}

/** Reads again after an event. A read that has begun comes to its end first, because it may be older than the event. */
const readAgain = async (queries: QueryClient, filters: QueryFilters): Promise<void> => {
  const goOn = { cancelRefetch: false }
  await queries.refetchQueries({ ...filters, type: "active", fetchStatus: "fetching" }, goOn)
  await queries.invalidateQueries(filters, goOn)
}

/** Reads these addresses again after events of these types. */
export const useFresh = (paths: ReadonlyArray<string>, types: ReadonlyArray<LiveType>, deliveryId?: string): void => {
  const queries = useQueryClient()
  useLive(
    (event) => types.some((type) => type === event.type) && (deliveryId === undefined || event.deliveryId === deliveryId),
    ({ events }) => events.length === 0 ? Promise.resolve() : Promise.all(paths.map((path) => readAgain(queries, { queryKey: [path] })))
  )
}

/** Reads all that is shown again when events may have been missed. */
export const useNothingMissed = (): void => {
  const queries = useQueryClient()
  useLive(() => false, () => readAgain(queries, {}))
}

interface Acting {
  readonly isBusy: boolean
  /** Why the last act failed. */
  readonly error: unknown
  /** Does something, says on the page what happened, and reads all that is shown again. The result is whether it was done. */
  readonly act: (run: () => Promise<unknown>, said?: string) => Promise<boolean>
}

export const useAct = (): Acting => {
  const queries = useQueryClient()
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const act: Acting["act"] = async (run, said) => {
    setBusy(true)
    setError(undefined)
    try {
      await run()
      if (said !== undefined) say(said)
      return true
    } catch (failure) {
      setError(failure)
      return false
    } finally {
      setBusy(false)
      // an act that failed may be done
      void queries.invalidateQueries()
    }
  }
  return { act, error, isBusy }
}

interface FormKeys {
  readonly of: (content: unknown) => string
  readonly forget: () => void
}

/**
 * The keys under which the gateway does what a form says once: the same key while the form says the same, so that a repetition after a lost answer
 * does nothing more.
 */
export const useFormKeys = (): FormKeys => {
  const [keys] = useState(() => new Map<string, string>())
  return {
    of: (content) => {
      const text = JSON.stringify(content)
      const key = keys.get(text) ?? crypto.randomUUID()
      keys.set(text, key)
      return key
    },
    forget: () => keys.clear()
  }
}
