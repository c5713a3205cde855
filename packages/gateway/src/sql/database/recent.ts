/** What was used lately, by name: at least the newest `capacity`, at most twice as many. */
export interface Recent<A> {
  readonly get: (name: string) => A | undefined
  readonly set: (name: string, value: A) => void
}

export const make = <A>(capacity: number): Recent<A> => {
  let young = new Map<string, A>()
  let old = new Map<string, A>()
  return {
    get: (name) => young.get(name) ?? old.get(name),
    set: (name, value) => {
      if (young.size >= capacity) {
        old = young
        young = new Map()
      }
      young.set(name, value)
    }
  }
}
