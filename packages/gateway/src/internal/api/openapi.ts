/** What the description of the API says beyond what the code of its endpoints says. */

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const field = (value: unknown, key: string): Json => isObject(value) && isObject(value[key]) ? value[key] : {}

const acting = ["post", "put", "patch", "delete"]

const key = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "1 to 255 printable ASCII characters. The same request under the same key gives the first answer again.",
  schema: { type: "string", minLength: 1, maxLength: 255 }
}

// the platform adds its own error to every operation; requests that cannot be read are problems here
const own = "HttpApiDecodeError"

const malformed = {
  description: "The request cannot be read. Nothing was done.",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/ProblemDetails" } } }
}

const operation = (method: string, given: Json): Json => {
  const responses = { ...field(given, "responses"), 400: malformed }
  const parameters = Array.isArray(given["parameters"]) ? given["parameters"] : []
  return { ...given, responses, parameters: acting.includes(method) ? [...parameters, key] : parameters }
}

const events: Json = {
  get: {
    tags: ["events"],
    operationId: "events.stream",
    summary: "Every event of every carrier and what the router decided, as server-sent events",
    description: "Resumes after the id in Last-Event-ID. Each event's data is JSON. An event may come more than once, and to several readers: to answer it once, send the reply with the header Idempotency-Key: event-{id}, where {id} is the id of the event.",
    parameters: [{ name: "Last-Event-ID", in: "header", required: false, schema: { type: "string" } }],
    security: [{ apiKey: [] }],
    responses: {
      200: { description: "The stream", content: { "text/event-stream": { schema: { type: "string" } } } },
      401: { ...malformed, description: "There is no valid API key in the request." }
    }
  }
}

const importing: Json = {
  post: {
    tags: ["people"],
    operationId: "people.importOptOuts",
    summary: "Take over many opt-outs at once, out of a body or a carrier's own list",
    description: "One person on each line, as {\"handle\": \"+1…\"}, a JSON string or the first column of a table. A body of application/json names a carrier or a few people. Nobody is added twice.",
    requestBody: {
      required: true,
      content: {
        "application/x-ndjson": { schema: { type: "string" } },
        "text/plain": { schema: { type: "string" } },
        "application/json": {
          schema: {
            anyOf: [
              { type: "object", required: ["carrier"], properties: { carrier: { type: "string" } }, additionalProperties: false },
              { type: "object", required: ["handles"], properties: { handles: { type: "array", items: { type: "string" } } }, additionalProperties: false }
            ]
          }
        }
      }
    },
    security: [{ apiKey: [] }],
    responses: {
      200: {
        description: "What was read",
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["read", "added", "known", "malformed", "lines"],
              properties: {
                read: { type: "integer" },
                added: { type: "integer" },
                known: { type: "integer" },
                malformed: { type: "integer" },
                lines: { type: "array", items: { type: "integer" }, description: "The first 100 lines that name nobody, counted from 1." }
              },
              additionalProperties: false
            }
          }
        }
      },
      400: malformed,
      401: { ...malformed, description: "There is no valid API key in the request." }
    }
  }
}

export const complete = (spec: Json): Json => {
  const paths = Object.fromEntries(
    Object.entries(field(spec, "paths")).map(([path, item]) => [
      path,
      isObject(item) ? Object.fromEntries(Object.entries(item).map(([method, given]) => [method, isObject(given) ? operation(method, given) : given])) : item
    ])
  )
  const components = field(spec, "components")
  const schemas = Object.fromEntries(Object.entries(field(components, "schemas")).filter(([name]) => name !== own && name !== "Issue"))
  return { ...spec, paths: { ...paths, "/v1/events": events, "/v1/opt-outs/import": importing }, components: { ...components, schemas } }
}
