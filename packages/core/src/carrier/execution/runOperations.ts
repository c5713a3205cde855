/** Runs the operations of a carrier. The steps that are the same for all operations are here. The adapter does the rest. */
import * as Effect from "effect/Effect"
import type { ChatTarget } from "../../names/Conversation.ts"
import * as Handle from "../../names/Handle.ts"
import type { LineName } from "../../names/Line.ts"
import type { MessageRef } from "../../names/MessageRef.ts"
import type * as Operation from "../../names/Operation.ts"
import type * as Problem from "../../names/Problem.ts"
import * as MessagingError from "../../outcome/MessagingError.ts"
import type { Receipt } from "../../outcome/Outcome.ts"
import type { Adapter } from "../Adapter.ts"
import * as OperationSignatures from "../OperationSignatures.ts"
import * as Validate from "../validate.ts"
import type { Fence } from "./optOutFence.ts"
import type { Addresses } from "./resolveAddress.ts"
import * as Retry from "./retry.ts"

type Result<A = unknown> = Effect.Effect<A, MessagingError.MessagingError>

interface AnyFollowUp {
  // a method, so that the compiler accepts a follow-up of a receipt here. Only an operation that `sends` has one
  follow(answer: unknown): Effect.Effect<void>
}

/** A request whose address is resolved. */
interface Request {
  /** What the adapter gets. */
  readonly args: ReadonlyArray<unknown>
  /** Who is reached, if the operation reaches anybody. */
  readonly recipients: ReadonlyArray<Handle.Handle>
  /** What is done with the answer. */
  readonly followUp?: AnyFollowUp["follow"]
}

/** What is done with a request, or with a request whose address is resolved. */
type Run = (request: Request) => Result

interface AnyResolver {
  // a method, so that the compiler accepts functions with the arguments of one address
  resolve(operation: OperationSignatures.Name, row: Operation.Row, args: ReadonlyArray<unknown>): Result<Request>
}

type Resolvers = { readonly [A in Exclude<Operation.Address, "conversation">]: AnyResolver["resolve"] }

interface AnyCheck {
  // a method, so that the compiler accepts functions with the arguments of one operation
  check(...args: ReadonlyArray<unknown>): ReadonlyArray<Problem.Problem>
}

const nobody: ReadonlyArray<Handle.Handle> = []

const none: ReadonlyArray<Problem.Problem> = []

/** How many arguments the address takes. */
const addressLength = {
  conversation: 1,
  chat: 1,
  message: 1,
  ref: 1,
  file: 1,
  line: 1,
  person: 2,
  query: 1,
  none: 0
} as const satisfies Record<
  Operation.Address,
  number
>

/** The arguments after the address, without the part of a message. If the caller gave no page, an empty page is added. */
const ownArguments = ({ address, page, part }: Operation.Row, args: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const own = args.slice(addressLength[address], part)
  if (page !== undefined) own[page - addressLength[address]] = args[page] ?? {}
  return own
}

/** The parts that requests of one carrier go through. */
export interface Parts {
  readonly adapter: Adapter
  readonly retry: Retry.Retry
  readonly fence: Fence
  readonly addresses: Addresses
}

