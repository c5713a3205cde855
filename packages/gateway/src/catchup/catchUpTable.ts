/**
 * The table `interline_catch_up`: for each carrier, the time until which all its events are known. This file also looks up in other tables
 * which events are known already.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { CarrierId } from "@interline/core/CarrierId"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Digest from "@interline/sql/Digest"
import * as Store from "@interline/sql/Store"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** Times are in epoch milliseconds. */
export interface Row {
  readonly carrier_id: string
  /** The time until which every event came by webhook or was read back. */
  readonly heard_at: number | null
  /** The time at which the carrier's list of opt-outs was read. */
  readonly listed_at: number | null
  /** The time from which events may be missing. */
  readonly gap_at: number | null
  /** The time until which they may be missing, as far as it is known. `open`: they go on missing. It says nothing without `gap_at`. */
  readonly gap_until: number | null
  /** The time, by the vendor's clock, until which everything was read that the carrier's feed may have left out. */
  readonly feed_at: number | null
  /** When the feed last showed that it is alive. Everything that it told before is recorded. */
  readonly feed_seen_at: number | null
}

type Status = MessagingEvent & { readonly _tag: "Status" }

/** The end of a gap that has not ended: the last time that there is. */
export const open = 8.64e15

export interface CatchUpTable {
  readonly find: (carrierId: CarrierId) => Effect.Effect<Row | undefined>
  /** Records that every event until `at` came by webhook. It changes nothing while there is a gap, which another process may have recorded. */
  readonly recordHeard: (carrierId: CarrierId, at: number) => Effect.Effect<void>
  /** Records that every event between two times was read. It ends a gap that lies between them. What may be missing later stays a gap. */
  readonly recordRead: (carrierId: CarrierId, from: number, until: number) => Effect.Effect<void>
  readonly recordListed: (carrierId: CarrierId, at: number) => Effect.Effect<void>
  /** Records that events may be missing between two times. A gap that is recorded becomes longer. */
  readonly recordGap: (carrierId: CarrierId, from: number, until: number) => Effect.Effect<void>
  /** Records that no events go missing since `at`, if there is a gap that has not ended. */
  readonly endGap: (carrierId: CarrierId, at: number) => Effect.Effect<void>
  /** Records until which time, by the vendor's clock, everything was read. If a later time is recorded, the later time stays. */
  readonly recordFeed: (carrierId: CarrierId, at: number) => Effect.Effect<void>
  /** Records that the feed is alive. If a later time is recorded, the later time stays. */
  readonly recordFeedSeen: (carrierId: CarrierId, at: number) => Effect.Effect<void>
  /** The time at which the carrier's last webhook came. The `skipped` newest events are left out. */
  readonly findLastWebhook: (carrierId: CarrierId, skipped?: number) => Effect.Effect<number | undefined>
  /** The ids (as digests) of those events that came by webhook or were read back before. */
  readonly findKnownIds: (carrierId: CarrierId, events: ReadonlyArray<MessagingEvent>) => Effect.Effect<ReadonlySet<string>>
  /** Whether this status of the message is known already. */
  readonly isHeard: (event: Status) => Effect.Effect<boolean>
}

const decodeFact = Schema.decodeUnknownOption(Schema.parseJson(DeliveryStatus.StatusFact))

