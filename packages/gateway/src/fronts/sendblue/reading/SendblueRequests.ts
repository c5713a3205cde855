/** Reads requests of Sendblue's wire as the front does, without doing what they ask for. */
import type * as Conversation from "@interline/core/Conversation"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Uncarried from "../../kit/passing/uncarried.ts"
import * as PathTable from "../../kit/pathTable.ts"
import type { GivenRequest, Reading, References, RequestReader } from "../../kit/RequestReader.ts"
import type * as UnknownFields from "../../kit/unknownFields.ts"
import * as Endpoint from "../endpoint.ts"
import * as VendorEndpoints from "../passing/vendorEndpoints.ts"
import type * as Refusal from "../refusal.ts"
import * as Request from "../request.ts"
import * as Sends from "../sends.ts"
import * as Endpoints from "./endpoints.ts"
import * as ShownChats from "./shownChats.ts"

/**
 * The hosts of Sendblue's API; its pages and its official client, read 2026-11.
 *
 * @category constants
 */
export const hosts: ReadonlyArray<string> = ["api.sendblue.co", "api.sendblue.com"]

const decodeSentence = Schema.decodeUnknownEither(Schema.parseJson(Schema.Struct({ message: Schema.String })))

const sentenceOf = ({ reply }: Refusal.Refusal): string =>
  Either.match(decodeSentence(reply.body), { onLeft: () => "the front does not take it", onRight: ({ message }) => message })

/**
 * The endpoints that the front carries.
 *
 * @category constants
 */
export const carried: ReadonlyArray<string> = [...Object.values<string>(Endpoints.sends), ...Object.keys(Endpoints.operations)]

type Read = (request: GivenRequest) => Effect.Effect<Reading, Refusal.Refusal>

interface Row {
  readonly method: string
  readonly path: string
  readonly isCarried: boolean
  readonly read: Read
  readonly passesAs?: string
}

const fieldsOf = ({ body, contentType }: GivenRequest): Effect.Effect<Request.Fields, Refusal.Refusal> =>
  typeof body === "string" ? Request.readFields(body, contentType) : Effect.succeed(body)

const readOperation = (endpoint: string, { body, operations }: Endpoints.Endpoint): Read => {
  if (body === undefined) return () => Effect.succeed({ _tag: "Operation", endpoint, operations, unknown: [] })
  const decode: (given: Request.Fields) => Effect.Effect<UnknownFields.Known<unknown>, Refusal.Refusal> = Request.decodeKnown<
    unknown,
    unknown
  >(
    body,
    Request.specifying
  )
  return (request) =>
    Effect.map(Effect.flatMap(fieldsOf(request), decode), ({ extras, unknown }) => ({
      _tag: "Operation",
      endpoint,
      operations,
      unknown: [...Object.keys(extras?.message ?? {}), ...unknown]
    }))
}

const isSend = (endpoint: string): boolean => Object.values<string>(Endpoints.sends).includes(endpoint)

const toRow = (endpoint: string, isCarried: boolean, read: Read): Row => {
  const [method = "", path = ""] = endpoint.split(" ")
  return { method, path, isCarried, read }
}

const refusedRow = (endpoint: VendorEndpoints.Endpoint): Row => {
  const group = Uncarried.groupOf(endpoint)
  return {
    ...toRow(`${endpoint.method} ${endpoint.path}`, false, endpoint.refuse),
    ...(group === undefined ? {} : { passesAs: group })
  }
}

const isGroup = (found: Conversation.Conversation): found is Conversation.Group => found._tag === "Group"

/** The part of a path below the prefix of the front, which calls to a gateway have. */
const ownPath = (path: string): string => path.startsWith(`${Endpoint.prefix}/`) ? path.slice(Endpoint.prefix.length) : path

/**
 * Makes a reader of requests.
 *
 * @category constructors
 */
export const make = (references: References): RequestReader => {
  const services: Sends.ReadServices = {
    front: { lineOf: references.lineOf, strict: false },
    ids: references,
    findGroup: (id, line) => Effect.map(references.findConversation(id, { line: Option.some(line), isGroup: true }), Option.filter(isGroup))
  }
  const send = (endpoint: string, read: (call: Pick<Request.Call, "fields">) => Effect.Effect<Sends.Asked, Refusal.Refusal>): Row =>
    toRow(endpoint, true, (request) =>
      Effect.map(
        Effect.flatMap(fieldsOf(request), (fields) => read({ fields })),
        ({ draft, known, to }) => ({ _tag: "Send", endpoint, to, draft, unknown: known.unknown })
      ))
  const rows: ReadonlyArray<Row> = [
    send(Endpoints.sends.message, Sends.readMessage(services)),
    send(Endpoints.sends.group, Sends.readGroupMessage(services)),
    ...Object.entries<Endpoints.Endpoint>(Endpoints.operations).map(([endpoint, row]) =>
      toRow(endpoint, true, readOperation(endpoint, row))
    ),
    ...VendorEndpoints.endpoints.map(refusedRow)
  ]
  return {
    chatsIn: ShownChats.read,
    endpoints: rows.map(({ method, path }) => `${method} ${path}`),
    read: (request) => {
      const found = PathTable.find(rows, request.method === "HEAD" ? "GET" : request.method, ownPath(request.path))
      if (Option.isNone(found) || !found.value.isWhole) return Effect.succeed({ _tag: "NoEndpoint" })
      const { isCarried, method, passesAs, path, read } = found.value.route
      return Effect.catchAll(
        read(request),
        (refusal) =>
          Effect.succeed<Reading>({
            _tag: "Refused",
            endpoint: `${method} ${path}`,
            why: sentenceOf(refusal),
            isCarried,
            isSend: isSend(`${method} ${path}`),
            ...(passesAs === undefined ? {} : { passesAs })
          })
      )
    }
  }
}
