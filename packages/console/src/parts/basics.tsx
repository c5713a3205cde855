/** The parts of every page: badges, states, dialogs, and what copies text. */
import { type ReactNode, useEffect, useId, useRef, useState } from "react"
import { ApiError } from "../api/client.ts"
import { type Pages, useAct } from "../api/queries.ts"
import { Icon } from "./icons.tsx"
import type { Label, Tone } from "./words.ts"

export const Badge = ({ label }: { readonly label: Label }) => (
  <span className="badge" data-tone={label.tone} title={label.means}>{label.text}</span>
)

export const Tag = ({ children, tone = "idle" }: { readonly children: ReactNode; readonly tone?: Tone }) =>
  <span className="badge" data-tone={tone}>{children}</span>

/** A page's head: its name, what it shows, and what can be done. */
export const Head = (
  { actions, children, title }: { readonly title: string; readonly children?: ReactNode; readonly actions?: ReactNode }
) => {
  useEffect(() => {
    document.title = `${title} · Interline`
  }, [title])
  return (
    <header className="head">
      <div>
        <h1>{title}</h1>
        {children === undefined ? null : <p className="lead">{children}</p>}
      </div>
      {actions === undefined ? null : <div className="actions">{actions}</div>}
    </header>
  )
}

export const Section = (
  { children, note, title }: { readonly title: string; readonly note?: ReactNode; readonly children: ReactNode }
) => {
  const id = useId()
  return (
    <section className="section" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {note === undefined ? null : <p className="note">{note}</p>}
      {children}
    </section>
  )
}

export const Empty = ({ children, title }: { readonly title: string; readonly children?: ReactNode }) => (
  <div className="state">
    <p className="state-title">{title}</p>
    {children === undefined ? null : <p>{children}</p>}
  </div>
)

export const Loading = ({ what }: { readonly what: string }) => (
  <div className="state" role="status">
    <span className="pulse" aria-hidden="true" />Reading {what}…
  </div>
)

const advice = (error: unknown): string => {
  if (!(error instanceof ApiError)) return "Load the page again. If it stays so, tell the people who run this gateway what you did."
  if (error.status === 202 || error.status === 424 || error.problem.certainty === "unknown") {
    return "It may have been done. Do not do it again: look in Messages first."
  }
  if (error.status === 0) return "Check that the gateway runs and that you can reach it, then try again."
  if (error.status === 401) return "Sign in again."
  if (error.problem.reason === "Suppressed") return "Nothing left the gateway. If they agreed to messages again, opt them in at Opt-outs."
  if (error.status === 403 && error.problem.reason === undefined) {
    return "Your key does not allow this. Sign in with a key of the scope that is named."
  }
  if (error.status === 404) return "Check the id, or go back to the list."
  if (error.status === 429) {
    return error.retryAfter === undefined
      ? "Wait a moment, then try again."
      : `Try again in ${error.retryAfter} seconds.`
  }
  if (error.problem.next === "fix") {
    return error.problem.certainty === "not-sent" ? "Nothing was done. Correct it, then try again." : "Do what it says, then try again."
  }
  if (error.problem.carrierId !== undefined && error.status >= 500) return `Try again when ${error.problem.carrierId} answers as it should.`
  if (error.status === 503) return "The gateway is starting or stopping. Try again in a few seconds."
  return "Try again. If it stays so, look at the gateway's log."
}

/** What is wrong. What a carrier did is said with its name. */
export const sentenceOf = (error: unknown): string => {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : "Something broke"
  const { carrierId, detail, title } = error.problem
  return carrierId === undefined || title === undefined
    ? error.message
    : `${carrierId}: ${title}${detail === undefined ? "" : ` (${detail})`}`
}

/** What is wrong with each field. */
const Problems = ({ error }: { readonly error: unknown }) =>
  error instanceof ApiError && error.problem.problems !== undefined
    ? (
      <ul>
        {error.problem.problems.map(({ message, path }, place) => (
          <li key={place}>{path.length === 0 ? "" : `${path.join(".")}: `}{message}</li>
        ))}
      </ul>
    )
    : null

/** Why something was not done, and what to do. Nothing is shown without an error. */
export const Failed = ({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) =>
  error === undefined || error === null
    ? null
    : (
      <div className="state" data-tone="bad" role="alert">
        <p className="state-title">{sentenceOf(error)}</p>
        <Problems error={error} />
        <p>{advice(error)}</p>
        {retry === undefined ? null : <button type="button" onClick={retry}>Try again</button>}
      </div>
    )

interface Reading<A> {
  readonly data: A | undefined
  readonly error: unknown
  readonly refetch: () => unknown
}

/** What was read, or why it is not here. What could not be read again is shown, with a warning. */
export function Reads<A>(
  { children, read, what }: { readonly read: Reading<A>; readonly what: string; readonly children: (value: A) => ReactNode }
): ReactNode {
  const isFailed = read.error !== null && read.error !== undefined
  if (read.data === undefined) return isFailed ? <Failed error={read.error} retry={() => void read.refetch()} /> : <Loading what={what} />
  if (!isFailed) return children(read.data)
  return (
    <>
      <Failed error={read.error} retry={() => void read.refetch()} />
      <p className="note">What stands below was read earlier. It could not be read again, so it may have changed.</p>
      {children(read.data)}
    </>
  )
}

/** Reads the next page of a list. Nothing is shown when all of it is here. */
export function More<Item>({ children, pages }: { readonly pages: Pages<Item>; readonly children: string }): ReactNode {
  return pages.hasMore
    ? (
      <p className="more">
        <button type="button" disabled={pages.isReadingMore} onClick={pages.readMore}>{children}</button>
      </p>
    )
    : null
}

/** Copies a text, and says so. */
export const Copy = ({ children = "Copy", text }: { readonly text: string; readonly children?: ReactNode }) => {
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), 2_000)
    return () => clearTimeout(timer)
  }, [isCopied])
  const copy = (): void => void navigator.clipboard.writeText(text).then(() => setCopied(true), () => setCopied(false))
  return (
    <button type="button" className="quiet" onClick={copy}>
      <Icon name="copy" />
      <span aria-live="polite">{isCopied ? "Copied" : children}</span>
    </button>
  )
}

interface DialogProps {
  readonly title: string
  readonly children: ReactNode
  /** What can go wrong, in one sentence. */
  readonly risk?: ReactNode
  readonly act: string
  readonly tone?: "danger"
  readonly run: () => Promise<unknown>
  /** What is said when it is done. */
  readonly said?: string
  readonly close: () => void
}

/** Asks before it acts. It stays open while the act runs, and shows why it failed. */
export const ActDialog = ({ act: name, children, close, risk, run, said, title, tone }: DialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  const { act, error, isBusy } = useAct()
  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={close} onCancel={(event) => isBusy && event.preventDefault()}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault()
          void act(run, said).then((isDone) => isDone && close())
        }}
      >
        <h2 id={id}>{title}</h2>
        {children}
        {risk === undefined ? null : (
          <p className="risk">
            <strong>Risk.</strong> {risk}
          </p>
        )}
        <Failed error={error} />
        <div className="actions">
          <button type="button" className="quiet" disabled={isBusy} onClick={close}>Cancel</button>
          <button type="submit" className={tone === "danger" ? "danger" : "primary"} disabled={isBusy}>{isBusy ? "Working…" : name}</button>
        </div>
      </form>
    </dialog>
  )
}

/** One fact of a list of facts. */
export const Fact = ({ children, name }: { readonly name: string; readonly children: ReactNode }) => (
  <div className="fact">
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)
