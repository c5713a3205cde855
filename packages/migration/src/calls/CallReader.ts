/** Splits a file of recorded calls into calls, piece by piece: JSON Lines, a JSON array, or a HAR file. It keeps no more than the call that it is in. */
import type { Conversation } from "@interline/core/Conversation"
import type { Draft } from "@interline/core/Draft"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as RecordedCall from "./RecordedCall.ts"

/**
 * A place in the input that holds no call. `where` is a line or an entry, `why` says what is wrong and quotes nothing. `endsInput`: what came
 * after it in this input could not be read.
 *
 * @category models
 */
export interface Damaged {
  readonly where: string
  readonly why: string
  readonly endsInput?: true
}

/**
 * A recorded call, and where it stands. `asked`: the message that it sends, if its source has read the call already.
 *
 * @category models
 */
export interface Located {
  readonly where: string
  readonly call: RecordedCall.RecordedCall
  readonly asked?: { readonly to: Conversation; readonly draft: Draft }
}

/**
 * A call, or a place that holds none.
 *
 * @category models
 */
export type Item = Either.Either<Located, Damaged>

/**
 * Takes the input in pieces, and gives the calls that have ended.
 *
 * @category models
 */
export interface CallReader {
  readonly push: (bytes: Uint8Array) => ReadonlyArray<Item>
  readonly end: () => ReadonlyArray<Item>
}

/**
 * The most characters that one call may have. A longer one is damaged.
 *
 * @category constants
 */
export const longest = 8 * 1024 * 1024

const parseJson = Schema.decodeUnknownEither(Schema.parseJson())

type Read = (given: unknown) => Either.Either<RecordedCall.RecordedCall, string>

const read = (text: string, where: string, readCall: Read): Item => {
  const parsed = parseJson(text)
  if (Either.isLeft(parsed)) return Either.left({ where, why: "it is not JSON" })
  return Either.mapBoth(readCall(parsed.right), { onLeft: (why) => ({ where, why }), onRight: (call) => ({ where, call }) })
}

/** Splits a text that comes in pieces. */
interface Splitter {
  readonly push: (text: string, items: Array<Item>) => void
  readonly end: (items: Array<Item>) => void
}

const tooLong = "it is longer than 8 MiB"

/** Whether a last line without an end begins as a call does. If it is not JSON, the rest of it is missing. */
const beginsAsCall = /^\s*\{/

const makeLines = (name: string): Splitter => {
  let number = 0
  let rest = ""
  let skipping = false
  const take = (line: string, items: Array<Item>): void => {
    number += 1
    const where = `${name}, line ${number}`
    if (skipping || line.length > longest) items.push(Either.left({ where, why: tooLong }))
    else if (line.trim() !== "") items.push(read(line, where, RecordedCall.ofLine))
    skipping = false
  }
  return {
    push: (text, items) => {
      let from = 0
      for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", from)) {
        take(rest + text.slice(from, at), items)
        rest = ""
        from = at + 1
      }
      rest += text.slice(from)
      if (rest.length > longest) {
        rest = ""
        skipping = true
      }
    },
    end: (items) => {
      if (rest.trim() === "" && !skipping) return
      if (!skipping && beginsAsCall.test(rest) && Either.isLeft(parseJson(rest))) {
        items.push(Either.left({
          where: `${name}, line ${number + 1}`,
          why: "it is the last line, and the file ends in the middle of it",
          endsInput: true
        }))
      } else take(rest, items)
    }
  }
}

const space = 32
const comma = 44
const quote = 34
const backslash = 92
const openBrace = 123
const closeBrace = 125
const openBracket = 91
const closeBracket = 93

/** Where the calls of a file are: in the list at this depth, behind this name. `word`: what one of them is called. */
interface List {
  readonly listDepth: number
  readonly listName: string | undefined
  readonly word: string
  readonly readCall: Read
}

/** `log.entries`. */
const harEntries: List = { listDepth: 3, listName: "entries", word: "entry", readCall: RecordedCall.ofHarEntry }

const jsonArray: List = { listDepth: 1, listName: undefined, word: "item", readCall: RecordedCall.ofLine }

