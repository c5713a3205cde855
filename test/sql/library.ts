/**
 * An application without a gateway, over the stores of `DATABASE`. It says `ready`, and sends one message under each key that it reads. It
 * prints the delivery's id, or the error with its reason.
 */
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import * as Stores from "@interline/sql/Stores"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Interline from "interline/Interline"
import * as Node from "interline/node"
import * as Readline from "node:readline"

const application = Effect.flatMap(Config.redacted("DATABASE"), (database) => {
  const live = Interline.layer().pipe(Layer.provide(Stores.layer(database)), Layer.provide(Node.layer()))
  return Effect.provide(
    Effect.gen(function*() {
      const messaging = yield* Messaging
      const conversation = Conversation.direct(Line.name("support"), Handle.phone("+12025550123"))
      const send = (key: string) =>
        Effect.match(messaging.send(conversation, Draft.text("Order 17 is on its way."), { key }), {
          onFailure: (error) => `${error._tag} ${"error" in error ? error.error.reason : ""}`,
          onSuccess: ({ id }) => id
        })
      yield* Console.log("ready")
      const keys = Stream.fromAsyncIterable(Readline.createInterface({ input: process.stdin }), (error) => error)
      yield* Stream.runForEach(keys, (key) => Effect.flatMap(send(key), Console.log))
    }),
    live
  )
})

void Effect.runPromise(application)
