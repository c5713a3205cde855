/** How a move to another carrier stands. */
import { ApiError } from "../api/client.ts"
import { useRead } from "../api/queries.ts"
import type { Comparison, Migration as Moving, Rollout } from "../api/wire.ts"
import { Empty, Fact, Failed, Head, Loading, Reads, Section, Tag } from "../parts/basics.tsx"
import { Ago, span, Time } from "../parts/time.tsx"
import { plain, reasonOf } from "../parts/words.ts"

const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`

const RolloutPart = ({ rollout }: { readonly rollout: Rollout }) => (
  <>
    <dl className="facts">
      <Fact name="From">{rollout.from}</Fact>
      <Fact name="To">{rollout.to}</Fact>
      <Fact name="Phase">
        <Tag tone={rollout.phase === "running" ? "good" : rollout.phase === "not-started" ? "idle" : "warn"}>{plain(rollout.phase)}</Tag>
      </Fact>
      <Fact name="Share">{percent(rollout.share)} of all conversations</Fact>
      {rollout.since === undefined ? null : (
        <Fact name="Step since">
          <Ago at={rollout.since} />
        </Fact>
      )}
      {rollout.waitsForSeconds === 0 ? null : <Fact name="Lasts at least">{span(rollout.waitsForSeconds * 1_000)} more</Fact>}
    </dl>
    <meter className="wide-meter" min={0} max={1} value={rollout.share} aria-label="Share of conversations at the new carrier">
      {percent(rollout.share)}
    </meter>
    <ol className="steps">
      {rollout.steps.map((step, index) => (
        <li key={index} aria-current={index === rollout.step ? "step" : undefined}>
          {percent(step.share)}
          <span className="faint">{plain(step.moves)}</span>
        </li>
      ))}
    </ol>
    {rollout.crossed.length === 0
      ? <p className="note">No guardrail is crossed.</p>
      : (
        <ul className="facts-list">
          {rollout.crossed.map((crossing, index) => (
            <li key={index}>
              <Tag tone="bad">Guardrail crossed</Tag>
              <code>{JSON.stringify(crossing)}</code>
            </li>
          ))}
        </ul>
      )}
    {rollout.faults === undefined || rollout.faults.length === 0
      ? null
      : (
        <ul className="facts-list">
          {rollout.faults.map((fault, index) => (
            <li key={index}>
              <Tag tone="bad">{reasonOf(fault.reason)}</Tag>
              <strong>{fault.line}</strong>
              <span>{fault.sentence}</span>
            </li>
          ))}
        </ul>
      )}
    <p className="note">
      Change it with <code>interline rollout advance</code>, <code>pause</code> or <code>back</code>; each change asks for a reason.
    </p>
    {rollout.changes.length === 0 ? null : (
      <ol className="timeline">
        {rollout.changes.map((change, index) => (
          <li key={index}>
            <Time at={change.at} />
            <strong>{plain(change.action)}</strong>
            <span>{change.actor}: {change.reason} ({percent(change.share)})</span>
          </li>
        ))}
      </ol>
    )}
  </>
)

const RolloutSection = () => {
  const rollout = useRead<Rollout>("/v1/rollout", { every: 15_000 })
  if (rollout.data !== undefined) return <RolloutPart rollout={rollout.data} />
  if (rollout.error instanceof ApiError && rollout.error.status === 404) {
    return (
      <Empty title="The policy has no rollout">
        Add <code>rollout</code> to the policy to move conversations step by step, with guardrails. The guide is{" "}
        <code>docs/migrating.md</code>.
      </Empty>
    )
  }
  return rollout.error === null ? <Loading what="the rollout" /> : <Failed error={rollout.error} retry={() => void rollout.refetch()} />
}

const ShadowPart = ({ comparisons }: { readonly comparisons: Moving["shadow"]["comparisons"] }) => (
  <div className="table-box" role="region" aria-label="What would be different" tabIndex={0}>
    <table>
      <thead>
        <tr>
          <th scope="col">Found</th>
        </tr>
      </thead>
      <tbody>
        {comparisons.map((comparison, index) => (
          <tr key={index}>
            <td>
              <pre tabIndex={0}>{JSON.stringify(comparison, null, 2)}</pre>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

export const Migration = () => {
  const moving = useRead<Moving>("/v1/migration")
  const compared = useRead<Comparison>("/v1/migration/compare")
  return (
    <>
      <Head title="Migration">How a move from one carrier to another stands.</Head>
      <Section title="Rollout">
        <RolloutSection />
      </Section>
      <Section title="Shadow" note="A carrier that is planned for and gets no request: what would be different there.">
        <Reads read={moving} what="the shadow">
          {({ shadow }) =>
            shadow.comparisons.length > 0
              ? <ShadowPart comparisons={shadow.comparisons} />
              : shadow.carrierId === undefined
              ? (
                <Empty title="No carrier is planned for">
                  Set <code>INTERLINE_SHADOW</code> to a carrier to see what would be different there.
                </Empty>
              )
              : <Empty title={`${shadow.carrierId} is planned for`}>Nothing was sent yet that could be compared.</Empty>}
        </Reads>
      </Section>
      <Section title="Outcomes by carrier" note="The last 7 days.">
        <Reads read={compared} what="the comparison">
          {({ cohorts }) =>
            cohorts.length === 0
              ? <Empty title="Nothing was sent in the last 7 days" />
              : <div className="cards">{cohorts.map((cohort, index) => <Cohort key={index} cohort={cohort} />)}</div>}
        </Reads>
      </Section>
    </>
  )
}

/** The counts of a cohort, whatever they are called. */
const Cohort = ({ cohort }: { readonly cohort: Comparison["cohorts"][number] }) => {
  const entries = Object.entries(cohort)
  const names = entries.filter(([, value]) => typeof value === "string").map(([, value]) => String(value))
  return (
    <article className="card">
      <h3>{names.join(" · ")}</h3>
      <dl className="pairs">
        {entries.filter(([, value]) => typeof value === "number").map((
          [name, value]
        ) => [
          <dt key={`${name} name`}>{reasonOf(name.replace(/^./, (first) => first.toUpperCase()))}</dt>,
          <dd key={name}>{String(value)}</dd>
        ])}
      </dl>
    </article>
  )
}
