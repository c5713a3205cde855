/** `interline policy explain`. */
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as Plan from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import type * as Decision from "@interline/router/Decision"
import * as Route from "@interline/router/Route"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as Vendors from "interline/Vendors"
import * as Draft from "../../gateway/draft.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as UserPolicy from "../../policy/userPolicy.ts"
import * as Deliveries from "../../print/deliveries.ts"

const isVendor = (name: string): name is Vendors.VendorName => Object.hasOwn(Vendors.vendors, name)

/** What each carrier of the policy would be asked. */
const plansOf = ({ carriers }: UserPolicy.UserPolicy, request: Route.Request) =>
  Effect.gen(function*() {
    const plans = new Map<UserPolicy.OwnCarrier["id"], Plan.Plan>()
    for (const { id, lines, vendor } of carriers) {
      if (!isVendor(vendor) || !lines.has(request.conversation.line)) continue
      const planner = yield* Vendors.vendors[vendor].planner({ carrierId: id, lines })
      plans.set(id, yield* planner.plan(request))
    }
    return plans
  }).pipe(Effect.provide(ChatBook.layerMemory()))

const encodePlan = Schema.encode(Plan.Plan)

interface Candidate {
  readonly carrierId: UserPolicy.OwnCarrier["id"]
  readonly line: string
  readonly plan: Plan.Plan
  /** Why it is not asked. */
  readonly barred?: string
}

const linesOf = ({ barred, carrierId, line, plan }: Candidate, place: number): ReadonlyArray<string> => [
  `${place + 1}. ${carrierId}, from the line ${line}: ${
    barred !== undefined
      ? "is not asked"
      : plan._tag === "Refused"
      ? "cannot take it"
      : plan.steps.length === 1
      ? "one request"
      : `${plan.steps.length} requests`
  }`,
  ...(plan._tag === "Refused"
    ? plan.problems.map((problem) => `   ${Problem.format(problem)}`)
    : barred !== undefined
    ? [`   ${barred}`]
    : [
      ...plan.steps.map(({ method, path }) => `   ${method} ${path}`),
      ...Deliveries.toLosses(plan.losses).map((text) => `   ${text}`)
    ])
]

const inDoubt = {
  hold: "it is held for a person's word",
  "send-anyway": "the next carrier is asked all the same, and the person may get it twice",
  fail: "the send ends, and no other carrier is asked"
} as const satisfies Readonly<Record<Decision.OnUnknown, string>>

const endOf = (onUnknown: Decision.OnUnknown): string =>
  `Another carrier is asked only after a refusal that is certain. If a message may have gone out, ${inDoubt[onUnknown]}.`

export const command = MakeVerb.makeVerb(
  "policy explain",
  ({ json, known, lines, policy: file, ...flags }, [text]) =>
    Effect.gen(function*() {
      const { to, ...draft } = yield* Draft.readDraft({ ...flags, chat: Option.none(), "reply-to": Option.none() }, text)
      const found = yield* Effect.catchTag(UserPolicy.read({ file, lines }), "Unusable", Failure.failAsUsage)
      const names = UserPolicy.linesOf(found)
      const own = "line" in to ? to.line : names.length === 1 ? names[0] : undefined
      if (own === undefined) {
        return yield* Failure.failAsUsage({ message: `say from which line: --line takes one of ${names.join(", ")}` })
      }
      const conversation = "handle" in to
        ? Conversation.direct(own, to.handle)
        : yield* Conversation.group(own, "members" in to ? to.members : [])
      const asked: Route.Request = { conversation, draft, fidelity: draft.fidelity ?? found.policy.fidelity }
      const request = { ...asked, fidelity: Route.fidelityOf(found.policy, asked) }
      const at = yield* Clock.currentTimeMillis
      const plans = yield* plansOf(found, request)
      const contact = { inboundAt: at, outboundAt: undefined }
      const route = Route.make(found.policy, request, {
        plans,
        carriers: new Map(found.carriers.map(({ id, lines }) => [id, { lines }])),
        binding: Option.none(),
        contacts: new Map(known ? found.carriers.map(({ id }) => [id, contact]) : []),
        at,
        jitter: 0
      })
      if ("problems" in route) {
        return yield* new Failure.Failure({ message: route.problems.map(Problem.format).join("; "), code: 3 })
      }
      const candidates = route.route.flatMap(({ barred, carrierId, line }): ReadonlyArray<Candidate> => {
        const plan = plans.get(carrierId)
        return plan === undefined ? [] : [{ carrierId, line, plan, ...(barred === undefined ? {} : { barred: barred.why }) }]
      })
      const encoded = yield* Effect.forEach(
        candidates,
        (candidate) => Effect.map(Effect.orDie(encodePlan(candidate.plan)), (plan) => ({ ...Struct.omit(candidate, "plan"), plan }))
      )
      yield* Console.log(
        json
          ? JSON.stringify({ why: route.why, fidelity: route.fidelity, onUnknown: route.settings.onUnknown, carriers: encoded })
          : [`Because ${route.why}:`, ...candidates.flatMap(linesOf), endOf(route.settings.onUnknown)].join("\n")
      )
      if (candidates.every(({ barred, plan }) => barred !== undefined || plan._tag === "Refused")) {
        yield* new Failure.Failure({ message: "no carrier could take it", code: 3 })
      }
    })
)
