import * as OpenApi from "@effect/platform/OpenApi"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { GatewayApi } from "../../src/api/Api.ts"
import * as ApiSchema from "../../src/api/ApiSchema.ts"
import { explainIssue } from "../../src/http/explainIssue.ts"

type Json = Record<string, unknown>

const spec = JSON.parse(JSON.stringify(OpenApi.fromApi(GatewayApi))) as {
  readonly servers: ReadonlyArray<Json>
  readonly components: {
    readonly schemas: Record<string, { readonly required: ReadonlyArray<string>; readonly properties: Record<string, Json> }>
  }
  readonly paths: Record<
    string,
    Record<string, {
      readonly operationId: string
      readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string; readonly schema: Json }>
      readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> }
      readonly responses: Json
    }>
  >
}

const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, ...operation }))
)
const find = (id: string) => operations.find(({ operationId }) => operationId === id)

describe("the description of the API", () => {
  it("says which server it is of", () => {
    deepStrictEqual(spec.servers, [{ url: "/" }])
  })

  it("gives an operation only the statuses that it has", () => {
    for (const { method, operationId, responses } of operations) {
      assert.strictEqual("202" in responses, operationId === "sending.send", operationId)
      assert.notProperty(responses, "405", operationId)
      assert.property(responses, "400", operationId)
      assert.property(responses, "401", operationId)
      if (method === "get") { for (const status of ["202", "408", "413", "415", "424"]) assert.notProperty(responses, status, operationId) }
    }
    assert.hasAllKeys(find("carriers.listCarriers")?.responses, ["200", "400", "401", "403", "500", "503", "504"])
    assert.containsAllKeys(find("sending.send")?.responses, ["200", "202", "403", "409", "422", "424", "429", "502", "503"])
  })

  it("tells a held send from one that a carrier took by its outcome, and from every other problem by its status", () => {
    const { HeldSend, ProblemDetails, Sent } = spec.components.schemas
    deepStrictEqual([Sent?.properties["outcome"]?.["enum"], HeldSend?.properties["outcome"]?.["enum"]], [["accepted"], ["held"]])
    assert.includeMembers(Array.from(HeldSend?.required ?? []), ["outcome", "status", "deliveryId"])
    deepStrictEqual(HeldSend?.properties["status"], { type: "integer", enum: [202] })
    assert.notProperty(ProblemDetails?.properties, "outcome")
    assert.notInclude(ProblemDetails?.properties["status"]?.["enum"], 202)
  })

  it("names what is written, and nothing that is only how it is read", () => {
    assert.notMatch(JSON.stringify(spec), /to be decoded|an instance of/)
  })

  it("says of a query what is written in it", () => {
    for (const { parameters = [] } of operations) {
      for (const { in: where, name, schema } of parameters) {
        if (where !== "query") continue
        if (name === "limit") deepStrictEqual(schema, { type: "integer", minimum: 1, maximum: 100 })
        if (name === "part") assert.strictEqual(schema["type"], "integer")
      }
    }
    const names = (id: string) => find(id)?.parameters?.map(({ name }) => name) ?? []
    assert.includeMembers(names("events.stream"), ["after", "types", "show"])
    assert.includeMembers(names("held.listHeld"), ["cursor", "limit", "show"])
    assert.notInclude(names("sending.send"), "show")
  })

  it("shows bodies that our own reader takes", () => {
    const shapes = {
      "sending.send": ApiSchema.SendRequest,
      "sending.plan": ApiSchema.PlanRequest,
      "held.settle": ApiSchema.Verdict,
      "messages.edit": ApiSchema.EditRequest,
      "messages.react": ApiSchema.ReactRequest,
      "messages.moveSticker": ApiSchema.MoveStickerRequest,
      "messages.sendPoll": ApiSchema.PollRequest,
      "messages.addPollOptions": ApiSchema.PollOptionsRequest,
      "messages.voteInPoll": ApiSchema.VoteRequest,
      "messages.sendVoiceMemo": ApiSchema.VoiceMemoRequest,
      "chats.openConversation": ApiSchema.OpenRequest,
      "chats.openGroup": ApiSchema.GroupRequest,
      "chats.updateChat": ApiSchema.ChatChange,
      "chats.stopLocation": ApiSchema.HandleRequest,
      "chats.addParticipant": ApiSchema.HandleRequest,
      "lines.getContactStatus": ApiSchema.HandleRequest,
      "lines.setForwarding": ApiSchema.ForwardingRequest,
      "lines.setContactCard": ApiSchema.ContactCardRequest,
      "lines.lookupService": ApiSchema.LookupRequest,
      "people.optOut": ApiSchema.HandleRequest,
      "people.block": ApiSchema.BlockRequest,
      "webhooks.createWebhook": ApiSchema.WebhookRequest,
      "webhooks.updateWebhook": ApiSchema.WebhookChange,
      "callbacks.createCallback": ApiSchema.CallbackRequest,
      "callbacks.updateCallback": ApiSchema.CallbackChange
    }
    for (const [id, shape] of Object.entries(shapes)) {
      deepStrictEqual(explainIssue(shape, find(id)?.requestBody?.content["application/json"]?.example), [], id)
    }
  })
})
