/** The description of the API, as a tool reads it. */
import * as OpenApi from "@effect/platform/OpenApi"
import { GatewayApi } from "@interline/gateway/Api"

export type Json = { readonly [key: string]: unknown }

export interface Content {
  readonly schema: Json
  readonly example?: unknown
}

export interface Operation {
  readonly operationId: string
  readonly tags: ReadonlyArray<string>
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string; readonly schema: Json }>
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Content>> }>>
}

export interface Document extends Json {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>> }
}

export const document: Document = JSON.parse(JSON.stringify(OpenApi.fromApi(GatewayApi)))

export interface Place<A> {
  /** Where it stands, as a JSON pointer. */
  readonly at: string
  readonly value: A
}

export const pointer = (...keys: ReadonlyArray<string>): string =>
  keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")

/** Every body that is taken or answered, by its type. */
export const contentsOf = (paths: Document["paths"]): ReadonlyArray<Place<Content>> =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { requestBody, responses }]) => {
      const from = (place: ReadonlyArray<string>, content: Readonly<Record<string, Content>> = {}) =>
        Object.entries(content).map(([type, value]) => ({ at: pointer("paths", path, method, ...place, "content", type), value }))
      return [
        ...from(["requestBody"], requestBody?.content),
        ...Object.entries(responses).flatMap(([status, response]) => from(["responses", status], response.content))
      ]
    })
  )

/** Every schema of a component, a parameter, a request and an answer. */
export const schemasOf = ({ components, paths }: Document): ReadonlyArray<Place<Json>> => [
  ...Object.entries(components.schemas).map(([name, value]) => ({ at: pointer("components", "schemas", name), value })),
  ...contentsOf(paths).map(({ at, value }) => ({ at: `${at}/schema`, value: value.schema })),
  ...Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { parameters = [] }]) =>
      parameters.map(({ schema }, position) => ({
        at: pointer("paths", path, method, "parameters", String(position), "schema"),
        value: schema
      }))
    )
  )
]
