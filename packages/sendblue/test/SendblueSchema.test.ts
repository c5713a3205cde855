import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as SendblueSchema from "../src/wire/SendblueSchema.ts"

const message = Schema.decodeUnknownSync(SendblueSchema.Message)
const envelope = Schema.decodeUnknownSync(SendblueSchema.Envelope)

describe("decoding", () => {
  it("null, empty and misshapen values count as absent", () => {
    expect(
      message({ content: "", media_url: null, group_id: "", is_outbound: "yes", location: null, number: [], reply_to: { part_index: 1 } })
    )
      .toEqual({ number: [] })
  })

  it("unknown keys are kept", () => {
    expect(message({ row_id: 7, uuid: null })).toEqual({ row_id: 7, uuid: null })
  })

  it("unknown words are kept", () => {
    expect(message({ status: "TELEPORTED", service: "Pigeon", message_type: "x", send_style: "y" })).toEqual({
      status: "TELEPORTED",
      service: "Pigeon",
      message_type: "x",
      send_style: "y"
    })
  })

  it("error codes: numbers and names are codes, nothing and nought are none", () => {
    const codes = [4000, "5509", "SMS_LIMIT_REACHED", 0, "0", null, "", undefined].map((error_code) => envelope({ error_code }).error_code)
    expect(codes).toEqual(["4000", "5509", "SMS_LIMIT_REACHED", undefined, undefined, undefined, undefined, undefined])
  })

  it("numbers come alone and in lists", () => {
    expect(message({ number: "+1", to_number: ["+1", "", "+2"] })).toEqual({ number: ["+1"], to_number: ["+1", "+2"] })
  })

  it("both spellings of the account and the dates are read", () => {
    const both = { accountEmail: "a", account_email: "b", date_sent: "c", date_created: "d" }
    expect(message(both)).toEqual(both)
  })

  it("any object decodes as a message and as an answer to a send", () => {
    const send = Schema.decodeUnknownSync(SendblueSchema.SendReply)
    FastCheck.assert(FastCheck.property(FastCheck.dictionary(FastCheck.string(), FastCheck.anything()), (body) => {
      message(body)
      send(body)
    }))
  })

  it("webhook entries of another shape are left out", () => {
    expect(SendblueSchema.webhookEntries(["https://a", { url: "https://b", secret: "s" }, { secret: "s" }, 1])).toEqual([
      "https://a",
      { url: "https://b", secret: "s" }
    ])
    expect(SendblueSchema.webhookEntries("secret")).toEqual([])
  })
})
