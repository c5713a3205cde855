/** Asks for an API key. */
import { type FormEvent, useId, useState } from "react"
import { ApiError } from "../api/client.ts"
import { type SignedIn, useAccess } from "../api/session.tsx"

const reasonOf = (error: unknown): string => {
  if (!(error instanceof ApiError)) return "The sign-in broke. Load the page again."
  if (error.status === 401) return "The gateway does not know this key. Check that it is whole, and that it is not revoked or expired."
  if (error.status === 429) {
    return `Too many tries. ${error.retryAfter === undefined ? "Wait a moment" : `Wait ${error.retryAfter} seconds`}, then try again.`
  }
  if (error.status === 0) return "The gateway does not answer. Check that it runs, then try again."
  return error.message
}

const whyHere = (state: SignedIn): string | undefined => {
  if (state._tag !== "Out") return undefined
  if (state.why === "ended") return "Your session has ended. Sign in again; you come back to this page."
  if (state.why === "link") {
    return "This link was used already, or it is too old. Sign in with a key, or start the gateway again for another link."
  }
  return state.error instanceof ApiError && state.error.status !== 401 ? reasonOf(state.error) : undefined
}

export const SignIn = () => {
  const { signIn, state } = useAccess()
  const [key, setKey] = useState("")
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const id = useId()
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      await signIn(key.trim())
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  const why = error === undefined ? whyHere(state) : undefined
  return (
    <main className="sign-in">
      <form onSubmit={(event) => void submit(event)}>
        <h1>
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width="28" height="28" />Interline
        </h1>
        <p>What became of every message, and why.</p>
        {why === undefined ? null : <p className="risk" role="status">{why}</p>}
        <label htmlFor={id}>API key</label>
        <input
          id={id}
          type="password"
          autoComplete="current-password"
          required
          autoFocus
          value={key}
          onChange={(event) => setKey(event.target.value)}
          aria-describedby={`${id}-help`}
          aria-invalid={error !== undefined}
        />
        <p id={`${id}-help`} className="note">
          A key of <code>INTERLINE_API_KEYS</code>, or one that was created over the API. It is not kept in the browser.
        </p>
        {error === undefined ? null : <p className="wrong" role="alert">{reasonOf(error)}</p>}
        <button type="submit" className="primary" disabled={isBusy || key.trim() === ""}>{isBusy ? "Signing in…" : "Sign in"}</button>
      </form>
    </main>
  )
}
