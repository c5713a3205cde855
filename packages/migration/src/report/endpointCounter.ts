/** Counts calls by endpoint, and the requests of the other vendor that they become. */

export interface EndpointCounter {
  readonly add: (endpoint: string, becomes: ReadonlyArray<string>) => void
  /** The most frequent first. */
  readonly list: () => ReadonlyArray<{ readonly endpoint: string; readonly count: number; readonly becomes: ReadonlyArray<string> }>
}

export const make = (): EndpointCounter => {
  const endpoints = new Map<string, { count: number; readonly becomes: Set<string> }>()
  return {
    add: (endpoint, becomes) => {
      const counted = endpoints.get(endpoint) ?? { count: 0, becomes: new Set() }
      counted.count += 1
      for (const request of becomes) counted.becomes.add(request)
      endpoints.set(endpoint, counted)
    },
    list: () =>
      Array.from(endpoints, ([endpoint, { becomes, count }]) => ({ endpoint, count, becomes: [...becomes].sort() }))
        .sort((one, other) => other.count - one.count)
  }
}
