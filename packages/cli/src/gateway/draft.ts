/** Reads a draft from the options of `send` and `plan`. */
import * as MessageEffect from "@interline/core/MessageEffect"
import * as NearestWord from "@interline/core/NearestWord"
import { present } from "@interline/core/Optional"
import * as Part from "@interline/core/Part"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Failure from "../grammar/failure.ts"
import type { GivenFlags } from "../grammar/makeVerb.ts"
import * as Input from "./input.ts"

type DraftFlags = Pick<GivenFlags<"send">, "to" | "chat" | "line" | "media" | "effect" | "reply-to" | "service" | "exact">

const readTo = ({ chat, line, to }: DraftFlags) =>
  Effect.gen(function*() {
    if (Option.isSome(chat)) {
      return Option.isSome(to) || Option.isSome(line)
        ? yield* Failure.failAsUsage({ message: "--chat names the conversation, so that --to and --line are not given" })
        : { chat: chat.value }
    }
    if (Option.isNone(to)) {
      return yield* Failure.failAsUsage({ message: "say whom it is for: --to takes a person, and --chat the id of a chat" })
    }
    const own = present({ line: yield* Input.readOption(line, Input.readLine) })
    const people = yield* Effect.forEach(Input.toWords(to.value), Input.readPerson("to"))
    const [first, ...more] = people
    if (first === undefined) return yield* Failure.failAsUsage({ message: "--to takes a person, and none is given" })
    return more.length === 0 ? { ...own, handle: first } : { ...own, members: Arr.make(first, ...more) }
  })

const isEffect = Schema.is(MessageEffect.MessageEffect)

const readEffect = (text: string): Effect.Effect<MessageEffect.MessageEffect, Failure.Failure> =>
  isEffect(text) ? Effect.succeed(text) : Failure.failAsUsage({ message: `--effect ${NearestWord.oneOf(text, MessageEffect.all)}` })

/** The draft and whom it is for, as the API takes it. */
export const readDraft = (flags: DraftFlags, operand: string | undefined) =>
  Effect.gen(function*() {
    const to = yield* readTo(flags)
    const text = operand === undefined ? undefined : yield* Input.readText(operand)
    if (text?.trim() === "") yield* Failure.failAsUsage({ message: "the text is empty" })
    const effect = yield* Input.readOption(flags.effect, readEffect)
    const answered = yield* Input.readOption(flags["reply-to"], Input.readMessage("reply-to"))
    const parts: ReadonlyArray<Part.Part> = [
      ...(text === undefined ? [] : [Part.text(text)]),
      ...Option.toArray(Option.map(flags.media, (url) => Part.media(url)))
    ]
    if (!Arr.isNonEmptyReadonlyArray(parts)) return yield* Failure.failAsUsage({ message: "give a text, or --media" })
    return {
      to,
      parts,
      ...present({
        effect,
        replyTo: answered === undefined ? undefined : { to: answered },
        preferredService: Option.getOrUndefined(flags.service),
        fidelity: flags.exact ? "exact" as const : undefined
      })
    }
  })
