/** A real PostgreSQL server for the tests of one file. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { inject } from "vitest"
import * as PostgresServer from "./postgresServer.ts"

/** Starts a server; about a second. */
export const make: Effect.Effect<PostgresServer.Server, never, Scope.Scope> = Effect.suspend(() => PostgresServer.make(inject("folder")))
