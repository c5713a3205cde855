/** A process that cannot take part says which option is wrong, and why. */
import { describe, it } from "@effect/vitest"
import { assertLeft, deepStrictEqual } from "@effect/vitest/utils"
import * as Cluster from "@interline/cluster/Cluster"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

const build = (options: Omit<Cluster.Options, "database"> & { readonly database?: string }) =>
  Effect.scoped(
    Effect.either(
      Layer.build(Cluster.layer({ ...options, database: Redacted.make(options.database ?? "postgres://app:secret@127.0.0.1:1/app") }))
    )
  )

describe("a process that cannot take part in a cluster", () => {
  it.live("says that nobody listens at the address of the database", () =>
    Effect.map(build({ host: "127.0.0.1" }), (built) =>
      assertLeft(
        built,
        new Cluster.ClusterError({
          option: "database",
          message: "the database cannot be used for the cluster: app at 127.0.0.1:1 cannot be reached (ECONNREFUSED)"
        })
      )), 30_000)

  it.live("says that it needs PostgreSQL, and shows no secret", () =>
    Effect.map(build({ host: "127.0.0.1", database: "mysql://app:secret@127.0.0.1/app" }), (built) =>
      assertLeft(
        built,
        new Cluster.ClusterError({
          option: "database",
          message: "several processes need PostgreSQL: give a URL such as postgres://user:password@host:5432/name"
        })
      )))

  it.live("says that every address is no address", () =>
    Effect.forEach(
      ["0.0.0.0", "::"],
      (host) =>
        Effect.map(build({ host }), (built) =>
          deepStrictEqual(built._tag === "Left" ? [built.left.option, built.left.message.includes("means every address")] : built, [
            "host",
            true
          ])),
      {
        discard: true
      }
    ))
})
