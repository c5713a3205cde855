/** The server that the tests of one file share. */
import * as Effect from "effect/Effect"
import { make } from "../support/postgres.ts"

export class Postgres extends Effect.Service<Postgres>()("test/Postgres", { scoped: make }) {}
