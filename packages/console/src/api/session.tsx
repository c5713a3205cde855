/** Who is signed in, and whether numbers and texts of people are shown. */
import { useQueryClient } from "@tanstack/react-query"
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react"
import { ApiError, get, post, remove, whenSignedOut } from "./client.ts"
import { connect } from "./live.ts"
import type { Session } from "./wire.ts"

export type SignedIn =
  | { readonly _tag: "Asking" }
  | { readonly _tag: "Out"; readonly why?: "ended" | "link"; readonly error?: unknown }
  | { readonly _tag: "In"; readonly session: Session }

interface Access {
  readonly state: SignedIn
  readonly signIn: (key: string) => Promise<void>
  readonly signOut: () => Promise<void>
  /** Whether numbers and texts are asked for. */
  readonly people: boolean
  readonly setPeople: (people: boolean) => void
}

const AccessContext = createContext<Access | undefined>(undefined)

/** The one-time link is in the fragment, which browsers send to nobody. It is taken out of the address at once. */
const takeLink = (): string | undefined => {
  const link = new URLSearchParams(location.hash.slice(1)).get("link")
  if (link === null) return undefined
  history.replaceState(history.state, "", location.pathname + location.search)
  return link
}

const link = takeLink()
let linked: Promise<Session> | undefined

/** A link is good for one request, so it is made once, however often the page is drawn. */
const open = (): Promise<Session> =>
  link === undefined ? get<Session>("/v1/session") : linked ??= post<Session>("/v1/session", { body: { link } })

export const AccessProvider = ({ children }: { readonly children: ReactNode }) => {
  const [state, setState] = useState<SignedIn>({ _tag: "Asking" })
  const [people, setPeople] = useState(false)
  const queries = useQueryClient()

  useEffect(() => {
    let isThere = true
    whenSignedOut(() => setState((before) => before._tag === "In" ? { _tag: "Out", why: "ended" } : before))
    open().then(
      (session) => isThere && setState({ _tag: "In", session }),
      (error: unknown) => isThere && setState(link === undefined ? { _tag: "Out", error } : { _tag: "Out", why: "link", error })
    )
    return () => {
      isThere = false
    }
  }, [])

  const isIn = state._tag === "In"
  useEffect(() => isIn ? connect() : undefined, [isIn])

  const signIn = useCallback(async (key: string) => {
    const session = await post<Session>("/v1/session", { body: { key } })
    queries.clear()
    setPeople(false)
    setState({ _tag: "In", session })
  }, [queries])

  const signOut = useCallback(async () => {
    // a session that has ended is signed out
    const error = await remove("/v1/session").then(
      () => undefined,
      (error: unknown) => error instanceof ApiError && error.status === 401 ? undefined : error
    )
    queries.clear()
    setPeople(false)
    setState(error === undefined ? { _tag: "Out" } : { _tag: "Out", error })
  }, [queries])

  const access = useMemo(() => ({ state, signIn, signOut, people, setPeople }), [state, signIn, signOut, people])
  return <AccessContext value={access}>{children}</AccessContext>
}

export const useAccess = (): Access => {
  const access = useContext(AccessContext)
  if (access === undefined) throw new Error("AccessProvider is missing")
  return access
}

/** Whether numbers and texts of people are hidden now. */
export const useHides = (): boolean => {
  const { people, state } = useAccess()
  return state._tag === "In" && state.session.masked && !people
}

/** Whether the person who is signed in may do what a scope allows. */
export const useMay = (scope: "send" | "operate" | "admin"): boolean => {
  const { state } = useAccess()
  return state._tag === "In" && (state.session.scopes.includes("admin") || state.session.scopes.includes(scope))
}
