/** What happened, for whoever asks: the latest of it, so that a sandbox can run for days. */

/** At least so many are kept. */
export const kept = 20_000

const slack = 2000

export const push = <A>(log: Array<A>, entry: A): void => {
  log.push(entry)
  if (log.length > kept + slack) log.splice(0, slack)
}
