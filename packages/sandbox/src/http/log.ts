/** Keeps the latest entries of a log. Older entries are dropped, so that a sandbox can run for days. */

/** The least number of entries that are kept. */
export const kept = 20_000

const slack = 2000

export const push = <A>(log: Array<A>, entry: A): void => {
  log.push(entry)
  if (log.length > kept + slack) log.splice(0, slack)
}
