/**
 * What calls between processes look like on the wire. Processes of two versions call each other during a deploy, so what the first version sent must
 * be understood for ever. `fixtures/calls.json` holds calls and answers as that version wrote them, drawn from its schemas. Add to it, and never
 * change what is there.
 */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import * as Calls from "../src/calls.ts"

type Form = Schema.Schema<unknown, unknown>

const forms: Readonly<Record<string, Form>> = {
  Send: Calls.Send.payloadSchema as unknown as Form,
  "Send answered": Calls.Send.successSchema as unknown as Form,
  "Send refused": Calls.Send.errorSchema as unknown as Form,
  Tell: Calls.Tell.payloadSchema as unknown as Form,
  "Tell answered": Calls.Tell.successSchema as unknown as Form,
  "Tell refused": Calls.Tell.errorSchema as unknown as Form,
  Wake: Calls.Wake.payloadSchema as unknown as Form,
  "Wake refused": Calls.Wake.errorSchema as unknown as Form,
  Exchange: Calls.Exchange.payloadSchema as unknown as Form,
  "Exchange answered": Calls.Exchange.successSchema as unknown as Form,
  DirectSend: Calls.DirectSend.payloadSchema as unknown as Form,
  DirectTell: Calls.DirectTell.payloadSchema as unknown as Form
}

const fixture = Schema.decodeUnknownSync(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Array(Schema.Unknown) })))(
  Fs.readFileSync(new URL("fixtures/calls.json", import.meta.url), "utf8")
)

/** What has any fields that a user or a vendor likes. */
const open = new Set(["metadata", "extras"])

/** The same as a later version may write it: every object has a field that this version does not know. */
const withMore = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(withMore)
    : typeof value === "object" && value !== null
    ? {
      ...Object.fromEntries(Object.entries(value).map(([key, of]) => [key, open.has(key) ? of : withMore(of)])),
      fieldOfALaterVersion: "x"
    }
    : value

describe("the calls of the first version", () => {
  it("are all there, and their names are those of today", () => {
    deepStrictEqual(Object.keys(fixture), Object.keys(forms))
    deepStrictEqual(Array.from(Calls.Shard.protocol.requests.keys()), ["Send", "Tell", "Wake"])
    deepStrictEqual(Array.from(Calls.Line.protocol.requests.keys()), ["Exchange"])
    deepStrictEqual(Array.from(Calls.Direct.requests.keys()), ["DirectSend", "DirectTell"])
    deepStrictEqual([Calls.Shard.type, Calls.Line.type], ["Shard", "Line"])
  })

  for (const [name, values] of Object.entries(fixture)) {
    const form = forms[name]
    if (form === undefined) continue
    it.effect(`${name}: every field is read, and written as it was`, () =>
      Effect.forEach(
        values,
        (value) =>
          Effect.map(Effect.flatMap(Schema.decodeUnknown(form)(value), Schema.encode(form)), (again) =>
            deepStrictEqual(JSON.parse(JSON.stringify(again)), value)),
        { discard: true }
      ))

    it.effect(`${name}: fields of a later version are passed over`, () =>
      Effect.forEach(
        values,
        (value) =>
          Effect.map(Effect.flatMap(Schema.decodeUnknown(form)(withMore(value)), Schema.encode(form)), (again) =>
            deepStrictEqual(JSON.parse(JSON.stringify(again)), value)),
        { discard: true }
      ))
  }
})