export const make: Effect.Effect<CatchUpTable, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => ({
  find: (carrierId) =>
    Store.runStatement(
      "CatchUp.read",
      Effect.map(
        sql<
          Row
        >`SELECT carrier_id, heard_at, listed_at, gap_at, gap_until, feed_at, feed_seen_at FROM interline_catch_up WHERE carrier_id = ${carrierId}`,
        ([row]) => row
      )
    ),
  recordHeard: (carrierId, at) =>
    Effect.asVoid(Store.runStatement(
      "CatchUp.write",
      sql`INSERT INTO interline_catch_up (carrier_id, heard_at) VALUES (${carrierId}, ${at})
        ON CONFLICT (carrier_id) DO UPDATE SET heard_at = excluded.heard_at WHERE interline_catch_up.gap_at IS NULL`
    )),
  recordRead: (carrierId, from, until) =>
    Effect.asVoid(Store.runStatement(
      "CatchUp.write",
      sql`INSERT INTO interline_catch_up AS known (carrier_id, heard_at) VALUES (${carrierId}, ${until})
        ON CONFLICT (carrier_id) DO UPDATE SET heard_at = excluded.heard_at, gap_at = CASE
          WHEN known.gap_at < ${from} THEN known.gap_at
          WHEN known.gap_at > excluded.heard_at THEN known.gap_at
          WHEN known.gap_until > excluded.heard_at THEN excluded.heard_at
        END`
    )),
  recordListed: (carrierId, at) =>
    Effect.asVoid(Store.runStatement(
      "CatchUp.write",
      sql`INSERT INTO interline_catch_up (carrier_id, listed_at) VALUES (${carrierId}, ${at})
        ON CONFLICT (carrier_id) DO UPDATE SET listed_at = excluded.listed_at`
    )),
  recordGap: (carrierId, from, until) =>
    Effect.asVoid(Store.runStatement(
      "CatchUp.write",
      sql`INSERT INTO interline_catch_up AS known (carrier_id, gap_at, gap_until) VALUES (${carrierId}, ${from}, ${until})
        ON CONFLICT (carrier_id) DO UPDATE SET
          gap_at = CASE WHEN known.gap_at < excluded.gap_at THEN known.gap_at ELSE excluded.gap_at END,
          gap_until = CASE
            WHEN known.gap_at IS NOT NULL AND known.gap_until > excluded.gap_until THEN known.gap_until
            ELSE excluded.gap_until
          END`
    )),
  endGap: (carrierId, at) =>
    Effect.asVoid(Store.runStatement(
      "CatchUp.write",
      sql`UPDATE interline_catch_up SET gap_until = ${at} WHERE carrier_id = ${carrierId} AND gap_until = ${open}`
    )),
  recordFeed: (carrierId, at) =>
    Effect.asVoid(Store.runStatement(
      "CatchUp.write",
      sql`INSERT INTO interline_catch_up (carrier_id, feed_at) VALUES (${carrierId}, ${at})
        ON CONFLICT (carrier_id) DO UPDATE SET feed_at = excluded.feed_at
        WHERE interline_catch_up.feed_at IS NULL OR interline_catch_up.feed_at < excluded.feed_at`
    )),
  recordFeedSeen: (carrierId, at) =>
    Effect.asVoid(Store.runStatement(
      "CatchUp.write",
      sql`INSERT INTO interline_catch_up (carrier_id, feed_seen_at) VALUES (${carrierId}, ${at})
        ON CONFLICT (carrier_id) DO UPDATE SET feed_seen_at = excluded.feed_seen_at
        WHERE interline_catch_up.feed_seen_at IS NULL OR interline_catch_up.feed_seen_at < excluded.feed_seen_at`
    )),
  findLastWebhook: (carrierId, skipped = 0) =>
    Store.runStatement(
      "CatchUp.read",
      Effect.map(
        sql<
          { readonly at: number }
        >`SELECT at FROM interline_inbox WHERE carrier_id = ${carrierId} ORDER BY id DESC LIMIT 1 OFFSET ${skipped}`,
        ([row]) => row === undefined ? undefined : Number(row.at)
      )
    ),
  findKnownIds: (carrierId, events) => {
    const digests = events.flatMap(({ id }) => id === undefined ? [] : [Digest.of(id)])
    return digests.length === 0 ? Effect.succeed(new Set()) : Store.runStatement(
      "CatchUp.known",
      Effect.map(
        sql<{ readonly event_id: string }>`SELECT event_id FROM interline_inbox WHERE carrier_id = ${carrierId} AND ${
          sql.in("event_id", digests)
        }`,
        (rows) => new Set(rows.map(({ event_id }) => event_id))
      )
    )
  },
  isHeard: ({ fact }) =>
    Store.runStatement(
      "CatchUp.heard",
      Effect.map(
        sql<{ readonly fact: string }>`SELECT fact FROM interline_facts WHERE ref = ${Store.toIndexable(MessageRef.format(fact.ref))}`,
        (rows) => rows.some((row) => Option.exists(decodeFact(row.fact), ({ status }) => status === fact.status))
      )
    )
}))
