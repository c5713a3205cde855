/** Asks clients that wait for `100 Continue` for their body when it begins to be read. */
import type { IncomingMessage, ServerResponse } from "node:http"

interface Waiting {
  readonly response: ServerResponse
  readonly keepAlive: boolean
}

const waiting = new WeakMap<IncomingMessage, Waiting>()

/**
 * Leaves the body with the client. An answer without the body ends the connection: whether the client sends the body after all
 * cannot be known, and it must not be taken for the next request.
 */
export const hold = (request: IncomingMessage, response: ServerResponse): void => {
  waiting.set(request, { response, keepAlive: response.shouldKeepAlive })
  response.shouldKeepAlive = false
}

/** Asks for the body, if the client waits for that. */
export const invite = (request: IncomingMessage): void => {
  const found = waiting.get(request)
  if (found === undefined) return
  waiting.delete(request)
  found.response.shouldKeepAlive = found.keepAlive
  found.response.writeContinue()
}
