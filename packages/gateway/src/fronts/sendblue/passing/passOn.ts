/** Routes for what this gateway does not carry: refused, or passed on to Sendblue if the configuration says so. */
import * as Conversation from "@interline/core/Conversation"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Reply } from "@interline/sql/RequestLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as KeyAccess from "../../../http/KeyAccess.ts"
import type { Account } from "../../kit/passing/PassThroughService.ts"
import * as Uncarried from "../../kit/passing/uncarried.ts"
import * as PathTable from "../../kit/pathTable.ts"
import * as Messages from "../messages.ts"
import * as Refusal from "../refusal.ts"
import * as Request from "../request.ts"
import type { Services } from "../services.ts"
import * as VendorEndpoints from "./vendorEndpoints.ts"

/** The name of the vendor of this wire. */
const vendor = "sendblue"

type Run = (call: Request.Call) => Effect.Effect<Reply, Refusal.Refusal>

type Route = PathTable.Route<Request.Call, Refusal.Refusal>

// --- one request ---

const lift = <A>(call: Request.Call, effect: Effect.Effect<A, MessagingError>): Effect.Effect<A, Refusal.Refusal> =>
  Effect.mapError(effect, (error) => {
    const refusal = Refusal.ofError(error)
    return methodOf(call) === "GET" || refusal.effect === "none"
      ? refusal
      : Refusal.withHeaders(refusal, { "interline-outcome": "unknown" })
  })

/** Asks Sendblue. An answer with which certainly nothing happened ends the request, so that a retry may run anew. */
const ask =
  (account: Account, group: string, endpoint: PathTable.Path) =>
  (call: Request.Call, reaching?: Conversation.Conversation): Effect.Effect<Reply, Refusal.Refusal> => {
    const complaint = Uncarried.complaintOf(call.text)
    if (complaint !== undefined) return Refusal.refuse(400, complaint)
    return Option.match(Uncarried.fill(endpoint, call.params), {
      onNone: () => Refusal.refuse(404, "Not found"),
      onSome: (path) =>
        Effect.flatMap(
          lift(
            call,
            account.ask({
              group,
              method: methodOf(call),
              endpoint,
              path: Uncarried.toTarget(path, call.query),
              body: call.text,
              contentType: call.contentType
            }, reaching)
          ),
          ({ effect, reply }) => effect === "none" ? Effect.fail(Refusal.ofPassed(reply)) : Effect.succeed(reply)
        )
    })
  }

// HEAD is GET without the body of the answer (RFC 9110, 9.3.2)
const methodOf = ({ method }: Request.Call): PathTable.Method =>
  method === "POST" || method === "PUT" || method === "PATCH" || method === "DELETE" ? method : "GET"

/** The conversation that a request with `number` and `from_number` reaches. The line must have this number at Sendblue. */
const findConversation = (
  { front }: Services,
  { fields }: Request.Call
): Effect.Effect<Conversation.Conversation, Refusal.Refusal> => {
  const number = fields["number"]
  const from = fields["from_number"]
  const person = typeof number === "string" ? Request.handleOf(number) : Option.none()
  const line = typeof from === "string" ? Request.lineOf(front, from) : Option.none()
  if (Option.isNone(person)) return Refusal.refuse(400, "Invalid phone number")
  if (Option.isNone(line)) return Refusal.notRegistered
  return Effect.succeed(Conversation.direct(line.value, person.value))
}

// --- routes ---

const routeOf = ({ method, passing, path, refuse }: VendorEndpoints.Endpoint, services: Services): Route => {
  const account = passing._tag === "Passed" ? services.passing.find(vendor, passing.group) : Option.none()
  if (passing._tag === "Never" || Option.isNone(account)) {
    return method === "GET"
      ? { ...PathTable.read(method, path, refuse), access: KeyAccess.any }
      : PathTable.once(KeyAccess.any, method, path, refuse)
  }
  const pass = ask(account.value, passing.group, path)
  if (method === "GET") return PathTable.read(method, path, (call) => pass(call))
  return PathTable.once(passing.reaches ? KeyAccess.send : KeyAccess.operate, method, path, (call) =>
    passing.reaches
      ? Effect.flatMap(findConversation(services, call), (conversation) => pass(call, conversation))
      : pass(call))
}

export const make = (services: Services): ReadonlyArray<Route> => VendorEndpoints.endpoints.map((endpoint) => routeOf(endpoint, services))

// --- the time before the move ---

const isMissing = ({ status }: Reply): boolean => status === 404

/** The request with Sendblue's own handle, if it asks for a message that was at this account, and that no carrier in use can be asked for. */
const findLeftBehind = (
  { ids, messaging }: Services,
  { carrierId }: Account,
  call: Request.Call
): Effect.Effect<Option.Option<Request.Call>> => {
  const handle = call.params["messageId"] ?? call.query.get("handle")
  return handle === null || messaging.carriers.some(({ id }) => id === carrierId)
    ? Effect.succeedNone
    : Effect.map(
      ids.findMessage(Messages.toCanonical(handle)),
      Option.flatMap((target) => {
        if (typeof target === "string" || target.carrierId !== carrierId) return Option.none()
        const query = new URLSearchParams(call.query)
        if (query.has("handle")) query.set("handle", target.id)
        return Option.some({ ...call, query, params: { ...call.params, messageId: target.id } })
      })
    )
}

/** An id that is not known here is asked for at Sendblue, if the configuration says so. So is a message that only the account has. */
const orUnknown = (services: Services, endpoint: PathTable.Path, run: Run): Run =>
  Option.match(services.passing.find(vendor, Uncarried.past), {
    onNone: () => run,
    onSome: (account) => {
      const pass = ask(account, Uncarried.past, endpoint)
      return (call) =>
        Effect.matchEffect(run(call), {
          onSuccess: (reply) => isMissing(reply) ? pass(call) : Effect.succeed(reply),
          onFailure: (refusal) =>
            isMissing(refusal.reply)
              ? pass(call)
              : Effect.flatMap(
                findLeftBehind(services, account, call),
                Option.match({ onNone: () => Effect.fail(refusal), onSome: (own) => pass(own) })
              )
        })
    }
  })

/** If the program asks for Sendblue's list, the whole list is Sendblue's. The two are never mixed. */
const orList = (services: Services, endpoint: PathTable.Path, run: Run): Run => (call) =>
  call.list === undefined || call.list === "gateway"
    ? run(call)
    : call.list !== vendor
    ? Refusal.refuse(400, `interline-list must be gateway or ${vendor}`)
    : Option.match(services.passing.find(vendor, Uncarried.past), {
      onNone: () => Refusal.refuseFeature(`Sendblue's own list is not passed on; INTERLINE_PASS_THROUGH must name ${Uncarried.past}`),
      onSome: (account) => ask(account, Uncarried.past, endpoint)(call)
    })

/** The same read, which can also give what Sendblue knows of before the move. */
export const orPast = (services: Services, endpoint: keyof typeof VendorEndpoints.past, run: Run): Run =>
  VendorEndpoints.past[endpoint].reduceRight<Run>((known, of) => (of === "id" ? orUnknown : orList)(services, endpoint, known), run)
