/** The contract of what reads a request of a vendor's wire as its front does, without doing what the request asks for. */
import type { Conversation } from "@interline/core/Conversation"
import type { Draft } from "@interline/core/Draft"
import type { Handle } from "@interline/core/Handle"
import type { Operation } from "@interline/core/Operation"
import type { IdMapService } from "@interline/sql/IdMap"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { FrontService } from "./FrontService.ts"

/**
 * A request to a vendor. `path` is as it was written, without the query. `body` is its text, or its fields if somebody has read them.
 *
 * @category models
 */
export interface GivenRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly contentType: string | undefined
  readonly body: string | Readonly<Record<string, unknown>>
}

/**
 * What the numbers and ids in a request stand for.
 *
 * @category models
 */
export interface References
  extends Pick<FrontService, "lineOf" | "onlyLine">, Pick<IdMapService, "findAttachment" | "findMessage" | "openGroup">
{
  /**
   * The conversation of a chat or a group, by the vendor's id. `line` is the line that writes to it, if the request names it. `isGroup`: the
   * vendor's id is of a group. Otherwise it may be of a chat with one person.
   */
  readonly findConversation: (
    id: string,
    given: { readonly line: FrontService["onlyLine"]; readonly isGroup: boolean }
  ) => Effect.Effect<Option.Option<Conversation>>
}

/**
 * A chat or a group that an answer of the vendor shows. `people` is everybody in it but us, and empty if the answer does not name them.
 * `number` is our number in it.
 *
 * @category models
 */
export interface ShownChat {
  readonly id: string
  readonly isGroup: boolean
  readonly people: ReadonlyArray<Handle>
  readonly number?: Handle
}

/**
 * What a request asks for. `endpoint` is its method and the pattern of its path. `unknown` are the names of fields that the front does not
 * know and does not pass on.
 *
 * - `Send`: a message.
 * - `Operation`: something else that a carrier does. If `operations` is empty, the gateway answers by itself.
 * - `Refused`: the front does not take it. `why` names fields and rules, never what they hold. `isCarried`: it takes other requests of this
 *   endpoint. `isSend`: the endpoint sends messages. `passesAs`: the group under which `INTERLINE_PASS_THROUGH` passes it on to the vendor.
 * - `NoEndpoint`: the vendor has no such endpoint.
 *
 * @category models
 */
export type Reading =
  | {
    readonly _tag: "Send"
    readonly endpoint: string
    readonly to: Conversation
    readonly draft: Draft
    readonly unknown: ReadonlyArray<string>
  }
  | {
    readonly _tag: "Operation"
    readonly endpoint: string
    readonly operations: ReadonlyArray<Operation>
    readonly unknown: ReadonlyArray<string>
  }
  | {
    readonly _tag: "Refused"
    readonly endpoint: string
    readonly why: string
    readonly isCarried: boolean
    readonly isSend: boolean
    readonly passesAs?: string
  }
  | { readonly _tag: "NoEndpoint" }

/**
 * Reads requests of one wire.
 *
 * @category models
 */
export interface RequestReader {
  readonly read: (request: GivenRequest) => Effect.Effect<Reading>
  /** The chats and groups that an answer of the vendor shows, read from its JSON. */
  readonly chatsIn: (answer: unknown) => ReadonlyArray<ShownChat>
  /** Every endpoint of the wire that the front knows. */
  readonly endpoints: ReadonlyArray<string>
}
