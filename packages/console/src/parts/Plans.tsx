/** What each carrier would be asked to do. */
import type { Plan } from "../api/wire.ts"
import { Tag } from "./basics.tsx"
import { Losses } from "./Losses.tsx"

const Body = ({ plan }: { readonly plan: Plan }) => {
  if (plan._tag === "Refused") {
    return <ul className="facts-list">{plan.problems.map((problem, index) => <li key={index}>{problem.message}</li>)}</ul>
  }
  return (
    <>
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

export const Plans = ({ plans }: { readonly plans: ReadonlyArray<Plan> }) => (
  <div className="cards">
    {plans.map((plan) => (
      <article key={plan.carrierId} className="card">
        <h3>{plan.carrierId} {plan._tag === "Refused" ? <Tag tone="bad">Would refuse</Tag> : <Tag tone="good">Would send</Tag>}</h3>
        <Body plan={plan} />
      </article>
    ))}
  </div>
)
