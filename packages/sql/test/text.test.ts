import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as Message from "@interline/core/Message"
import * as MessagingEvent from "@interline/core/MessagingEvent"
import * as Raw from "@interline/core/Raw"
import * as Decision from "@interline/router/Decision"
import * as Ledger from "@interline/router/Ledger"
import { RouterEvent } from "@interline/router/RouterEvent"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as JsonColumn from "../src/database/jsonColumn.ts"

/** A key that means something to the language is lost where an object is copied key by key; see the test below. */
const isOrdinary = (value: unknown): boolean => !JSON.stringify(value).includes("\"__proto__\"")

const written: Readonly<Record<string, Schema.Schema.AnyNoContext>> = {
  content: Ledger.Content,
  state: Decision.State,
  progress: Ledger.Progress,
  decision: RouterEvent,
  conversation: Conversation.Conversation,
  "carrier's event": MessagingEvent.MessagingEvent,
  status: DeliveryStatus.StatusFact,
  message: Message.Message,
  failure: Message.Failure
}

describe("a value as text", () => {
  it.each(Object.entries(written))("is what its schema makes of it: %s", (_, schema) => {
    const encode = JsonColumn.makeEncoder(schema)
    const bySchema = Schema.encodeSync(Schema.parseJson(schema))
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(schema).filter(isOrdinary), (value) => {
        deepStrictEqual(JSON.parse(Effect.runSync(encode(value))), JSON.parse(bySchema(value)))
      }),
      { numRuns: 50 }
    )
  })

  it("holds nothing of what a schema keeps to itself", () => {
    const schema = Schema.Struct({
      raw: Schema.optionalToOptional(Schema.Unknown, Raw.RawFromSelf, { decode: Option.none, encode: Option.none })
    })
    assert.strictEqual(Effect.runSync(JsonColumn.makeEncoder(schema)({ raw: new Raw.Raw({ text: "hello" }) })), "{}")
    assert.strictEqual(
      Effect.runSync(JsonColumn.makeEncoder(Schema.Array(Schema.Union(Schema.Null, schema)))([{ raw: new Raw.Raw({ text: "hello" }) }])),
      "[{}]"
    )
  })
})
