/** Every operation except `send`: at the carrier that has the message, the chat or the conversation, or at all that it concerns. */
import * as Capabilities from "@interline/core/Capabilities"
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import type { Operations } from "@interline/core/Operations"
import type { Page } from "@interline/core/Page"
import * as Problem from "@interline/core/Problem"
import type { SuppressionService } from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { LedgerService } from "../ledger/Ledger.ts"
import type { Complete } from "../policy/Policy.ts"

export interface Setup {
  readonly policy: Complete
  readonly carriers: ReadonlyMap<CarrierId, Carrier>
  readonly ledger: LedgerService
  readonly suppression: SuppressionService
  readonly publish: (event: RouterEvent) => Effect.Effect<void>
}

type Result<A> = Effect.Effect<A, MessagingError.MessagingError>

const invalid = (operation: Operation, path: ReadonlyArray<string>, message: string): Result<never> =>
  Effect.fail(MessagingError.invalid(operation, [Problem.make("type", path, message)]))

const isEmpty = <A>(items: ReadonlyArray<A>): boolean => items.length === 0

export const make = ({ carriers, ledger, policy, publish, suppression }: Setup): Operations<MessageRef.MessageRef> => {
  // the preferred first, the others in the order of the configuration
  const ordered: ReadonlyArray<Carrier> = [
    ...policy.prefer.flatMap((id) => carriers.get(id) ?? []),
    ...Array.from(carriers.values()).filter(({ id }) => !policy.prefer.includes(id))
  ]

  const able = (operation: Operation, line?: LineName): ReadonlyArray<Carrier> =>
    ordered.filter((carrier) => Capabilities.supports(carrier.capabilities, operation) && (line === undefined || carrier.lines.has(line)))

  const unsupported = (operation: Operation): Result<never> =>
    Effect.fail(MessagingError.make("Unsupported", { operation, detail: "no configured carrier can do it there" }))

  const first = <A>(operation: Operation, line: LineName | undefined, run: (carrier: Carrier) => Result<A>): Result<A> => {
    const [carrier] = able(operation, line)
    return carrier === undefined ? unsupported(operation) : run(carrier)
  }

  /** At all that can; what was done at some is done, and the first failure is told. */
  const every = <A>(operation: Operation, line: LineName | undefined, run: (carrier: Carrier) => Result<A>): Result<ReadonlyArray<A>> => {
    const all = able(operation, line)
    return isEmpty(all)
      ? unsupported(operation)
      : Effect.flatMap(
        Effect.forEach(all, (carrier) => Effect.either(run(carrier))),
        (results) => Effect.forEach(results, (result) => result)
      )
  }

  const named = <A>(operation: Operation, id: CarrierId, path: ReadonlyArray<string>, run: (carrier: Carrier) => Result<A>): Result<A> => {
    const carrier = carriers.get(id)
    return carrier === undefined ? invalid(operation, [...path, "carrierId"], `no carrier "${id}" is configured`) : run(carrier)
  }

  const ofMessage = <A>(operation: Operation, ref: MessageRef.MessageRef, run: (carrier: Carrier) => Result<A>): Result<A> =>
    named(operation, ref.carrierId, ["message"], run)

  const home = (operation: Operation, conversation: Conversation.Conversation): Result<Carrier> =>
    Effect.flatMap(ledger.binding(Conversation.key(conversation)), (binding) => {
      const bound = Option.isSome(binding) ? carriers.get(binding.value.carrierId) : undefined
      // where nobody has written yet, the conversation is where its first message would go
      return bound !== undefined && bound.lines.has(conversation.line)
        ? Effect.succeed(bound)
        : first(operation, conversation.line, Effect.succeed)
    })

  const inChat = <A>(operation: Operation, target: Conversation.ChatTarget, run: (carrier: Carrier) => Result<A>): Result<A> =>
    Conversation.isConversation(target)
      ? Effect.flatMap(home(operation, target), run)
      : named(operation, target.carrierId, ["to"], run)

  /** An answer that was lost is read back, where the carrier can; the request is never repeated. */
  const confirmed = (run: Result<void>, readBack: Result<boolean> | undefined): Result<void> =>
    readBack === undefined
      ? run
      : Effect.catchAll(run, (error) =>
        error.certainty === "not-sent"
          ? Effect.fail(error)
          : Effect.flatMap(Effect.orElseSucceed(readBack, () => false), (happened) => happened ? Effect.void : Effect.fail(error)))

  const ownWebhook = <A>(operation: Operation, id: string, run: (carrier: Carrier) => Result<A>): Result<A> => {
    const all = able(operation)
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

  /** A cursor names the carrier that it belongs to; after the last page of one comes the first of the next. */
  const chained = <A>(all: ReadonlyArray<Carrier>, id: string, page: Page<A>): Page<A> => {
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

  return {
    sendVoiceMemo: (to, audio) =>
      inChat(
        "sendVoiceMemo",
        to,
        (carrier) =>
          Effect.flatMap(Clock.currentTimeMillis, (since) =>
            Effect.catchAll(carrier.sendVoiceMemo(to, audio), (error) => {
              const look = carrier.reconciliation?.sendVoiceMemo
              if (error.certainty === "not-sent" || look === undefined) return Effect.fail(error)
              const taken = (refs: ReadonlyArray<MessageRef.MessageRef>) =>
                Effect.map(
                  ledger.owners(refs),
                  (owners): ReadonlySet<string> => new Set(refs.map(MessageRef.format).filter((ref) => owners.has(ref)))
                )
              return Effect.flatMap(
                look(to, since, { rivals: 0, taken }),
                (finding) => finding._tag === "Found" ? Effect.succeed(finding.receipt) : Effect.fail(error)
              )
            }))
      ),
    getMessage: (message, options) => ofMessage("getMessage", message, (carrier) => carrier.getMessage(message, options)),
    listMessages: (of, page) => inChat("listMessages", of, (carrier) => carrier.listMessages(of, page)),
    listThread: (message, page) => ofMessage("listThread", message, (carrier) => carrier.listThread(message, page)),
    deleteRecord: (message) => ofMessage("deleteRecord", message, (carrier) => carrier.deleteRecord(message)),
    edit: (message, text, options) =>
      ofMessage(
        "edit",
        message,
        (carrier) => confirmed(carrier.edit(message, text, options), carrier.reconciliation?.edit?.(message, text, options))
      ),
    react: (message, reaction, options) =>
      ofMessage(
        "react",
        message,
        (carrier) => confirmed(carrier.react(message, reaction, options), carrier.reconciliation?.react?.(message, reaction, options))
      ),
    unreact: (message, reaction, options) =>
      ofMessage(
        "unreact",
        message,
        (carrier) => confirmed(carrier.unreact(message, reaction, options), carrier.reconciliation?.unreact?.(message, reaction, options))
      ),
    listChats: (query = {}) => {
      const { cursor, ...rest } = query
      const all = able("listChats", query.line)
      const [start] = all
      if (start === undefined) return unsupported("listChats")
      const bar = cursor?.indexOf("|") ?? -1
      const id = cursor === undefined ? start.id : cursor.slice(0, bar)
      const inner = cursor?.slice(bar + 1) ?? ""
      const carrier = all.find((one) => one.id === id)
      return carrier === undefined || (cursor !== undefined && bar < 0)
        ? invalid("listChats", ["page", "cursor"], "not a cursor that a page of this list gave")
        : Effect.map(carrier.listChats(inner === "" ? rest : { ...rest, cursor: inner }), (page) => chained(all, id, page))
    },
    getChat: (chat) => inChat("getChat", chat, (carrier) => carrier.getChat(chat)),
    updateChat: (chat, change) =>
      inChat(
        "updateChat",
        chat,
        (carrier) => confirmed(carrier.updateChat(chat, change), carrier.reconciliation?.updateChat?.(chat, change))
      ),
    markRead: (chat) => inChat("markRead", chat, (carrier) => carrier.markRead(chat)),
    leaveChat: (chat) => inChat("leaveChat", chat, (carrier) => carrier.leaveChat(chat)),
    shareContactCard: (chat) => inChat("shareContactCard", chat, (carrier) => carrier.shareContactCard(chat)),
    addParticipant: (chat, handle) =>
      inChat(
        "addParticipant",
        chat,
        (carrier) => confirmed(carrier.addParticipant(chat, handle), carrier.reconciliation?.addParticipant?.(chat, handle))
      ),
    removeParticipant: (chat, handle) =>
      inChat(
        "removeParticipant",
        chat,
        (carrier) => confirmed(carrier.removeParticipant(chat, handle), carrier.reconciliation?.removeParticipant?.(chat, handle))
      ),
    startTyping: (chat) => inChat("startTyping", chat, (carrier) => carrier.startTyping(chat)),
    stopTyping: (chat) => inChat("stopTyping", chat, (carrier) => carrier.stopTyping(chat)),
    uploadAttachment: (upload) => first("uploadAttachment", undefined, (carrier) => carrier.uploadAttachment(upload)),
    getAttachment: (attachment) =>
      named("getAttachment", attachment.carrierId, ["attachment"], (carrier) => carrier.getAttachment(attachment)),
    deleteAttachment: (attachment) =>
      named("deleteAttachment", attachment.carrierId, ["attachment"], (carrier) => carrier.deleteAttachment(attachment)),
    lookupService: (handle, line) => first("lookupService", line, (carrier) => carrier.lookupService(handle, line)),
    listLines: () => Effect.map(every("listLines", undefined, (carrier) => carrier.listLines()), (lists) => lists.flat()),
    setForwarding: (line, number) => Effect.asVoid(every("setForwarding", line, (carrier) => carrier.setForwarding(line, number))),
    getContactCard: (line) => first("getContactCard", line, (carrier) => carrier.getContactCard(line)),
    setContactCard: (line, card) =>
      Effect.flatMap(
        every("setContactCard", line, (carrier) => carrier.setContactCard(line, card)),
        ([card]) => card === undefined ? unsupported("setContactCard") : Effect.succeed(card)
      ),
    setOptOut: (handle, optedOut) => {
      if (!Handle.isHandle(handle)) return invalid("setOptOut", ["handle"], "not a phone number in E.164 or an e-mail address")
      // our own list first: it stands in front of every carrier, whatever becomes of the requests
      if (typeof optedOut !== "boolean") return invalid("setOptOut", ["optedOut"], "not true or false")
      const ours = optedOut ? suppression.add(handle, "explicit") : suppression.remove(handle)
      const theirs = isEmpty(able("setOptOut"))
        ? Effect.void
        : every("setOptOut", undefined, (carrier) => carrier.setOptOut(handle, optedOut))
      const said = Effect.flatMap(
        Clock.currentTimeMillis,
        (at) => publish({ _tag: optedOut ? "Suppressed" : "Restored", at, source: "explicit" })
      )
      return Effect.asVoid(
        optedOut ? Effect.zipRight(Effect.zipRight(ours, said), theirs) : Effect.zipRight(theirs, Effect.zipRight(ours, said))
      )
    },
    listWebhooks: () => Effect.map(every("listWebhooks", undefined, (carrier) => carrier.listWebhooks()), (lists) => lists.flat()),
    createWebhook: (subscription) => {
      const { carrierId } = subscription
      if (carrierId !== undefined) {
        return named("createWebhook", carrierId, ["subscription"], (carrier) => carrier.createWebhook(subscription))
      }
      const all = able("createWebhook")
      const numbers = Array.isArray(subscription.lines) ? subscription.lines : []
      const owners = all.filter((carrier) =>
        numbers.length > 0 && numbers.every((number) => Array.from(carrier.lines.values()).some((own) => own === number))
      )
      const [owner, ...others] = isEmpty(owners) ? all : owners
      return owner === undefined
        ? unsupported("createWebhook")
        : !isEmpty(others)
        ? invalid(
          "createWebhook",
          ["lines"],
          "several carriers could take this subscription; name one as carrierId, or lines that only one of them has"
        )
        : owner.createWebhook(subscription)
    },
    updateWebhook: (id, change) => ownWebhook("updateWebhook", id, (carrier) => carrier.updateWebhook(id, change)),
    deleteWebhook: (id) => ownWebhook("deleteWebhook", id, (carrier) => carrier.deleteWebhook(id))
  }
}
