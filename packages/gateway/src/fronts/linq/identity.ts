/** Ids that Linq's bodies need and nobody gave: made from what they name, so that every process makes the same ones. */
import * as Store from "../../sql/database/store.ts"

/** The id of somebody in a chat. */
export const ofHandle = (chatId: string, handle: string): string => Store.derivedId(`v3/handle/${chatId}/${handle}`)

/** The id of a chat between two who are neither a line nor a conversation of ours. */
export const ofStrangers = (ours: string, theirs: string): string => Store.derivedId(`v3/strangers/${ours}/${theirs}`)

export const ofLine = (line: string): string => Store.derivedId(`v3/line/${line}`)

/** The id of a file that was only ever named by its address. */
export const ofUrl = (url: string): string => Store.derivedId(`v3/url/${url}`)

export const ofEvent = (id: number): string => Store.derivedId(`v3/event/${id}`)

/** A trace id in Linq's form: 32 letters of hexadecimal. Of a delivery it is the delivery's own id, from its answer to its last webhook. */
export const trace = (id: string): string => id.replaceAll("-", "").toLowerCase()
