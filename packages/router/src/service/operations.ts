/** Every operation except `send`: at the carrier that has the message, the chat or the conversation, or at all that it concerns. */
import type { Carrier } from "@interline/core/Carrier"
import type * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import type { Row, With } from "@interline/core/Operation"
import * as OperationSignatures from "@interline/core/OperationSignatures"
import type { Page } from "@interline/core/Page"
import type { SuppressionService } from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import * as FindCarriers from "./findCarriers.ts"

export interface Parts extends FindCarriers.Parts {
  readonly suppression: SuppressionService
  readonly publish: (event: RouterEvent) => Effect.Effect<void>
}

type OperationsHere = OperationSignatures.Operations<MessageRef.MessageRef>

/** An answer that was lost is read back, where the carrier can; the request is never repeated. */
const confirmByReading = (
  operation: OperationSignatures.Name,
  carrier: Carrier,
  args: ReadonlyArray<unknown>,
  request: FindCarriers.Result
): FindCarriers.Result => {
  const readBacks: { readonly [O in OperationSignatures.Name]?: OperationSignatures.Call } = carrier.reconciliation ?? {}
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
export const make = (parts: Parts): OperationsHere => {
  const { ledger, publish, suppression } = parts
  const { atAll, atCarrier, atFirst, atOwnerOfWebhook, failUnsupported, findAble, inChat } = FindCarriers.make(parts)

  const call = (operation: OperationSignatures.Name, args: ReadonlyArray<unknown>): FindCarriers.Run => (carrier) => {
    const run: OperationSignatures.Call = carrier[operation]
    return run(...args)
  }

  /** At the carrier that has the chat, the message or the file. */
  const atAddress = (operation: OperationSignatures.Name, row: Row): OperationSignatures.Call => {
    const toRun = (args: ReadonlyArray<unknown>): FindCarriers.Run =>
      row.readBack === true
        ? (carrier) => confirmByReading(operation, carrier, args, call(operation, args)(carrier))
        : call(operation, args)
    return row.address === "chat"
      ? (target: Conversation.ChatTarget, ...others: ReadonlyArray<unknown>) => inChat(operation, target, toRun([target, ...others]))
      : (ref: MessageRef.MessageRef, ...others: ReadonlyArray<unknown>) =>
        atCarrier(operation, ref.carrierId, [row.address === "file" ? "attachment" : "message"], toRun([ref, ...others]))
  }

  /** With the line that an operation is about, if its address names one. */
  const withLine = (
    { address }: Row,
    run: (line: LineName | undefined, args: ReadonlyArray<unknown>) => FindCarriers.Result
  ): OperationSignatures.Call =>
    address === "line"
      ? (line: LineName, ...others: ReadonlyArray<unknown>) => run(line, [line, ...others])
      : address === "person"
      ? (person: Handle.Handle, line: LineName | undefined, ...others: ReadonlyArray<unknown>) => run(line, [person, line, ...others])
      : (...args) => run(undefined, args)

  const byRoute = (operation: OperationSignatures.Name, row: Row): OperationSignatures.Call => {
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
      ? FindCarriers.invalid("listChats", ["page", "cursor"], "not a cursor that a page of this list gave")
      : Effect.map(carrier.listChats(inner === "" ? rest : { ...rest, cursor: inner }), (page) => chainPages(all, id, page))
  }

  const setOptOut: OperationsHere["setOptOut"] = (handle, optedOut) => {
    if (!Handle.isHandle(handle)) return FindCarriers.invalid("setOptOut", ["handle"], "not a phone number in E.164 or an e-mail address")
    if (typeof optedOut !== "boolean") return FindCarriers.invalid("setOptOut", ["optedOut"], "not true or false")
    const ours = optedOut ? suppression.add(handle, "explicit") : suppression.remove(handle)
    const theirs = FindCarriers.isEmpty(findAble("setOptOut"))
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
    const [owner, ...others] = FindCarriers.isEmpty(owners) ? all : owners
    return owner === undefined
      ? failUnsupported("createWebhook")
      : !FindCarriers.isEmpty(others)
      ? FindCarriers.invalid(
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

  return { ...OperationSignatures.mapOperations<MessageRef.MessageRef>(byRoute), ...own, sendVoiceMemo }
}
