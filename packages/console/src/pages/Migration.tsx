/** How a move to another carrier stands. */
import { Link } from "@tanstack/react-router"
import { ApiError } from "../api/client.ts"
import { useRead } from "../api/queries.ts"
import type { Comparison, Migration as Moving, Rollout } from "../api/wire.ts"
import { Empty, Fact, Failed, Head, Loading, Reads, Section, Tag } from "../parts/basics.tsx"
import { formatCount } from "../parts/locale.ts"
import { lossWords } from "../parts/Losses.tsx"
import { Table } from "../parts/Table.tsx"
import { Ago, span, Time } from "../parts/time.tsx"
import { plain, spaced } from "../parts/words.ts"

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
    {/* step 0 is before the first one */}
    <ol className="steps">
      {rollout.steps.map((step, index) => (
        <li key={index} aria-current={index + 1 === rollout.step ? "step" : undefined}>
          {percent(step.share)}{" "}
          <span className="faint">of {step.moves === "new" ? "new conversations" : "new and existing conversations"}</span>
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
              <span>{crossing.sentence}</span>
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
              <Tag tone="bad">{spaced(fault.reason)}</Tag>
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

type Shadow = Moving["shadow"]["comparisons"][number]
type Found = Shadow["differences"][number]

const sentenceOf = ({ difference }: Found): string => {
  switch (difference.kind) {
    case "refused":
      return `It would refuse the message: ${difference.message}`
    case "loss":
      return `${lossWords[difference.loss]}: ${difference.reason}`
    case "split":
      return `${difference.from} message would become ${difference.to}`
    case "requests":
      return `${difference.to} requests instead of ${difference.from}`
    case "carried":
      return "It would take a message that is refused today"
  }
}

const ShadowPart = ({ shadow }: { readonly shadow: Shadow }) => (
  <>
    <p>
      {shadow.carrierId} instead of {shadow.against}: {formatCount(shadow.sends)} messages compared. {formatCount(shadow.same)}{" "}
      would be the same, {formatCount(shadow.different)} would be different, {formatCount(shadow.refused)} would be refused.
      {shadow.skipped === 0 ? "" : ` ${formatCount(shadow.skipped)} were not compared.`}
    </p>
    {shadow.differences.length === 0 ? null : (
      <Table
        label={`What would be different at ${shadow.carrierId}`}
        rows={shadow.differences}
        keyOf={(_, place) => place}
        columns={[
          { name: "What would be different", cell: sentenceOf },
          { name: "How often", cell: ({ count, share }) => `${formatCount(count)} (${percent(share)})` },
          { name: "Last", cell: ({ lastAt }) => <Ago at={lastAt} /> },
          {
            name: "Example",
            cell: ({ examples: [example] }) =>
              example === undefined ? null : <Link to="/messages/$id" params={{ id: example.deliveryId }}>A message</Link>
          }
        ]}
      />
    )}
  </>
)

type Cohort = Comparison["cohorts"][number]

/** Which sends of a carrier are counted. */
const whichOf = ({ cohort, line }: Cohort): string =>
  ({
    all: "all messages",
    line: `on the line ${line ?? ""}`,
    bound: "in conversations that began here",
    moved: "in conversations that came from another carrier"
  })[cohort]

const Part = ({ share: { count, of, share } }: { readonly share: Cohort["notSent"] }) =>
  of === 0
    ? <span className="faint">–</span>
    : <span className="whole" title={`${count} of ${of}`}>{formatCount(count)} ({percent(share)})</span>

const Cohorts = ({ cohorts }: { readonly cohorts: ReadonlyArray<Cohort> }) => (
  <Table
    label="Outcomes by carrier"
    rows={cohorts}
    keyOf={(_, place) => place}
    columns={[
      {
        name: "Carrier",
        cell: (cohort) => (
          <>
            {cohort.carrierId}
            <br />
            <span className="faint">{whichOf(cohort)}</span>
          </>
        )
      },
      { name: "Asked", cell: ({ sends }) => formatCount(sends) },
      { name: "Taken", cell: ({ accepted }) => formatCount(accepted) },
      { name: "Not sent", cell: ({ notSent }) => <Part share={notSent} /> },
      { name: "Held", cell: ({ held }) => <Part share={held} /> },
      { name: "Delivered", cell: ({ delivered }) => <Part share={delivered} /> },
      { name: "Failed later", cell: ({ failed }) => <Part share={failed} /> },
      { name: "Opted out", cell: ({ optOuts }) => <Part share={optOuts} /> },
      {
        name: "Time to delivered",
        cell: ({ timeToDelivered: time }) =>
          time === undefined
            ? <span className="faint">–</span>
            : (
              <>
                <span className="whole">half in {span(time.p50Seconds * 1_000)},</span>{" "}
                <span className="whole">95 % in {span(time.p95Seconds * 1_000)}</span>
              </>
            )
      }
    ]}
  />
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
              ? (
                <div className="stack">
                  {shadow.comparisons.map((one) => <ShadowPart key={`${one.carrierId} ${one.against}`} shadow={one} />)}
                </div>
              )
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
              : <Cohorts cohorts={cohorts} />}
        </Reads>
      </Section>
    </>
  )
}
