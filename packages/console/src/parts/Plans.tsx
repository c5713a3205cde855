/** What each carrier would be asked to do. */
import type { Plan } from "../api/wire.ts"
import { Tag } from "./basics.tsx"
import { Losses } from "./Losses.tsx"
import { spaced, type Tone } from "./words.ts"

const Body = ({ plan }: { readonly plan: Plan }) => {
  if (plan._tag === "Refused") {
    return <ul className="facts-list">{plan.problems.map((problem, index) => <li key={index}>{problem.message}</li>)}</ul>
  }
  return (
    <>
      {plan._tag === "Barred"
        ? (
          <p className="note">
            The gateway would refuse this now without asking {plan.carrierId}:{" "}
            {plan.error.detail ?? spaced(plan.error.reason)}. These requests would not leave.
          </p>
        )
        : null}
      {plan.losses.length === 0
        ? <p className="note">Nothing is lost.</p>
        : <Losses losses={plan.losses} />}
      {plan.steps.map((step, index) => (
        <figure key={index} className="request">
          <figcaption>
            <code>{step.method} {step.path}</code>
            {step.keyed ? <Tag tone="good">Safe to repeat</Tag> : <Tag>Not keyed</Tag>}
          </figcaption>
          <pre tabIndex={0} aria-label={`The body of request ${index + 1}`}>{JSON.stringify(step.body, null, 2)}</pre>
        </figure>
      ))}
    </>
  )
}

const verdicts = {
  Sendable: { tone: "good", text: "Would send" },
  Refused: { tone: "bad", text: "Cannot carry it" },
  Barred: { tone: "bad", text: "The gateway would refuse it" }
} as const satisfies Record<Plan["_tag"], { readonly tone: Tone; readonly text: string }>

export const Plans = ({ plans }: { readonly plans: ReadonlyArray<Plan> }) => (
  <div className="cards">
    {plans.map((plan) => (
      <article key={plan.carrierId} className="card">
        <h3>
          {plan.carrierId} <Tag tone={verdicts[plan._tag].tone}>{verdicts[plan._tag].text}</Tag>
        </h3>
        <Body plan={plan} />
      </article>
    ))}
  </div>
)
