import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Sandbox } from "@interline/sandbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Conversation, Draft, Handle, Interline, Line, Messaging } from "interline"

const MessagingTest = Layer.unwrapEffect(Effect.map(Sandbox.Sandbox, ({ credentials, linq, sendblue }) =>
  Interline.layerConfig({
    prefer: ["linq", "sendblue"],
    lines: { support: { linq: "+12025550101", sendblue: "+12025550201" } },
    linq: { token: Redacted.make(credentials.linqToken), baseUrl: linq },
    sendblue: {
      apiKey: Redacted.make(credentials.sendblueKeyId),
      apiSecret: Redacted.make(credentials.sendblueSecretKey),
      baseUrl: sendblue
    }
  })
)).pipe(Layer.provide(FetchHttpClient.layer), Layer.provideMerge(Sandbox.layer()))

// what is to be tested needs `Messaging`, and knows nothing of the sandbox
const welcome = (handle: Handle.Handle) => Messaging.send(Conversation.direct(Line.name("support"), handle), Draft.text("Welcome"))

export const test = Effect.gen(function*() {
  const { network } = yield* Sandbox.Sandbox
  // Linq is in trouble, so Sendblue takes the message
  yield* network.addFault({ vendor: "linq", kind: "refused" })
  const handle = Handle.make("+12025550123")
  const { carrierId } = yield* welcome(handle)
  const { messages } = yield* network.phone(handle)
  return { carrierId, texts: messages.map(({ text }) => text) } // sendblue, ["Welcome"]
}).pipe(Effect.provide(MessagingTest))
