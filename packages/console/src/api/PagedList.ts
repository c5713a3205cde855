/** A long list of the archive, page by page. Only the pages near the reader are kept, so that memory stays the same however long the list is. */
import { ApiError } from "./client.ts"
import type { Page } from "./wire.ts"

export const pageSize = 100

/** How many pages are kept on each side of the one that is read. */
const keptAround = 4

/** More new rows than these are not put on top of the list; the list begins anew. */
const mostFresh = 400

interface Snapshot<Item> {
  /** How many rows can be shown or asked for. */
  readonly count: number
  readonly total: number | undefined
  /** Whether there are more than `total`. */
  readonly isCutOff: boolean
  readonly isDone: boolean
  /** How far a search is that goes on by itself. */
  readonly lookedTo: string | undefined
  readonly error: ApiError | undefined
  readonly isFirst: boolean
  /** How many rows came on top since the list began. */
  readonly fresh: number
  /** The row at a place; `undefined` while its page is not here. */
  readonly at: (index: number) => Item | undefined
  /** The place of a row; `undefined` if its page is not here. */
  readonly placeOf: (id: string) => number | undefined
}

interface Place {
  readonly cursor: string | undefined
  readonly limit: number
  /** Whether to say how many rows there are in all. */
  readonly isCounted: boolean
}

type Fetch<Item> = (place: Place, signal: AbortSignal) => Promise<Page<Item>>

export class PagedList<Item extends { readonly id: string; readonly at: string }> {
  readonly #fetch: Fetch<Item>
  #stop = new AbortController()
  readonly #watchers = new Set<() => void>()
  readonly #asked = new Map<number, Promise<void>>()
  #cursors: Array<string | undefined> = [undefined]
  #pages = new Map<number, ReadonlyArray<Item>>()
  #fresh: ReadonlyArray<Item> = []
  #lastSize = 0
  #isDone = false
  #lookedTo: string | undefined
  #total: number | undefined
  #isCutOff = false
  #error: ApiError | undefined
  /** The page that could not be read. */
  #failed = 0
  #snapshot: Snapshot<Item>

  constructor(fetch: Fetch<Item>) {
    this.#fetch = fetch
    this.#snapshot = this.#draw()
  }

