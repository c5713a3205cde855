/** An application without a gateway: it sends one message over the stores of `DATABASE`, and prints the delivery's id. */
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
import * as Interline from "interline/Interline"
import * as Node from "interline/node"

const application = Effect.flatMap(Config.redacted("DATABASE"), (database) => {
  const live = Interline.layer().pipe(Layer.provide(Stores.layer(database)), Layer.provide(Node.layer()))
  return Effect.provide(
    Effect.gen(function*() {
      const messaging = yield* Messaging
      const conversation = Conversation.direct(Line.name("support"), Handle.phone("+12025550123"))
      const { id } = yield* messaging.send(conversation, Draft.text("Order 17 is on its way."), { key: "shipped-17" })
      yield* Console.log(id)
    }),
    live
  )
})

void Effect.runPromise(application)
