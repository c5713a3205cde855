/** What stands around every page: where one can go, whether events come in, and whether people are shown. */
import { Link, Outlet, useRouterState } from "@tanstack/react-router"
import { useEffect, useState } from "react"
import { useLiveState } from "../api/live.ts"
import { useFresh, useNothingMissed, useRead } from "../api/queries.ts"
import { useSaid } from "../api/said.ts"
import { useSandbox } from "../api/sandbox.ts"
import { useAccess } from "../api/session.tsx"
import type { Carrier, Held, LineState, Queue } from "../api/wire.ts"
import { Icon, type IconName } from "./icons.tsx"
import { useKeys } from "./keys.ts"
import { formatCount } from "./locale.ts"

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

/** What needs somebody: a word, and what it means. */
interface Mark {
  readonly text: string
  readonly means: string
}

const Marked = ({ mark }: { readonly mark: Mark | undefined }) =>
  mark === undefined
    ? null
    : (
      <span className="count" title={mark.means === "" ? undefined : `${mark.text} ${mark.means}`}>
        {mark.text}
        <span className="hidden">{` ${mark.means}`}</span>
      </span>
    )

interface PlacesProps {
  readonly places: ReadonlyArray<Place>
  readonly marks?: Readonly<Record<string, Mark | undefined>>
}

const Places = ({ marks = {}, places }: PlacesProps) => (
  <ul>
    {places.map(({ icon, name, to }) => (
      <li key={to}>
        <Link to={to} activeOptions={{ includeSearch: false }} activeProps={{ "aria-current": "page" }}>
          <Icon name={icon} />
          <span>{name}</span>
          <Marked mark={marks[to]} />
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

type Items<Item> = { readonly items: ReadonlyArray<Item> }

const everyMinute = 60_000

/** How many held messages are counted. */
const mostHeld = 100

/** How many things need somebody. What could not be read may need somebody too. */
const toMark = (count: number | undefined, means: string, isFailed: boolean, most = Number.POSITIVE_INFINITY): Mark | undefined => {
  if (isFailed) return { text: "?", means: "could not be read" }
  return count === undefined || count === 0 ? undefined : { text: count >= most ? `${most}+` : formatCount(count), means }
}

const isInTrouble = ({ faults, gone, state }: LineState): boolean =>
  state === "open" || state === "resting" || gone === true || (faults?.length ?? 0) > 0

/** What needs somebody, by the address of the page that shows it. */
const useMarks = (): Readonly<Record<string, Mark | undefined>> => {
  const held = useRead<Items<Held>>("/v1/held", { query: { limit: mostHeld }, people: false, every: everyMinute })
  const carriers = useRead<Items<Carrier>>("/v1/carriers", { people: false, every: everyMinute })
  const queues = useRead<Items<Queue>>("/v1/queues", { people: false, every: everyMinute })
  useFresh(["/v1/held"], ["Held", "Settled", "Concluded"])
  useFresh(["/v1/carriers"], ["BreakerOpened", "BreakerClosed", "Limited", "Line"])
  const lines = carriers.data?.items.flatMap(({ health }) => health.filter(isInTrouble))
  const isPaused = queues.data?.items.some(({ pausedAt }) => pausedAt !== undefined) === true
  const givenUp = queues.data?.items.reduce((sum, { failed }) => sum + failed, 0)
  return {
    "/held": toMark(held.data?.items.length, "waiting", held.error !== null, mostHeld),
    "/carriers": toMark(lines?.length, lines?.length === 1 ? "line in trouble" : "lines in trouble", carriers.error !== null),
    "/webhooks-and-callbacks": isPaused && queues.error === null
      ? { text: "paused", means: "" }
      : toMark(givenUp, "given up", queues.error !== null)
  }
}

const Said = () => {
  const said = useSaid()
  return <p className="said" role="status" data-empty={said === ""}>{said}</p>
}

/** On how many pages something needs somebody: for a window in which the pages are behind a button. */
const ofPages = (marks: Readonly<Record<string, Mark | undefined>>): Mark | undefined => {
  const count = Object.values(marks).filter((mark) => mark !== undefined).length
  return toMark(count, count === 1 ? "page has something for you" : "pages have something for you", false)
}

export const Frame = () => {
  const { people, setPeople, signOut, state } = useAccess()
  const sandbox = useSandbox()
  useNothingMissed()
  const marks = useMarks()
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const [isOpen, setOpen] = useState(false)
  useEffect(() => setOpen(false), [path])
  useKeys({ "/": () => document.querySelector<HTMLInputElement>("input[type=search]")?.focus() })
  return (
    <div className="frame">
      <a className="skip" href="#main">Skip to the page</a>
      <header className="top">
        <button type="button" className="menu" aria-expanded={isOpen} aria-controls="places" onClick={() => setOpen(!isOpen)}>
          Menu<Marked mark={ofPages(marks)} />
        </button>
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
        <Places places={work} marks={marks} />
        {sandbox.data === "there"
          ? (
            <>
              <h2>Sandbox</h2>
              <Places places={[{ to: "/try", name: "Try it", icon: "try" }]} />
            </>
          )
          : null}
        <h2>Health</h2>
        <Places places={health} marks={marks} />
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
