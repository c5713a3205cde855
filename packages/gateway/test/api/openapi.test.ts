import { assert, describe, it } from "@effect/vitest"
import * as OpenApi from "@effect/platform/OpenApi"
import { GatewayApi } from "../../src/Api.ts"
import * as Shapes from "../../src/ApiSchema.ts"
import { explainIssue } from "../../src/internal/api/explainIssue.ts"

type Json = Record<string, unknown>

const spec = JSON.parse(JSON.stringify(OpenApi.fromApi(GatewayApi))) as {
  readonly servers: ReadonlyArray<Json>
  readonly tags: ReadonlyArray<{ readonly name: string }>
  readonly components: { readonly schemas: Json }
  readonly paths: Record<string, Record<string, {
    readonly operationId: string
    readonly tags: ReadonlyArray<string>
    readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string; readonly description?: string; readonly schema: Json }>
    readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> }
    readonly responses: Json
  }>>
}

const operations = Object.entries(spec.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })))
const find = (id: string) => operations.find(({ operationId }) => operationId === id)

const visit = (value: unknown, see: (key: string, value: unknown) => void): void => {
  if (typeof value !== "object" || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    see(key, inner)
    visit(inner, see)
  }
}

describe("the description of the API", () => {
  it("names its components so that every generator takes them, and refers only to what is there", () => {
    for (const name of Object.keys(spec.components.schemas)) assert.match(name, /^[a-zA-Z0-9._-]+$/)
    visit(spec, (key, value) => {
      if (key === "$ref") assert.property(spec.components.schemas, String(value).replace("#/components/schemas/", ""), String(value))
    })
  })

  it("gives no schema an id that another one has", () => {
    const ids: Array<unknown> = []
    visit(spec.components, (key, value) => key === "$id" && ids.push(value))
    visit(spec.paths, (key, value) => key === "$id" && ids.push(value))
    assert.deepStrictEqual(ids, Array.from(new Set(ids)))
  })

  it("says which server it is of, and declares each tag once", () => {
    assert.deepStrictEqual(spec.servers, [{ url: "/" }])
    const tags = spec.tags.map(({ name }) => name)
    assert.deepStrictEqual(tags, Array.from(new Set(tags)))
    for (const { tags: used, operationId } of operations) for (const tag of used) assert.include(tags, tag, operationId)
    assert.strictEqual(new Set(operations.map(({ operationId }) => operationId)).size, operations.length)
  })

  it("gives an operation only the statuses that it has", () => {
    for (const { method, operationId, responses } of operations) {
      assert.strictEqual("202" in responses, operationId === "sending.send", operationId)
      assert.notProperty(responses, "405", operationId)
      assert.property(responses, "400", operationId)
      assert.property(responses, "401", operationId)
      if (method === "get") for (const status of ["202", "408", "413", "415", "424"]) assert.notProperty(responses, status, operationId)
    }
    assert.hasAllKeys(find("carriers.listCarriers")?.responses, ["200", "400", "401", "500", "503", "504"])
    assert.containsAllKeys(find("sending.send")?.responses, ["200", "202", "403", "409", "422", "424", "429", "502", "503"])
  })

  it("says of a query what is written in it, and describes each of its fields", () => {
    for (const { operationId, parameters = [] } of operations) {
      for (const { description, in: where, name, schema } of parameters) {
        if (where !== "query") continue
        assert.isString(description, `${operationId} ${name}`)
        if (name === "limit") assert.deepStrictEqual(schema, { type: "integer", minimum: 1, maximum: 100 })
        if (name === "part") assert.strictEqual(schema["type"], "integer")
      }
    }
    assert.includeMembers(find("events.stream")?.parameters?.map(({ name }) => name) ?? [], ["after", "types"])
  })

  it("shows a body of each operation that takes JSON, and each can be read", () => {
    for (const { operationId, requestBody } of operations) {
      const json = requestBody?.content["application/json"]
      if (json !== undefined) assert.isDefined(json.example, operationId)
    }
    const shapes = {
      "sending.send": Shapes.SendRequest, "sending.plan": Shapes.SendRequest, "held.settle": Shapes.Verdict, "messages.edit": Shapes.EditRequest, "messages.react": Shapes.ReactRequest,
      "messages.sendVoiceMemo": Shapes.VoiceMemoRequest, "chats.openConversation": Shapes.OpenRequest, "chats.openGroup": Shapes.GroupRequest, "chats.updateChat": Shapes.ChatChange,
      "chats.addParticipant": Shapes.HandleRequest, "lines.setForwarding": Shapes.ForwardingRequest, "lines.setContactCard": Shapes.ContactCardRequest, "lines.lookupService": Shapes.LookupRequest,
      "people.optOut": Shapes.HandleRequest, "webhooks.createWebhook": Shapes.WebhookRequest, "webhooks.updateWebhook": Shapes.WebhookChange, "callbacks.createCallback": Shapes.CallbackRequest, "callbacks.updateCallback": Shapes.CallbackChange
    }
    for (const [id, shape] of Object.entries(shapes)) assert.deepStrictEqual(explainIssue(shape, find(id)?.requestBody?.content["application/json"]?.example), [], id)
  })
})
