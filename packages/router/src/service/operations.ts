/** Every operation except `send`: at the carrier that has the message, the chat or the conversation, or at all that it concerns. */
import * as Capabilities from "@interline/core/Capabilities"
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation, Row, With } from "@interline/core/Operation"
import * as Operations from "@interline/core/Operations"
import type { Page } from "@interline/core/Page"
import * as Problem from "@interline/core/Problem"
import type { SuppressionService } from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { LedgerService } from "../ledger/Ledger.ts"
import type { Complete } from "../policy/Policy.ts"

export interface Parts {
  readonly policy: Complete
  readonly carriers: ReadonlyMap<CarrierId, Carrier>
  readonly ledger: LedgerService
  readonly suppression: SuppressionService
  readonly publish: (event: RouterEvent) => Effect.Effect<void>
}

type Result<A = unknown> = Effect.Effect<A, MessagingError.MessagingError>

type OperationsHere = Operations.Operations<MessageRef.MessageRef>

type Run<A = unknown> = (carrier: Carrier) => Result<A>

const invalid = (operation: Operation, path: ReadonlyArray<string>, message: string): Result<never> =>
  Effect.fail(MessagingError.invalid(operation, [Problem.make("type", path, message)]))

const failUnsupported = (operation: Operation): Result<never> =>
  Effect.fail(MessagingError.make("Unsupported", { operation, detail: "no configured carrier can do it there" }))

const isEmpty = <A>(items: ReadonlyArray<A>): boolean => items.length === 0

/** An answer that was lost is read back, where the carrier can; the request is never repeated. */
const confirmByReading = (operation: Operations.Name, carrier: Carrier, args: ReadonlyArray<unknown>, request: Result): Result => {
  const readBacks: { readonly [O in Operations.Name]?: Operations.Call } = carrier.reconciliation ?? {}
  const readBack = readBacks[operation]
  return readBack === undefined
    ? request
    : Effect.catchAll(request, (error) =>
      error.certainty === "not-sent"
        ? Effect.fail(error)
        : Effect.flatMap(
          Effect.orElseSucceed(readBack(...args), () => false),
          (happened) => happened === true ? Effect.void : Effect.fail(error)
        ))
}

/** A cursor names the carrier that it belongs to; after the last page of one comes the first of the next. */
const chainPages = <A>(all: ReadonlyArray<Carrier>, id: string, page: Page<A>): Page<A> => {
  const next = all[all.findIndex((carrier) => carrier.id === id) + 1]
  return {
    items: page.items,
    total: all.length === 1 ? page.total : Option.none(),
    next: Option.isSome(page.next)
      ? Option.some(`${id}|${page.next.value}`)
      : next === undefined
      ? Option.none()
      : Option.some(`${next.id}|`)
  }
}

