/** Finds the things that a request names by id: conversations, chats, messages, files and lines. */
import * as Conversation from "@interline/core/Conversation"
import { DeliveryId } from "@interline/core/DeliveryId"
import type { MessageTarget } from "@interline/core/Draft"
import type { LineName } from "@interline/core/Line"
import type { Page } from "@interline/core/Page"
import type { AttachmentRef } from "@interline/core/Part"
import * as Problem from "@interline/core/Problem"
import type { IdMapService } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import type { To } from "./ApiSchema.ts"

const isDeliveryId = Schema.is(DeliveryId)

export const notFound = (detail: string): Effect.Effect<never, ProblemDetails.ProblemDetails> =>
  Effect.fail(ProblemDetails.make("not-found", { certainty: "not-sent", next: "fix", detail }))

const unknownIn = (path: ReadonlyArray<string>, message: string): Effect.Effect<never, ProblemDetails.ProblemDetails> =>
  Effect.fail(ProblemDetails.make("invalid", { certainty: "not-sent", next: "fix", problems: [Problem.make("one-of", path, message)] }))

export interface Resolve {
  readonly message: (id: string) => Effect.Effect<MessageTarget, ProblemDetails.ProblemDetails>
  readonly chat: (id: string) => Effect.Effect<Conversation.ChatTarget, ProblemDetails.ProblemDetails>
  readonly attachment: (id: string) => Effect.Effect<AttachmentRef, ProblemDetails.ProblemDetails>
  readonly to: (to: To) => Effect.Effect<Conversation.Conversation, ProblemDetails.ProblemDetails>
  /** The target of a request. It may also be a carrier's chat that belongs to no known conversation. */
  readonly target: (to: To) => Effect.Effect<Conversation.ChatTarget, ProblemDetails.ProblemDetails>
}

/** The names of the lines from which messages can be sent. */
export const linesOf = (carriers: ReadonlyArray<{ readonly lines: ReadonlyMap<LineName, unknown> }>): ReadonlyArray<LineName> =>
  Array.from(new Set(carriers.flatMap(({ lines }) => Array.from(lines.keys()))))

/** The line that a request names. If there is only one line, the request need not name it. */
export const lineOf = (
  lines: ReadonlyArray<LineName>,
  given: LineName | undefined,
  path: ReadonlyArray<string>
): Effect.Effect<LineName, ProblemDetails.ProblemDetails> => {
  const [only, ...others] = lines
  return given !== undefined
    ? Effect.succeed(given)
    : only !== undefined && others.length === 0
    ? Effect.succeed(only)
    : Effect.fail(ProblemDetails.make("malformed", {
      certainty: "not-sent",
      next: "fix",
      problems: [
        Problem.make("line", path, lines.length === 0 ? "is missing; no line is configured" : `is missing; lines are: ${lines.join(", ")}`)
      ]
    }))
}

export const make = (ids: IdMapService, lines: ReadonlyArray<LineName>): Resolve => {
  const conversationOf = (target: Conversation.ChatTarget): Effect.Effect<Conversation.Conversation, ProblemDetails.ProblemDetails> =>
    Conversation.isConversation(target)
      ? Effect.succeed(target)
      : Effect.flatMap(
        ids.findConversation(target),
        Option.match({
          onNone: () => unknownIn(["to", "chat"], "that chat stands for no conversation that is known here; name a line and a handle"),
          onSome: Effect.succeed
        })
      )

  const findNamed = (id: string, path: ReadonlyArray<string>) =>
    Effect.flatMap(
      ids.findChat(id),
      Option.match({ onNone: () => unknownIn(path, "no chat by that id is known here"), onSome: Effect.succeed })
    )

  const target: Resolve["target"] = (to) => {
    if ("_tag" in to) return Effect.succeed(to)
    if ("chat" in to) return findNamed(to.chat, ["to", "chat"])
    if ("handle" in to) return Effect.map(lineOf(lines, to.line, ["to", "line"]), (line) => Conversation.direct(line, to.handle))
    if ("members" in to) return Effect.flatMap(lineOf(lines, to.line, ["to", "line"]), (line) => ids.openGroup(line, to.members))
    return Effect.filterOrElse(
      findNamed(to.group, ["to", "group"]),
      (found) => Conversation.isConversation(found) && found._tag === "Group",
      () => unknownIn(["to", "group"], "no group by that id is known here")
    )
  }

  return {
    // A delivery has its id from the start, even before a client has asked for it.
    message: (id) =>
      Effect.flatMap(
        ids.findMessage(id),
        Option.match({
          onNone: () => isDeliveryId(id) ? Effect.succeed<MessageTarget>(id) : notFound("no message by that id is known here"),
          onSome: Effect.succeed
        })
      ),
    chat: (id) =>
      Effect.flatMap(
        ids.findChat(id),
        Option.match({ onNone: () => notFound("no chat by that id is known here"), onSome: Effect.succeed })
      ),
    attachment: (id) =>
      Effect.flatMap(
        ids.findAttachment(id),
        Option.match({ onNone: () => notFound("no file by that id is known here"), onSome: Effect.succeed })
      ),
    target,
    to: (to) => Effect.flatMap(target(to), conversationOf)
  }
}

/** The part that a request names. The field is missing if the request names none. */
export const part = (given: { readonly part?: number }): { readonly part?: number } => given.part === undefined ? {} : { part: given.part }

export const pageOf = <A>(
  { items, next, total }: Page<A>
): { readonly items: ReadonlyArray<A>; readonly next?: string; readonly total?: number } => ({
  items,
  ...Option.match(next, { onNone: () => ({}), onSome: (next) => ({ next }) }),
  ...Option.match(total, { onNone: () => ({}), onSome: (total) => ({ total }) })
})

export const isConversationId = Schema.is(Conversation.ConversationId)