/** Finds the objects of a list by counting brackets outside texts. Only such an object is parsed. */
const makeList = (name: string, { listDepth, listName, readCall, word }: List): Splitter => {
  let number = 0
  let depth = 0
  let inText = false
  let escaped = false
  let lastText = ""
  let inEntries = false
  // whether the place in the list holds something else than an object
  let hasOther = false
  let entry: Array<string> | undefined
  let length = 0

  const keep = (piece: string): void => {
    if (entry === undefined) return
    length += piece.length
    if (length <= longest) entry.push(piece)
  }

  const finish = (items: Array<Item>): void => {
    number += 1
    const where = `${name}, ${word} ${number}`
    items.push(length > longest ? Either.left({ where, why: tooLong }) : read((entry ?? []).join(""), where, readCall))
    entry = undefined
  }

  const finishOther = (items: Array<Item>): void => {
    if (!hasOther) return
    hasOther = false
    number += 1
    items.push(Either.left({ where: `${name}, ${word} ${number}`, why: "it is no object" }))
  }

  return {
    push: (text, items) => {
      let from = 0
      let textFrom = 0
      for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at)
        if (inText) {
          if (escaped) escaped = false
          else if (code === backslash) escaped = true
          else if (code === quote) {
            inText = false
            if (entry === undefined) lastText = (lastText + text.slice(textFrom, at)).slice(-100)
          }
          continue
        }
        const isBetween = inEntries && entry === undefined && depth === listDepth
        switch (code) {
          case quote:
            if (isBetween) hasOther = true
            inText = true
            lastText = ""
            textFrom = at + 1
            break
          case openBracket:
          case openBrace:
            depth += 1
            if (code === openBracket && depth === listDepth && (listName === undefined || lastText === listName)) inEntries = true
            else if (inEntries && entry === undefined && code === openBrace && depth === listDepth + 1) {
              entry = []
              length = 0
              from = at
            } else if (isBetween) hasOther = true
            break
          case closeBracket:
          case closeBrace:
            depth -= 1
            if (entry !== undefined && depth === listDepth) {
              keep(text.slice(from, at + 1))
              finish(items)
            } else if (depth < listDepth) {
              if (isBetween) finishOther(items)
              inEntries = false
            }
            break
          case comma:
            if (isBetween) finishOther(items)
            break
          default:
            if (isBetween && code > space) hasOther = true
        }
      }
      if (entry !== undefined) keep(text.slice(from))
      else if (inText) lastText = (lastText + text.slice(textFrom)).slice(-100)
    },
    end: (items) => {
      if (entry !== undefined || depth > 0) {
        items.push(Either.left({ where: `${name}, after ${word} ${number}`, why: "the file ends too early", endsInput: true }))
      }
    }
  }
}

/** A HAR file begins with its log. */
const isHar = /^\s*\{\s*"log"\s*:/

const isArray = /^\s*\[/

/** So many characters decide what the input is. */
const head = 64

/**
 * Makes a reader of one input. `name` is the name of the input in `where`. A byte order mark is skipped.
 *
 * @category constructors
 */
export const make = (name: string): CallReader => {
  const decoder = new TextDecoder()
  let before = ""
  let splitter: Splitter | undefined

  const choose = (): Splitter => {
    splitter = isHar.test(before) ? makeList(name, harEntries) : isArray.test(before) ? makeList(name, jsonArray) : makeLines(name)
    return splitter
  }

  const take = (text: string, isLast: boolean): ReadonlyArray<Item> => {
    const items: Array<Item> = []
    if (splitter !== undefined) splitter.push(text, items)
    else {
      before += text
      if (before.length >= head || isLast) {
        choose().push(before, items)
        before = ""
      }
    }
    if (isLast) splitter?.end(items)
    return items
  }

  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true }), false),
    end: () => take(decoder.decode(), true)
  }
}

/**
 * Whether a value is a place that holds no call.
 *
 * @category refinements
 */
export const isDamaged = (value: unknown): value is Damaged => Predicate.hasProperty(value, "why")