/** The operations over several carriers: each by the route of its row, and three with rules of their own. */
export const make = ({ carriers, ledger, policy, publish, suppression }: Parts): OperationsHere => {
  // the preferred first, the others in the order of the configuration
  const ordered: ReadonlyArray<Carrier> = [
    ...policy.prefer.flatMap((id) => carriers.get(id) ?? []),
    ...Array.from(carriers.values()).filter(({ id }) => !policy.prefer.includes(id))
  ]

  const findAble = (operation: Operation, line?: LineName): ReadonlyArray<Carrier> =>
    ordered.filter((carrier) => Capabilities.supports(carrier.capabilities, operation) && (line === undefined || carrier.lines.has(line)))

  const atFirst = <A>(operation: Operation, line: LineName | undefined, run: Run<A>): Result<A> => {
    const [carrier] = findAble(operation, line)
    return carrier === undefined ? failUnsupported(operation) : run(carrier)
  }

  /** At all that can; what was done at some is done, and the first failure is told. */
  const atAll = <A>(operation: Operation, line: LineName | undefined, run: Run<A>): Result<ReadonlyArray<A>> => {
    const all = findAble(operation, line)
    return isEmpty(all)
      ? failUnsupported(operation)
      : Effect.flatMap(
        Effect.forEach(all, (carrier) => Effect.either(run(carrier))),
        (results) => Effect.forEach(results, (result) => result)
      )
  }

  const atCarrier = <A>(operation: Operation, id: CarrierId, path: ReadonlyArray<string>, run: Run<A>): Result<A> => {
    const carrier = carriers.get(id)
    return carrier === undefined ? invalid(operation, [...path, "carrierId"], `no carrier "${id}" is configured`) : run(carrier)
  }

  const findHome = (operation: Operation, conversation: Conversation.Conversation): Result<Carrier> =>
    Effect.flatMap(ledger.binding(Conversation.key(conversation)), (binding) => {
      const bound = Option.isSome(binding) ? carriers.get(binding.value.carrierId) : undefined
      // where nobody has written yet, the conversation is where its first message would go
      return bound !== undefined && bound.lines.has(conversation.line)
        ? Effect.succeed(bound)
        : atFirst(operation, conversation.line, Effect.succeed)
    })

  const inChat = <A>(operation: Operation, target: Conversation.ChatTarget, run: Run<A>): Result<A> =>
    Conversation.isConversation(target)
      ? Effect.flatMap(findHome(operation, target), run)
      : atCarrier(operation, target.carrierId, ["to"], run)

  const atOwnerOfWebhook = (operation: Operation, id: string, run: Run): Result => {
    const all = findAble(operation)
    const [only, ...others] = all
    if (only !== undefined && isEmpty(others)) return run(only)
    return Effect.flatMap(
      Effect.findFirst(all, (carrier) => Effect.map(carrier.listWebhooks(), (webhooks) => webhooks.some((webhook) => webhook.id === id))),
      Option.match({
        onNone: () => Effect.fail(MessagingError.make("NotFound", { operation, detail: "no configured carrier has that webhook" })),
        onSome: run
      })
    )
  }

  const call = (operation: Operations.Name, args: ReadonlyArray<unknown>): Run => (carrier) => {
    const run: Operations.Call = carrier[operation]
    return run(...args)
  }

  /** At the carrier that has the chat, the message or the file. */
  const atAddress = (operation: Operations.Name, row: Row): Operations.Call => {
    const toRun = (args: ReadonlyArray<unknown>): Run =>
      row.readBack === true
        ? (carrier) => confirmByReading(operation, carrier, args, call(operation, args)(carrier))
        : call(operation, args)
    return row.address === "chat"
      ? (target: Conversation.ChatTarget, ...others: ReadonlyArray<unknown>) => inChat(operation, target, toRun([target, ...others]))
      : (ref: MessageRef.MessageRef, ...others: ReadonlyArray<unknown>) =>
        atCarrier(operation, ref.carrierId, [row.address === "file" ? "attachment" : "message"], toRun([ref, ...others]))
  }

  /** With the line that an operation is about, if its address names one. */
  const withLine = ({ address }: Row, run: (line: LineName | undefined, args: ReadonlyArray<unknown>) => Result): Operations.Call =>
    address === "line"
      ? (line: LineName, ...others: ReadonlyArray<unknown>) => run(line, [line, ...others])
      : address === "person"
      ? (person: Handle.Handle, line: LineName | undefined, ...others: ReadonlyArray<unknown>) => run(line, [person, line, ...others])
      : (...args) => run(undefined, args)

  const byRoute = (operation: Operations.Name, row: Row): Operations.Call => {
    switch (row.route) {
      case "address":
        return atAddress(operation, row)
      case "first":
        return withLine(row, (line, args) => atFirst(operation, line, call(operation, args)))
      case "every":
        return withLine(row, (line, args) =>
          // lists are joined; of a change, what the first carrier answers
          Effect.map(atAll(operation, line, call(operation, args)), (answers) => row.effect === "read" ? answers.flat() : answers[0]))
      case "webhook":
        return (id: string, ...others: ReadonlyArray<unknown>) => atOwnerOfWebhook(operation, id, call(operation, [id, ...others]))
      case "own":
      case "pages":
      case "policy":
        return () => failUnsupported(operation)
    }
  }

  const sendVoiceMemo: OperationsHere["sendVoiceMemo"] = (to, audio) => {
    const isTaken = (refs: ReadonlyArray<MessageRef.MessageRef>) =>
      Effect.map(
        ledger.owners(refs),
        (owners): ReadonlySet<string> => new Set(refs.map(MessageRef.format).filter((ref) => owners.has(ref)))
      )
    return inChat(
      "sendVoiceMemo",
      to,
      (carrier) =>
        Effect.flatMap(Clock.currentTimeMillis, (since) =>
          Effect.catchAll(carrier.sendVoiceMemo(to, audio), (error) => {
            const look = carrier.reconciliation?.sendVoiceMemo
            return error.certainty === "not-sent" || look === undefined
              ? Effect.fail(error)
              : Effect.flatMap(
                look(to, since, { rivals: 0, taken: isTaken }),
                (finding) => finding._tag === "Found" ? Effect.succeed(finding.receipt) : Effect.fail(error)
              )
          }))
    )
  }

  const listChats: OperationsHere["listChats"] = (query = {}) => {
    const { cursor, ...rest } = query
    const all = findAble("listChats", query.line)
    const [start] = all
    if (start === undefined) return failUnsupported("listChats")
    const bar = cursor?.indexOf("|") ?? -1
    const id = cursor === undefined ? start.id : cursor.slice(0, bar)
    const inner = cursor?.slice(bar + 1) ?? ""
    const carrier = all.find((one) => one.id === id)
    return carrier === undefined || (cursor !== undefined && bar < 0)
      ? invalid("listChats", ["page", "cursor"], "not a cursor that a page of this list gave")
      : Effect.map(carrier.listChats(inner === "" ? rest : { ...rest, cursor: inner }), (page) => chainPages(all, id, page))
  }

  const setOptOut: OperationsHere["setOptOut"] = (handle, optedOut) => {
    if (!Handle.isHandle(handle)) return invalid("setOptOut", ["handle"], "not a phone number in E.164 or an e-mail address")
    if (typeof optedOut !== "boolean") return invalid("setOptOut", ["optedOut"], "not true or false")
    const ours = optedOut ? suppression.add(handle, "explicit") : suppression.remove(handle)
    const theirs = isEmpty(findAble("setOptOut"))
      ? Effect.void
      : atAll("setOptOut", undefined, (carrier) => carrier.setOptOut(handle, optedOut))
    const publishChange = Effect.flatMap(
      Clock.currentTimeMillis,
      (at) => publish({ _tag: optedOut ? "Suppressed" : "Restored", at, source: "explicit" })
    )
    const changeOurs = Effect.zipRight(ours, publishChange)
    // an opt-out is ours first: our list stands in front of every carrier, whatever becomes of the requests
    return Effect.asVoid(optedOut ? Effect.zipRight(changeOurs, theirs) : Effect.zipRight(theirs, changeOurs))
  }

  const createWebhook: OperationsHere["createWebhook"] = (subscription) => {
    const { carrierId } = subscription
    if (carrierId !== undefined) {
      return atCarrier("createWebhook", carrierId, ["subscription"], (carrier) => carrier.createWebhook(subscription))
    }
    const all = findAble("createWebhook")
    const numbers = Array.isArray(subscription.lines) ? subscription.lines : []
    const owners = all.filter((carrier) =>
      numbers.length > 0 && numbers.every((number) => Array.from(carrier.lines.values()).some((own) => own === number))
    )
    const [owner, ...others] = isEmpty(owners) ? all : owners
    return owner === undefined
      ? failUnsupported("createWebhook")
      : !isEmpty(others)
      ? invalid(
        "createWebhook",
        ["lines"],
        "several carriers could take this subscription; name one as carrierId, or lines that only one of them has"
      )
      : owner.createWebhook(subscription)
  }

  // an operation whose row gives it a route of its own, and that is missing here, does not compile
  const own: Pick<OperationsHere, With<{ readonly route: "own" }> | With<{ readonly route: "pages" }>> = {
    listChats,
    setOptOut,
    createWebhook
  }

  return { ...Operations.mapOperations<MessageRef.MessageRef>(byRoute), ...own, sendVoiceMemo }
}
