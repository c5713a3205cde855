/** Reads of the API, cached by address and by whether people are shown. */
import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query"
import { get, type Query } from "./client.ts"
import { useLiveBurst } from "./live.ts"
import { useAccess } from "./session.tsx"

interface Options {
  readonly query?: Query
  readonly enabled?: boolean
  /** How often it is read again, in milliseconds (default: only by events). */
  readonly every?: number
  /** Shows the people of this read, whatever the switch says. */
  readonly people?: boolean
}

export const useRead = <A>(path: string, { enabled = true, every, people: always, query = {} }: Options = {}): UseQueryResult<A> => {
  const access = useAccess()
  const people = always ?? access.people
  return useQuery({
    queryKey: [path, query, people],
    queryFn: ({ signal }) => get<A>(path, { query, people, signal }),
    enabled,
    // what is shown meanwhile is of the same address, and hides people if they are hidden now
    placeholderData: (before, query) => query?.queryKey[0] === path && (people || query.queryKey[2] === false) ? before : undefined,
    ...(every === undefined ? {} : { refetchInterval: every })
  })
}

/** Reads these addresses again after events of these types. */
export const useFresh = (paths: ReadonlyArray<string>, types: ReadonlyArray<string>, deliveryId?: string): void => {
  const queries = useQueryClient()
  useLiveBurst(
    (event) => types.includes(event.type) && (deliveryId === undefined || event.deliveryId === deliveryId),
    () => {
      for (const path of paths) void queries.invalidateQueries({ queryKey: [path] })
    }
  )
}

/** Whether the gateway runs over its own sandbox. */
export const useSandbox = (): boolean | undefined => {
  const probe = useQuery({
    queryKey: ["/sandbox/"],
    queryFn: () => get<unknown>("/sandbox/").then(() => true, () => false),
    staleTime: Number.POSITIVE_INFINITY
  })
  return probe.data
}