  readonly subscribe = (watcher: () => void): () => void => {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  readonly snapshot = (): Snapshot<Item> => this.#snapshot

  /** Makes sure that the pages of these rows are here, and forgets those that are far away. */
  readonly show = (first: number, last: number): void => {
    const [from, to] = [this.#pageOf(first), this.#pageOf(last)]
    for (let page = from; page <= to; page += 1) this.#load(page)
    for (const page of this.#pages.keys()) {
      // the first page read anew would begin with newer rows than the second one goes on from
      if (page !== 0 && (page < from - keptAround || page > to + keptAround)) this.#pages.delete(page)
    }
  }

  readonly retry = (): void => {
    this.#error = undefined
    this.#load(this.#failed)
    this.#publish()
  }

  /** Ends what is being read. The list may be used again. */
  readonly close = (): void => {
    this.#stop.abort()
    this.#stop = new AbortController()
    this.#asked.clear()
  }

  /** Reads the newest rows: puts new ones on top, and replaces those that changed. The result is all that were read. */
  readonly readNew = async (): Promise<ReadonlyArray<Item>> => {
    // rows come on top of a page that is here
    await this.#asked.get(0)
    const head = await this.#fetch({ cursor: undefined, limit: pageSize, isCounted: false }, this.#stop.signal)
    this.#refresh(head)
    return head.items
  }

  /** Reads everything that is here again. */
  readonly readAgain = async (): Promise<void> => {
    if (this.#error !== undefined) return this.retry()
    const older = Array.from(this.#pages.keys()).filter((page) => page !== 0)
    const pages = await Promise.all(older.map((page) => this.#fetchWhole(this.#cursors[page], false, this.#stop.signal)))
    await this.readNew()
    for (const { items } of pages) this.replace(items)
  }

  #refresh({ items: head, lookedTo }: Page<Item>): void {
    const known = new Set(this.#fresh.map(({ id }) => id))
    for (const page of this.#pages.values()) for (const { id } of page) known.add(id)
    const added: Array<Item> = []
    // what is not known stands on top only if it is newer than the first row that is
    for (const item of head) {
      if (known.has(item.id)) break
      added.push(item)
    }
    const first = this.#pages.get(0)
    // with a filter, a row that changed may belong between others now, or nowhere
    const top = [...added, ...this.#fresh, ...(first ?? [])]
    const isOther = first !== undefined && top.slice(0, head.length).some(({ id }, place) => id !== head[place]?.id)
    const searched = lookedTo === undefined ? top : top.filter(({ at }) => at >= lookedTo)
    const isShorter = first !== undefined && head.length < pageSize && head.length < searched.length
    const isFar = first !== undefined && added.length === head.length && head.length === pageSize
    if (isOther || isShorter || isFar || this.#fresh.length + added.length > mostFresh) return this.#begin()
    if (first !== undefined || this.#fresh.length > 0) {
      this.#fresh = [...added, ...this.#fresh]
      if (this.#total !== undefined) this.#total += added.length
    }
    this.replace(head)
  }

  readonly replace = (items: ReadonlyArray<Item>): void => {
    const newer = new Map(items.map((item) => [item.id, item]))
    const update = (rows: ReadonlyArray<Item>): ReadonlyArray<Item> =>
      rows.some(({ id }) => newer.has(id)) ? rows.map((row) => newer.get(row.id) ?? row) : rows
    this.#fresh = update(this.#fresh)
    for (const [page, rows] of this.#pages) this.#pages.set(page, update(rows))
    this.#publish()
  }

  #begin(): void {
    this.close()
    this.#error = undefined
    this.#cursors = [undefined]
    this.#pages = new Map()
    this.#fresh = []
    this.#isDone = false
    this.#lookedTo = undefined
    this.#total = undefined
    this.#load(0)
  }

  #pageOf(index: number): number {
    return Math.min(Math.max(0, Math.floor((index - this.#fresh.length) / pageSize)), this.#cursors.length - 1)
  }

  #load(page: number): void {
    if (this.#pages.has(page) || this.#asked.has(page) || this.#error !== undefined || page >= this.#cursors.length) return
    this.#asked.set(page, this.#read(page, this.#stop.signal))
  }

  /** Reads a page. A search, which is not counted, may end before its page is full, and then goes on from there. */
  async #fetchWhole(
    cursor: string | undefined,
    isCounted: boolean,
    signal: AbortSignal,
    show: (page: Page<Item>) => void = () => undefined
  ): Promise<Page<Item>> {
    let page = await this.#fetch({ cursor, limit: pageSize, isCounted }, signal)
    while (page.next !== undefined && page.items.length < pageSize && !signal.aborted) {
      show(page)
      const { items, ...more } = await this.#fetch({ cursor: page.next, limit: pageSize - page.items.length, isCounted: false }, signal)
      page = { ...more, items: [...page.items, ...items] }
    }
    return page
  }

  async #read(page: number, signal: AbortSignal): Promise<void> {
    const isLast = page === this.#cursors.length - 1
    const show = ({ items, lookedTo }: Page<Item>): void => {
      if (signal.aborted || !isLast) return
      this.#pages.set(page, items)
      this.#lastSize = items.length
      this.#lookedTo = lookedTo
      this.#publish()
    }
    try {
      const answer = await this.#fetchWhole(this.#cursors[page], page === 0, signal, show)
      if (signal.aborted) return
      this.#pages.set(page, answer.items)
      this.#lookedTo = undefined
      if (page === 0) {
        this.#total = answer.total
        this.#isCutOff = answer.totalIs === "at-least"
      }
      if (isLast) {
        this.#lastSize = answer.items.length
        this.#isDone = answer.next === undefined
        if (answer.next !== undefined) this.#cursors.push(answer.next)
      }
    } catch (error) {
      if (signal.aborted) return
      if (this.#lookedTo !== undefined) this.#pages.delete(page)
      this.#lookedTo = undefined
      this.#failed = page
      this.#error = error instanceof ApiError ? error : new ApiError(0, {}, undefined)
    } finally {
      if (!signal.aborted) this.#asked.delete(page)
    }
    this.#publish()
  }

  #publish(): void {
    this.#snapshot = this.#draw()
    for (const watcher of this.#watchers) watcher()
  }

  #draw(): Snapshot<Item> {
    const known = this.#cursors.length
    const old = this.#isDone || this.#lookedTo !== undefined ? (known - 1) * pageSize + this.#lastSize : (known - 1) * pageSize
    const fresh = this.#fresh
    return {
      // a row that is not here yet asks for its page
      count: fresh.length + old + (this.#isDone ? 0 : 1),
      total: this.#total,
      isCutOff: this.#isCutOff,
      isDone: this.#isDone,
      lookedTo: this.#lookedTo,
      error: this.#error,
      isFirst: !this.#isDone && known === 1 && this.#lookedTo === undefined,
      fresh: fresh.length,
      at: (index) => {
        if (index < fresh.length) return fresh[index]
        const place = index - fresh.length
        return this.#pages.get(Math.floor(place / pageSize))?.[place % pageSize]
      },
      placeOf: (id) => {
        const top = fresh.findIndex((row) => row.id === id)
        if (top !== -1) return top
        for (const [page, rows] of this.#pages) {
          const place = rows.findIndex((row) => row.id === id)
          if (place !== -1) return fresh.length + page * pageSize + place
        }
        return undefined
      }
    }
  }
}
