/** A web server on this machine in front of a handler of the platform's own Request and Response. */
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export const serve = (
  handler: (request: Request) => Promise<Response>
): Effect.Effect<RecordingServer.RecordingServer, never, Scope.Scope> =>
  RecordingServer.make(({ bytes, headers, method, url }) =>
    Effect.promise(async () => {
      const answer = await handler(new Request(`http://door${url}`, { method, headers, body: new Uint8Array(bytes) }))
      return { status: answer.status, body: await answer.text() }
    })
  )
