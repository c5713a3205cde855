// Plans of validated drafts, per carrier: how many a second on one core.
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Part from "@interline/core/Part"
import * as Plan from "@interline/core/Plan"
import * as Linq from "@interline/linq/Linq"
import * as Sendblue from "@interline/sendblue/Sendblue"

const photo = "https://images.example.com/photo.jpg"
const drafts = [
  Draft.text("Hello, world!"),
  Draft.text("Congratulations!", { effect: "confetti" }),
  Draft.make([Part.text("Only two left", [{ start: 0, end: 4, style: "bold" }])]),
  Draft.make([Part.text("one"), Part.media(photo), Part.text("two")])
]
const conversation = Conversation.direct(Line.name("support"), Handle.make("+12025550123"))
const inputs = (from, carrierId) =>
  drafts.map((draft) => ({
    draft,
    conversation,
    knowledge: Plan.known({ carrierId, id: "94c6bf33-31d9-40e3-a0e9-f94250ecedb9" }),
    from: Handle.phone(from),
    fidelity: "adapt"
  }))

const rate = (plan, planned) => {
  const times = 400_000
  let sendable = 0
  const once = (count) => {
    for (let index = 0; index < count; index++) if (plan(planned[index % planned.length])._tag === "Sendable") sendable++
  }
  once(times / 4)
  const started = performance.now()
  once(times)
  const seconds = (performance.now() - started) / 1000
  if (sendable !== times * 1.25) throw new Error("a draft of the benchmark is not sendable")
  return times / seconds
}

const linq = CarrierId.make("linq")
const sendblue = CarrierId.make("sendblue")
process.stdout.write(JSON.stringify({
  linq: rate((input) => Linq.plan(linq, input), inputs("+12025550101", linq)),
  sendblue: rate((input) => Sendblue.plan(sendblue, input), inputs("+12025550201", sendblue))
}))
