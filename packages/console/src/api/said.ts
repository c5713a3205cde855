/** What was done last, for people. */
import { useSyncExternalStore } from "react"

/** How long it is shown, in milliseconds. */
const shown = 8_000

const watchers = new Set<() => void>()
let said = ""
let timer: ReturnType<typeof setTimeout> | undefined

const set = (sentence: string): void => {
  said = sentence
  for (const watcher of watchers) watcher()
}

/** Shows a sentence on every page for a while. */
export const say = (sentence: string): void => {
  clearTimeout(timer)
  set(sentence)
  timer = setTimeout(() => set(""), shown)
}

export const useSaid = (): string =>
  useSyncExternalStore((watcher) => {
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }, () => said)
