/** A process of its own that sends one message over a shared database. Its argument is a JSON text; see `Order`. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import { Handle } from "@interline/core/Handle"
import { LineName } from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import * as Part from "@interline/core/Part"
import { Suppression } from "@interline/core/Suppression"
import * as Stores from "@interline/sql/Stores"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Interline from "interline/Interline"

/** What to send, over which sandbox and database; who opted out is written down first. */
export const Order = Schema.parseJson(Schema.Struct({
  database: Schema.String,
  linq: Schema.Struct({ baseUrl: Schema.String, token: Schema.String }),
  sendblue: Schema.Struct({ baseUrl: Schema.String, apiKey: Schema.String, apiSecret: Schema.String }),
  prefer: Schema.Array(Schema.String),
  numbers: Schema.Struct({ linq: Schema.String, sendblue: Schema.String }),
  to: Handle,
  text: Schema.String,
  key: Schema.String,
  optedOut: Handle
}))

const send = (order: typeof Order.Type) => {
  const stores = Stores.layer(order.database, { connections: 4 })
  const interline = Interline.layer({
    prefer: order.prefer,
    lines: { support: order.numbers },
    linq: { baseUrl: order.linq.baseUrl, token: Redacted.make(order.linq.token) },
    sendblue: {
      baseUrl: order.sendblue.baseUrl,
      apiKey: Redacted.make(order.sendblue.apiKey),
      apiSecret: Redacted.make(order.sendblue.apiSecret)
    }
  })
  return Effect.provide(
    Effect.gen(function*() {
      yield* Effect.flatMap(Suppression, (suppression) => suppression.add(order.optedOut, "event"))
      const messaging = yield* Messaging
      yield* messaging.send(Conversation.direct(LineName.make("support"), order.to), Draft.make([Part.text(order.text)]), {
        key: order.key
      })
    }),
    interline.pipe(Layer.provideMerge(stores), Layer.provide(FetchHttpClient.layer))
  )
}

if (process.argv[2] !== undefined) void Effect.runPromise(Effect.flatMap(Schema.decode(Order)(process.argv[2]), send))