const makeResolvers = (addresses: Addresses): Resolvers => {
  const { findNumber, remember, resolveChat, resolveMessage } = addresses

  const plain: AnyResolver["resolve"] = (_, row, args) =>
    Effect.succeed({ args: [...args.slice(0, addressLength[row.address]), ...ownArguments(row, args)], recipients: nobody })

  const onLine = (
    operation: OperationSignatures.Name,
    line: LineName | undefined,
    toArgs: (from: Handle.Phone | undefined) => ReadonlyArray<unknown>
  ): Result<Request> =>
    Effect.map(
      line === undefined ? Effect.succeed(line) : findNumber(operation, line),
      (from) => ({ args: toArgs(from), recipients: nobody })
    )

  return {
    chat: (operation, row, args: readonly [ChatTarget, ...ReadonlyArray<unknown>]) => {
      const [target] = args
      const also = row.alsoReaches === undefined ? undefined : args[row.alsoReaches]
      return Effect.map(resolveChat(operation, target), (chat) => ({
        args: [chat, ...ownArguments(row, args)],
        recipients: Handle.isHandle(also) ? [...chat.recipients, also] : chat.recipients,
        ...(row.sends === true ? { followUp: (receipt: Receipt) => remember(target, chat, receipt) } : {})
      }))
    },
    message: (operation, row, args: readonly [MessageRef, ...ReadonlyArray<unknown>]) =>
      Effect.map(
        resolveMessage(operation, args[0], row.part === undefined ? undefined : Validate.partOf(args[row.part])),
        (message) => ({ args: [message, ...ownArguments(row, args)], recipients: message.chat.recipients })
      ),
    ref: plain,
    file: plain,
    line: (operation, row, args: readonly [LineName, ...ReadonlyArray<unknown>]) =>
      // if the caller gave no line, it fails like an unknown line
      Effect.map(
        findNumber(operation, args[0]),
        (from) => ({ args: [args[0], from, ...ownArguments(row, args)], recipients: nobody })
      ),
    person: (operation, row, args: readonly [Handle.Handle, LineName | undefined, ...ReadonlyArray<unknown>]) =>
      onLine(operation, args[1], (from) => [args[0], from, ...ownArguments(row, args)]),
    query: (operation, row, args: readonly [OperationSignatures.ChatQuery | undefined, ...ReadonlyArray<unknown>]) => {
      const { line, with: other, ...page } = args[0] ?? {}
      return onLine(operation, line, (from) => [{ ...page, from, with: other }, ...ownArguments(row, args)])
    },
    none: plain
  }
}

/** The operations of a carrier. Each request passes the layers from `trace` down to the adapter, in this order. */
export const make = ({ adapter, addresses, fence, retry }: Parts): OperationSignatures.Operations<MessageRef> => {
  const { id } = adapter
  const resolvers = makeResolvers(addresses)
  const checks: { readonly [O in OperationSignatures.Name]?: AnyCheck["check"] } = Validate.makeChecks(id, adapter.capabilities)

  const trace = (operation: OperationSignatures.Name, next: OperationSignatures.Call): OperationSignatures.Call => {
    const options = { attributes: { carrier: id }, captureStackTrace: false }
    return (...args) => Effect.withSpan(next(...args), `Carrier.${operation}`, options)
  }

  const gate = (operation: OperationSignatures.Name, next: OperationSignatures.Call): OperationSignatures.Call => (...args) =>
    Effect.zipRight(addresses.gate(operation), next(...args))

  /** The problems of an address that needs no lookup. */
  const addressProblems = (address: Operation.Address, first: unknown): ReadonlyArray<Problem.Problem> =>
    address === "ref"
      ? Validate.ownMessage(id, first)
      : address === "file"
      ? Validate.ownFile(id, first)
      : address === "person"
      ? Validate.handles(first, ["handle"])
      : address === "query"
      ? Validate.chatQuery(first)
      : none

  const check = (
    operation: OperationSignatures.Name,
    { address, part }: Operation.Row,
    next: OperationSignatures.Call
  ): OperationSignatures.Call => {
    const ownProblems = checks[operation]
    return (...args) => {
      const problems = [
        ...addressProblems(address, args[0]),
        ...(ownProblems === undefined ? none : ownProblems(...args.slice(addressLength[address], part)))
      ]
      return problems.length > 0 ? Effect.fail(MessagingError.invalid(operation, problems, id)) : next(...args)
    }
  }

  const resolve = (operation: OperationSignatures.Name, row: Operation.Row, next: Run): OperationSignatures.Call => {
    const resolver = row.address === "conversation" ? resolvers.none : resolvers[row.address]
    return (...args) => Effect.flatMap(resolver(operation, row, args), next)
  }

  // only the request is repeated here. The lookups before it repeat themselves
  const repeat = ({ effect }: Operation.Row, next: Run): Run => (request) => Retry.repeat(next(request), retry, effect === "read")

  const pass = (operation: OperationSignatures.Name, { reaches }: Operation.Row, next: Run): Run =>
    reaches ? (request) => fence(operation, request.recipients, next(request)) : next

  const perform = (run: OperationSignatures.Call): Run => ({ args, followUp }) =>
    followUp === undefined ? run(...args) : Effect.tap(run(...args), followUp)

  return OperationSignatures.mapOperations((operation, row) => {
    const run: OperationSignatures.Call | undefined = adapter.operations[operation]
    const request = run === undefined
      ? () => Effect.fail(addresses.toRefusal(operation, undefined))
      : resolve(operation, row, repeat(row, pass(operation, row, perform(run))))
    return trace(operation, gate(operation, check(operation, row, request)))
  })
}
