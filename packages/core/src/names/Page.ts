/** A piece of a list, and how to ask for the next one. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/**
 * `next` is opaque: pass it back unchanged to the same operation at the same carrier. Absent at the end.
 *
 * @category models
 */
export interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly next: Option.Option<string>
  readonly total: Option.Option<number>
}

/**
 * How many items a page may hold, and where it starts. Carriers cap `limit` at 100.
 *
 * @category models
 */
export interface PageRequest {
  readonly cursor?: string
  readonly limit?: number
}

/**
 * Every item, page after page. Items are deduplicated by `key`, because vendors' offsets drift while a list grows; at most
 * the last 10,000 keys are remembered. A page whose `next` is where it started itself is the last.
 *
 * @category combinators
 */
export const stream = <A, E, R>(
  load: (page: PageRequest) => Effect.Effect<Page<A>, E, R>,
  key: (item: A) => string,
  limit?: number
): Stream.Stream<A, E, R> =>
  Stream.suspend(() => {
    const seen = new Set<string>()
    const fresh = (item: A): boolean => {
      const id = key(item)
      if (seen.has(id)) return false
      seen.add(id)
      if (seen.size > 10_000) {
        for (const oldest of seen) {
          seen.delete(oldest)
          break
        }
      }
      return true
    }
    return Stream.paginateChunkEffect(Option.none<string>(), (cursor) =>
      Effect.map(
        load({
          ...(Option.isSome(cursor) ? { cursor: cursor.value } : {}),
          ...(limit === undefined ? {} : { limit })
        }),
        (page) =>
          [
            Chunk.fromIterable(page.items.filter(fresh)),
            Option.map(Option.filter(page.next, (next) => Option.isNone(cursor) || next !== cursor.value), Option.some)
          ] as const
      ))
  })
