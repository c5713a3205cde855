/**
 * Knows our own numbers, from all configured lines. Nothing is sent to them, because two of our programs could then answer each other for
 * ever.
 */
import * as Conversation from "./Conversation.ts"
import * as Handle from "./Handle.ts"
import * as Problem from "./Problem.ts"

export const problem = (path: ReadonlyArray<string | number>): Problem.Problem =>
  Problem.make(
    "recipient",
    path,
    "a number of ours, by which our own programs would answer each other; name a person, or take the number out of the configured lines"
  )

const noProblems: ReadonlyArray<Problem.Problem> = []

export interface Ours {
  readonly has: (handle: unknown) => boolean
  /** The problems of a well-formed address: the numbers of ours that it would reach. */
  readonly among: (target: Conversation.ChatTarget) => ReadonlyArray<Problem.Problem>
}

export const make = (numbers: ReadonlyArray<Handle.Phone>): Ours => {
  const ours: ReadonlySet<unknown> = new Set(numbers.flatMap(Handle.variants))
  const has = (handle: unknown): boolean => ours.has(handle)
  return {
    has,
    among: (target) => {
      if (!Conversation.isConversation(target)) return noProblems
      if (target._tag === "Direct") return has(target.handle) ? [problem(["to", "handle"])] : noProblems
      return target.members.flatMap((member, position) => has(member) ? [problem(["to", "members", position])] : [])
    }
  }
}
