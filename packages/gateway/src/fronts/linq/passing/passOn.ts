/** Routes for what this gateway does not carry: refused, or passed on to Linq if the configuration says so. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Reply } from "@interline/sql/RequestLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as KeyAccess from "../../../http/KeyAccess.ts"
import type { Account } from "../../kit/passing/PassThroughService.ts"
import * as Uncarried from "../../kit/passing/uncarried.ts"
import * as PathTable from "../../kit/pathTable.ts"
import * as ChatLookup from "../chatLookup.ts"
import * as Refusal from "../refusal.ts"
import * as Request from "../request.ts"
import type { Services } from "../services.ts"
import * as VendorEndpoints from "./vendorEndpoints.ts"

/** The name of the vendor of this wire. */
const vendor = "linq"

/** The version of Linq's API, which is part of its paths. */
const version = "/v3"

type Run = (call: Request.Call) => Effect.Effect<Reply, Refusal.Refusal>

type Route = Request.Route

// --- one request ---

const lift = <A>({ method }: Request.Call, effect: Effect.Effect<A, MessagingError>): Effect.Effect<A, Refusal.Refusal> =>
  Effect.mapError(effect, (error) => {
    const refusal = Refusal.ofError(error)
    return method === "GET" || refusal.again ? refusal : Refusal.withHeaders(refusal, { "interline-outcome": "unknown" })
  })

/** Asks Linq. An answer with which certainly nothing happened ends the request, so that a retry may run anew. */
const ask =
  (services: Services, account: Account, group: string, endpoint: PathTable.Path) =>
  (call: Request.Call, reaching?: Conversation.Conversation): Effect.Effect<Reply, Refusal.Refusal> => {
    const complaint = Uncarried.complaintOf(call.body)
    if (complaint !== undefined) return Refusal.refuseBody(complaint)
    return Effect.flatMap(
      toOwnParams(services, account.carrierId, call.params),
      (params) =>
        Option.match(Uncarried.fill(endpoint, params), {
          onNone: () => Effect.fail(Refusal.noResource),
          onSome: (path) =>
            Effect.flatMap(
              lift(
                call,
                account.ask({
                  group,
                  method: methodOf(call),
                  endpoint,
                  path: Uncarried.toTarget(version + path, call.query),
                  body: call.body,
                  contentType: call.contentType
                }, reaching)
              ),
              ({ effect, reply }) => effect === "none" ? Effect.fail(Refusal.ofPassed(reply)) : Effect.succeed(reply)
            )
        })
    )
  }

const methodOf = ({ method }: Request.Call): PathTable.Method =>
  method === "POST" || method === "PUT" || method === "PATCH" || method === "DELETE" ? method : "GET"

/** Linq's id of a chat. An id that is not known here is Linq's own. */
const toOwnChat = ({ chats, ids }: Services, carrierId: CarrierId, id: string): Effect.Effect<string, Refusal.Refusal> =>
  Effect.flatMap(ids.findChat(id), (found) => {
    if (Option.isNone(found)) return Effect.succeed(id)
    const target = found.value
    const chat = Conversation.isConversation(target) ? chats.find(carrierId, target) : Effect.succeedSome(target)
    return Effect.flatMap(
      chat,
      Option.match({
        onNone: () => Effect.fail(Refusal.noChat),
        onSome: (ref) => ref.carrierId === carrierId ? Effect.succeed(ref.id) : Effect.fail(Refusal.noChat)
      })
    )
  })

/** Linq's id of a message. An id that is not known here is Linq's own. */
const toOwnMessage = ({ ids }: Services, carrierId: CarrierId, id: string): Effect.Effect<string, Refusal.Refusal> =>
  Effect.flatMap(
    ids.findMessage(id),
    Option.match({
      onNone: () => Effect.succeed(id),
      onSome: (target) =>
        typeof target === "object" && target.carrierId === carrierId ? Effect.succeed(target.id) : Effect.fail(Refusal.noMessage)
    })
  )

const toOwnParams = (
  services: Services,
  carrierId: CarrierId,
  params: PathTable.Params
): Effect.Effect<PathTable.Params, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { chatId, messageId } = params
    return {
      ...params,
      ...(chatId === undefined ? {} : { chatId: yield* toOwnChat(services, carrierId, chatId) }),
      ...(messageId === undefined ? {} : { messageId: yield* toOwnMessage(services, carrierId, messageId) })
    }
  })

// --- routes ---

const routeOf = ({ method, passing, path, refuse }: VendorEndpoints.Endpoint, services: Services): Route => {
  const account = passing._tag === "Passed" ? services.passing.find(vendor, passing.group) : Option.none()
  if (passing._tag === "Never" || Option.isNone(account)) return { ...PathTable.read(method, path, refuse), access: KeyAccess.any }
  const pass = ask(services, account.value, passing.group, path)
  if (method === "GET") return PathTable.read(method, path, (call) => pass(call))
  return PathTable.once(passing.reaches ? KeyAccess.send : KeyAccess.operate, method, path, (call) =>
    passing.reaches
      ? Effect.flatMap(ChatLookup.findConversation(services, Request.param(call, "chatId")), (conversation) => pass(call, conversation))
      : pass(call))
}

export const make = (services: Services): ReadonlyArray<Route> => VendorEndpoints.endpoints.map((endpoint) => routeOf(endpoint, services))

// --- the time before the move ---

const isMissing = ({ status }: Pick<Refusal.Refusal, "status">): boolean => status === 404

/** Whether the request asks for a message that was at this account, and that no carrier in use can be asked for. */
const isLeftBehind = ({ ids, messaging }: Services, { carrierId }: Account, { params }: Request.Call): Effect.Effect<boolean> => {
  const { messageId } = params
  return messageId === undefined || messaging.carriers.some(({ id }) => id === carrierId)
    ? Effect.succeed(false)
    : Effect.map(ids.findMessage(messageId), Option.exists((target) => typeof target === "object" && target.carrierId === carrierId))
}

/** An id that is not known here is asked for at Linq, if the configuration says so. So is a message that only the account has. */
const orUnknown = (services: Services, endpoint: PathTable.Path, run: Run): Run =>
  Option.match(services.passing.find(vendor, Uncarried.past), {
    onNone: () => run,
    onSome: (account) => {
      const pass = ask(services, account, Uncarried.past, endpoint)
      return (call) =>
        Effect.catchAll(run(call), (refusal) =>
          isMissing(refusal)
            ? pass(call)
            : Effect.flatMap(isLeftBehind(services, account, call), (isLeft) => isLeft ? pass(call) : Effect.fail(refusal)))
    }
  })

/** If the program asks for Linq's list, the whole list is Linq's. The two are never mixed. */
const orList = (services: Services, endpoint: PathTable.Path, run: Run): Run => (call) =>
  call.list === undefined || call.list === "gateway"
    ? run(call)
    : call.list !== vendor
    ? Refusal.refuseValue(`interline-list must be gateway or ${vendor}`)
    : Option.match(services.passing.find(vendor, Uncarried.past), {
      onNone: () => Refusal.refuseFeature(`Linq's own list is not passed on; INTERLINE_PASS_THROUGH must name ${Uncarried.past}`),
      onSome: (account) => ask(services, account, Uncarried.past, endpoint)(call)
    })

/** The same read, which can also give what Linq knows of before the move. */
export const orPast = (services: Services, endpoint: keyof typeof VendorEndpoints.past, run: Run): Run =>
  VendorEndpoints.past[endpoint].reduceRight<Run>((known, of) => (of === "id" ? orUnknown : orList)(services, endpoint, known), run)
