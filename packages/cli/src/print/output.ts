/** Prints what a command has to say: a page for people, one JSON document, or a JSON line for each entry. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Host from "../grammar/host.ts"

/** What people see of a value, on a terminal with so many columns. */
type Page<A> = (value: A, columns: number) => string

const printPage = <A>(value: A, page: Page<A>): Effect.Effect<void> =>
  Effect.flatMap(Host.Host, ({ columns }) => Console.log(page(value, columns)))

/** One document, with the times and the fields of the gateway's API. */
export const printOne = <A, I>(
  { json }: { readonly json: boolean },
  schema: Schema.Schema<A, I>,
  value: A,
  page: Page<A>
): Effect.Effect<void> =>
  json
    ? Effect.flatMap(Effect.orDie(Schema.encode(schema)(value)), (encoded) => Console.log(JSON.stringify(encoded)))
    : printPage(value, page)

export interface ListFlags {
  readonly json: boolean
  readonly jsonl: boolean
}

/** A list that is there as a whole. */
export const printList = <A, I>(
  flags: ListFlags,
  schema: Schema.Schema<A, I>,
  items: ReadonlyArray<A>,
  page: Page<ReadonlyArray<A>>
): Effect.Effect<void> => printPages(flags, schema, Stream.succeed({ items, next: Option.none() }), page)

export interface ListPage<A> {
  readonly items: ReadonlyArray<A>
  /** Where the list goes on. */
  readonly next: Option.Option<string>
}

/** A list that comes in pages. Lines are printed page by page, so that they need no memory. */
export const printPages = <A, I, E, R>(
  { json, jsonl }: ListFlags,
  schema: Schema.Schema<A, I>,
  pages: Stream.Stream<ListPage<A>, E, R>,
  page: Page<ReadonlyArray<A>>
): Effect.Effect<void, E, R> => {
  const encode = (item: A) => Effect.orDie(Schema.encode(schema)(item))
  if (jsonl) {
    return Stream.runForEach(
      pages,
      ({ items }) =>
        Effect.forEach(items, (item) => Effect.flatMap(encode(item), (encoded) => Console.log(JSON.stringify(encoded))), { discard: true })
    )
  }
  return Effect.flatMap(Stream.runCollect(pages), (chunk) => {
    const all = Array.from(chunk)
    const items = all.flatMap(({ items }) => items)
    const next = Option.flatMap(Option.fromNullable(all.at(-1)), ({ next }) => next)
    if (json) {
      return Effect.flatMap(
        Effect.forEach(items, encode),
        (encoded) =>
          Console.log(JSON.stringify({ items: encoded, ...Option.match(next, { onNone: () => ({}), onSome: (next) => ({ next }) }) }))
      )
    }
    return Effect.zipRight(
      // a page without entries is a text of ours
      Effect.flatMap(Host.Host, ({ asCalled, columns }) => {
        const text = page(items, columns)
        return Console.log(items.length === 0 ? asCalled(text) : text)
      }),
      Option.isSome(next) ? Console.error(`There is more: give a higher --limit, or --cursor ${next.value}`) : Effect.void
    )
  })
}

/** Reads at most `limit` entries, a hundred at a time. */
export const readPages = <A, E>(
  limit: number,
  cursor: Option.Option<string>,
  fetch: (
    page: { readonly limit: number; readonly cursor?: string }
  ) => Effect.Effect<{ readonly items: ReadonlyArray<A>; readonly next?: string | undefined }, E>
): Stream.Stream<ListPage<A>, E> =>
  Stream.paginateEffect({ left: limit, cursor }, ({ cursor, left }) =>
    Effect.map(
      fetch({ limit: Math.min(100, left), ...Option.match(cursor, { onNone: () => ({}), onSome: (cursor) => ({ cursor }) }) }),
      ({ items, next: given }) => {
        const next = Option.fromNullable(given)
        const rest = left - items.length
        return [{ items, next }, Option.isSome(next) && rest > 0 ? Option.some({ left: rest, cursor: next }) : Option.none()] as const
      }
    ))
