/** Why a database cannot be used, in words: from a code anywhere in a chain of causes, or from what the driver says. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as DatabaseFault from "../src/runtime/DatabaseFault.ts"

const wrapped = (cause: Error) => new Error("SqlError", { cause: new Error("Failed to connect", { cause }) })

const withCode = (code: string) => wrapped(Object.assign(new Error("a driver may quote anything here"), { code }))

describe("a database that cannot be used", () => {
  it("is explained by its code, wherever that is", () => {
    strictEqual(DatabaseFault.codeOf(withCode("3D000")), "3D000")
    strictEqual(
      DatabaseFault.explain(withCode("3D000")),
      "there is no database of that name; create it, or correct the name in the URL"
    )
    strictEqual(DatabaseFault.explain(withCode("XX001")), "its error code is XX001; look into the server's log")
    strictEqual(DatabaseFault.codeOf(withCode("no code at all")), undefined)
  })

  // what pg 8.23.1 and @effect/sql-pg 0.53.0 say without a code
  it.each([
    ["Connection timed out", "it does not answer in time"],
    ["timeout expired", "it does not answer in time"],
    ["Query read timeout", "it does not answer in time"],
    ["timeout exceeded when trying to connect", "it does not answer in time"],
    ["Connection terminated unexpectedly", "it ended the connection"],
    ["SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string", "it wants a password"],
    ["SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string", "it wants a password"],
    ["The server does not support SSL connections", "it does not encrypt connections"],
    ["something else", "no reason is known"]
  ])("is explained by what the driver says: %s", (said, expected) => {
    strictEqual(DatabaseFault.explain(wrapped(new Error(said))).split(";")[0], expected)
  })

  it("is named by the parts of its URL that are no secret", () => {
    deepStrictEqual(
      ["postgres://ada:s3cret@db.internal:5433/my%20app?sslmode=require", "postgres://db.internal", "postgres:///%zz"].map((url) =>
        DatabaseFault.nameOf(new URL(url))
      ),
      [
        "the database my app at db.internal:5433 as user ada",
        "the database without a name at db.internal",
        "the database %zz at no host"
      ]
    )
  })
})
