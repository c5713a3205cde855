// What a router adds to a send, with nothing else in the way: carriers that answer at once, in this process, alone or behind a
// router. Prints CPU per send and Effect steps per send. `node router.mjs direct|router traced|untraced <sends>`
import * as Carrier from "@interline/core/Carrier"
import * as CarrierId from "@interline/core/CarrierId"
import * as Carriers from "@interline/core/Carriers"
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as Messaging from "@interline/core/Messaging"
import * as Suppression from "@interline/core/Suppression"
import * as Linq from "@interline/linq/Linq"
import * as Ledger from "@interline/router/Ledger"
import * as MemoryLedger from "@interline/router/MemoryLedger"
import * as Router from "@interline/router/Router"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Scheduler from "effect/Scheduler"

const [way, tracing, sends] = [process.argv[2], process.argv[3], Number(process.argv[4])]

let count = 0
const adapter = (name) => {
  const id = CarrierId.make(name)
  return {
    id,
    vendor: name,
    capabilities: Linq.capabilities,
    lines: new Map([[Line.name("support"), Handle.phone("+12025550101")]]),
    plan: (input) => Linq.plan(id, input),
    needsChat: () => false,
    findChat: () => Effect.succeed(Option.none()),
    describeChat: () => Effect.dieMessage("no chat is described here"),
    chatOf: () => Effect.dieMessage("no chat is looked up here"),
    perform: (step) =>
      Effect.map(
        Effect.yieldNow(),
        () => ({
          ref: MessageRef.make(id, `message-${count++}`),
          chat: { carrierId: id, id: "chat" },
          parts: step.parts,
          status: "pending"
        })
      ),
    operations: {}
  }
}

// a router sends one message of a conversation at a time, so there are more people than slots
const people = Array.from(
  { length: 128 },
  (_, index) => Conversation.direct(Line.name("support"), Handle.make(`+1202555${String(1000 + index)}`))
)
const draft = Draft.text("Hello, world!")

let steps = 0
class Counting extends Scheduler.MixedScheduler {
  shouldYield(fiber) {
    steps++
    return super.shouldYield(fiber)
  }
}

const program = Effect.gen(function*() {
  const suppression = yield* Suppression.makeMemory
  const environment = { suppression, chats: yield* ChatBook.makeMemory() }
  const [first, second] = ["linq", "sendblue"].map((name) => Carrier.make(adapter(name), environment))
  const messaging = way === "direct" ? Messaging.fromCarrier(first) : (yield* Router.make({ prefer: ["linq", "sendblue"] }).pipe(
    Effect.provideServiceEffect(Ledger.Ledger, MemoryLedger.make()),
    Effect.provideService(Suppression.Suppression, suppression),
    Effect.provideServiceEffect(Carriers.Carriers, Carriers.make([first, second]))
  )).messaging
  let turn = 0
  const send = Effect.suspend(() => messaging.send(people[turn++ % people.length], draft))
  const run = (times) => Effect.forEach(Array.from({ length: times }), () => send, { concurrency: 32, discard: true })
  yield* run(Math.ceil(sends / 3))
  const cpu = process.cpuUsage()
  yield* run(sends)
  const used = process.cpuUsage(cpu)
  // counted apart: counting takes time
  const counted = 1_000
  yield* Effect.withScheduler(run(counted), new Counting(2_048))
  process.stdout.write(JSON.stringify({ cpuMicros: (used.user + used.system) / sends, steps: steps / counted }))
}).pipe(Effect.scoped)

await Effect.runPromise(tracing === "untraced" ? Effect.withTracerEnabled(program, false) : program)
process.exit(0)
