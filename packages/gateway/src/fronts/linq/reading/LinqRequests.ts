/** Reads requests of Linq's wire as the front does, without doing what they ask for. */
import * as Part from "@interline/core/Part"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Uncarried from "../../kit/passing/uncarried.ts"
import * as PathTable from "../../kit/pathTable.ts"
import type { GivenRequest, Reading, References, RequestReader } from "../../kit/RequestReader.ts"
import type * as UnknownFields from "../../kit/unknownFields.ts"
import * as VendorEndpoints from "../passing/vendorEndpoints.ts"
import * as Refusal from "../refusal.ts"
import * as Request from "../request.ts"
import * as Sends from "../sends.ts"
import * as Endpoints from "./endpoints.ts"
import * as ShownChats from "./shownChats.ts"

/**
 * The hosts of Linq's API; its pages and its official client, read 2026-11.
 *
 * @category constants
 */
export const hosts: ReadonlyArray<string> = ["api.linqapp.com"]

/**
 * The endpoints that the front carries.
 *
 * @category constants
 */
export const carried: ReadonlyArray<string> = [...Object.values<string>(Endpoints.sends), ...Object.keys(Endpoints.operations)]

type Read = (request: GivenRequest, params: PathTable.Params) => Effect.Effect<Reading, Refusal.Refusal>

interface Row {
  readonly method: string
  readonly path: string
  readonly isCarried: boolean
  readonly read: Read
  readonly passesAs?: string
}

const textOf = ({ body }: GivenRequest): string => typeof body === "string" ? body : JSON.stringify(body)

const isSticker = (value: unknown): boolean => Predicate.isRecord(value) && value["type"] === "sticker"

const readOperation = (endpoint: string, { body, operations, sticker = operations }: Endpoints.Endpoint): Read => {
  if (body === undefined) return () => Effect.succeed({ _tag: "Operation", endpoint, operations, unknown: [] })
  const decode: (body: string) => Effect.Effect<UnknownFields.Known<unknown>, Refusal.Refusal> = Request.decodeKnown<unknown, unknown>(
    body,
    {
      strict: false
    }
  )
  return (request) =>
    Effect.map(decode(textOf(request)), ({ unknown, value }) => ({
      _tag: "Operation",
      endpoint,
      operations: isSticker(value) ? sticker : operations,
      unknown
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

/** The part of a path below `/v3`, which stands behind other segments in Linq's own addresses. */
const ownPath = (path: string): string => {
  const at = path.indexOf("/v3/")
  return at < 0 ? path : path.slice(at + "/v3".length)
}

/**
 * Makes a reader of requests.
 *
 * @category constructors
 */
export const make = (references: References): RequestReader => {
  const fileOf: Request.FileOf = (source, field) =>
    "url" in source
      ? Effect.succeed(Part.media(source.url))
      : Effect.flatMap(
        references.findAttachment(source.attachmentId),
        Option.match({
          onNone: () => Refusal.refuseValue(`${field} is not known here`),
          onSome: (found) => Effect.succeed(Part.attachment(found))
        })
      )
  const readers = Sends.makeReaders({
    front: { lineOf: references.lineOf, onlyLine: references.onlyLine, strict: false },
    ids: { findMessage: references.findMessage, openGroup: references.openGroup, remember: () => Effect.void },
    findConversation: (chatId) =>
      Effect.flatMap(
        references.findConversation(chatId, { line: Option.none(), isGroup: false }),
        Option.match({ onNone: () => Effect.fail(Refusal.noChat), onSome: Effect.succeed })
      ),
    // the requests do not say which chats are there
    hasChat: () => Effect.succeed(false),
    makeFinder: () => fileOf
  })
  const send = (endpoint: string, read: Sends.Readers[keyof Sends.Readers]): Row =>
    toRow(endpoint, true, (request, params) =>
      Effect.map(
        read({ body: textOf(request), origin: "", params }),
        ({ draft, to, unknown }) => ({ _tag: "Send", endpoint, to, draft, unknown })
      ))
  const rows: ReadonlyArray<Row> = [
    send(Endpoints.sends.createChat, readers.createChat),
    send(Endpoints.sends.sendMessage, readers.sendMessage),
    send(Endpoints.sends.createMessage, readers.createMessage),
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
      const { params, route: { isCarried, method, passesAs, path, read } } = found.value
      return Effect.catchAll(
        read(request, params),
        ({ message }) =>
          Effect.succeed<Reading>({
            _tag: "Refused",
            endpoint: `${method} ${path}`,
            why: message,
            isCarried,
            isSend: isSend(`${method} ${path}`),
            ...(passesAs === undefined ? {} : { passesAs })
          })
      )
    }
  }
}
