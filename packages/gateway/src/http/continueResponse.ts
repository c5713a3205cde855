/** Handles clients that wait for `100 Continue`: asks for their body when reading begins. */
import type { IncomingMessage, ServerResponse } from "node:http"

interface Waiting {
  readonly response: ServerResponse
  readonly keepAlive: boolean
}

const waiting = new WeakMap<IncomingMessage, Waiting>()

/**
 * Does not ask for the body yet. If the answer comes without the body, the connection ends. Nobody can know whether the client still sends
 * the body, and it must not be taken for the next request.
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
