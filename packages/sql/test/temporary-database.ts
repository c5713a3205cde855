/** A new SQLite file with its tables, for one test. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Database from "../src/database/Database.ts"
import { temporary } from "./files.ts"

export const database = Layer.unwrapScoped(Effect.map(temporary, (path) => Database.layer(path)))
