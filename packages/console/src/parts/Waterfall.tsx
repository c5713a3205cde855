/** The attempts of a delivery, each as long as it took. */
import type { Attempt } from "../api/wire.ts"
import { Badge } from "./basics.tsx"
import { span } from "./time.tsx"
import { labelOfAttempt, plain } from "./words.ts"

const certainties = { "not-sent": "Certainly not sent", unknown: "May have been sent" } as const

const Details = ({ error }: { readonly error: NonNullable<Attempt["error"]> }) => (
  <dl className="details">
    <div>
      <dt>Certainty</dt>
      <dd>{certainties[error.certainty]}</dd>
    </div>
    <div>
      <dt>Reason</dt>
      <dd>{plain(error.reason.replaceAll(/(?<=[a-z])([A-Z])/g, " $1").toLowerCase())}</dd>
    </div>
    <div>
      <dt>Blame</dt>
      <dd>{plain(error.blame)}</dd>
    </div>
    {error.status === undefined ? null : (
      <div>
        <dt>HTTP</dt>
        <dd>{error.status}</dd>
      </div>
    )}
    {error.vendorCode === undefined ? null : (
      <div>
        <dt>Vendor's code</dt>
        <dd>
          <code>{error.vendorCode}</code>
        </dd>
      </div>
    )}
    {error.traceId === undefined ? null : (
      <div>
        <dt>Vendor's trace</dt>
        <dd>
          <code>{error.traceId}</code>
        </dd>
      </div>
    )}
    {error.detail === undefined ? null : (
      <div>
        <dt>Detail</dt>
        <dd>{error.detail}</dd>
      </div>
    )}
  </dl>
)

export const Waterfall = ({ attempts }: { readonly attempts: ReadonlyArray<Attempt> }) => {
  const first = Math.min(...attempts.map(({ startedAt }) => Date.parse(startedAt)))
  const last = Math.max(...attempts.map(({ millis, startedAt }) => Date.parse(startedAt) + millis))
  const whole = Math.max(1, last - first)
  if (attempts.length === 0) return <p className="note">No carrier was asked.</p>
  return (
    <ol className="waterfall">
      {attempts.map((attempt, index) => {
        const label = labelOfAttempt(attempt.outcome, attempt.error?.reason)
        const left = (Date.parse(attempt.startedAt) - first) / whole * 100
        const width = Math.max(attempt.millis / whole * 100, 0.8)
        return (
          <li key={index} data-tone={label.tone}>
            <span className="step">{index + 1}</span>
            <span className="who-where">
              <strong>{attempt.carrierId}</strong> <span className="faint">{attempt.line}</span>
            </span>
            <Badge label={label} />
            <span className="took">{attempt.outcome === "skipped" ? "–" : span(attempt.millis)}</span>
            <span className="bar" aria-hidden="true">
              <span style={{ marginLeft: `${Math.min(left, 99.2)}%`, width: `${Math.min(width, 100 - Math.min(left, 99.2))}%` }} />
            </span>
            <span className="why">{attempt.why}{attempt.error === undefined ? null : <Details error={attempt.error} />}</span>
          </li>
        )
      })}
    </ol>
  )
}
