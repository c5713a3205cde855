/** What stands around every page: where one can go, whether events come in, and whether people are shown. */
import { Link, Outlet, useRouterState } from "@tanstack/react-router"
import { useEffect, useState } from "react"
import { useLiveState } from "../api/live.ts"
import { useFresh, useNothingMissed, useRead } from "../api/queries.ts"
import { useSaid } from "../api/said.ts"
import { useSandbox } from "../api/sandbox.ts"
import { useAccess } from "../api/session.tsx"
import type { Held } from "../api/wire.ts"
import { Icon, type IconName } from "./icons.tsx"
import { useKeys } from "./keys.ts"

interface Place {
  readonly to: string
  readonly name: string
  readonly icon: IconName
}

const work: ReadonlyArray<Place> = [
  { to: "/messages", name: "Messages", icon: "messages" },
  { to: "/held", name: "Held", icon: "held" }
]

const health: ReadonlyArray<Place> = [
  { to: "/carriers", name: "Carriers and lines", icon: "carriers" },
  { to: "/webhooks-and-callbacks", name: "Webhooks and callbacks", icon: "webhooks" },
  { to: "/opt-outs", name: "Opt-outs", icon: "optouts" }
]

const change: ReadonlyArray<Place> = [
  { to: "/plan", name: "Plan", icon: "plan" },
  { to: "/migration", name: "Migration", icon: "migration" }
]

const access: ReadonlyArray<Place> = [
  { to: "/keys", name: "Keys", icon: "keys" },
  { to: "/audit", name: "Audit", icon: "audit" }
]

const Places = ({ badge, places }: { readonly places: ReadonlyArray<Place>; readonly badge?: Readonly<Record<string, string>> }) => (
  <ul>
    {places.map(({ icon, name, to }) => (
      <li key={to}>
        <Link to={to} activeOptions={{ includeSearch: false }} activeProps={{ "aria-current": "page" }}>
          <Icon name={icon} />
          <span>{name}</span>
          {badge?.[to] === undefined ? null : (
            <span className="count">
              {badge[to]}
              <span className="hidden">{badge[to] === "?" ? "could not be read" : "waiting"}</span>
            </span>
          )}
        </Link>
      </li>
    ))}
  </ul>
)

const liveWords = { live: "Live", connecting: "Connecting…", off: "Not live" } as const

const Live = () => {
  const state = useLiveState()
  return (
    <span className="live" data-state={state} role="status">
      <span className="dot" aria-hidden="true" />
      {liveWords[state]}
    </span>
  )
}

/** How many held messages are counted. */
const mostHeld = 100

const heldWord = (count: number): string | undefined => count === 0 ? undefined : count === mostHeld ? `${count}+` : `${count}`

const Said = () => {
  const said = useSaid()
  return <p className="said" role="status" data-empty={said === ""}>{said}</p>
}

export const Frame = () => {
  const { people, setPeople, signOut, state } = useAccess()
  const sandbox = useSandbox()
  useNothingMissed()
  const held = useRead<{ readonly items: ReadonlyArray<Held> }>("/v1/held", { query: { limit: mostHeld }, people: false, every: 60_000 })
  const waiting = held.error === null ? heldWord(held.data?.items.length ?? 0) : "?"
  useFresh(["/v1/held"], ["Held", "Settled", "Concluded"])
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const [isOpen, setOpen] = useState(false)
  useEffect(() => setOpen(false), [path])
  useKeys({ "/": () => document.querySelector<HTMLInputElement>("input[type=search]")?.focus() })
  return (
    <div className="frame">
      <a className="skip" href="#main">Skip to the page</a>
      <header className="top">
        <button type="button" className="menu" aria-expanded={isOpen} aria-controls="places" onClick={() => setOpen(!isOpen)}>Menu</button>
        <Link to="/messages" className="brand">
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width="22" height="22" />Interline
        </Link>
        <Live />
        <span className="spread" />
        {state._tag === "In" && state.session.masked ?
          (
            <button
              type="button"
              role="switch"
              aria-checked={people}
              className="switch"
              title="Shows numbers and texts. The audit says who asked."
              onClick={() => setPeople(!people)}
            >
              <span className="track" aria-hidden="true" />Show people
            </button>
          ) :
          null}
        {state._tag === "In"
          ? <span className="who" title={`Scopes: ${state.session.scopes.join(", ")}`}>{state.session.name}</span>
          : null}
        <button type="button" className="quiet" onClick={() => void signOut()}>
          <Icon name="out" />
          <span className="wide">Sign out</span>
        </button>
      </header>
      <nav id="places" className="places" data-open={isOpen} aria-label="Pages">
        <Places places={work} badge={waiting === undefined ? {} : { "/held": waiting }} />
        {sandbox.data === "there"
          ? (
            <>
              <h2>Sandbox</h2>
              <Places places={[{ to: "/try", name: "Try it", icon: "try" }]} />
            </>
          )
          : null}
        <h2>Health</h2>
        <Places places={health} />
        <h2>Change</h2>
        <Places places={change} />
        <h2>Access</h2>
        <Places places={access} />
      </nav>
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
      <Said />
    </div>
  )
}
