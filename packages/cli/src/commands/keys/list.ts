/** `interline keys list`. */
import * as AccessSchema from "@interline/gateway/AccessSchema"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Connect from "../../gateway/connect.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

const Key = Schema.Union(AccessSchema.ConfiguredKey, AccessSchema.CreatedKey)

const rowOf = (key: typeof Key.Type): ReadonlyArray<string> => {
  if (key.source === "environment") return [key.name, key.scopes.join(", "), "all", "in the environment", "-", "-"]
  const { expiresAt, id, lastUsedAt, lines, name, revokedAt, scopes } = key
  const state = revokedAt !== undefined
    ? `revoked ${Table.toTime(revokedAt)}`
    : expiresAt === undefined
    ? "valid"
    : `expires ${Table.toTime(expiresAt)}`
  return [name, scopes.join(", "), lines?.join(", ") ?? "all", state, lastUsedAt === undefined ? "never" : Table.toTime(lastUsedAt), id]
}

const page = (keys: ReadonlyArray<typeof Key.Type>, columns: number): string =>
  Table.toTable(["name", "may", "lines", "state", "last used (UTC)", "id"], keys.map(rowOf), "There are no keys.", columns)

export const command = MakeVerb.makeVerb("keys list", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const { ask, client } = yield* Connect.connect(flags)
    const { items } = yield* ask(client.keys.listKeys())
    yield* Output.printList(flags, Key, items, page)
  })))
