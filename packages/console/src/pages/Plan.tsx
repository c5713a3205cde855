/** What would happen to a draft. Nothing is sent. */
import { type FormEvent, useId, useState } from "react"
import { post } from "../api/client.ts"
import { useAct, useRead } from "../api/queries.ts"
import type { Carrier, Delivery, Plan as Planned } from "../api/wire.ts"
import { Empty, Failed, Head, Section } from "../parts/basics.tsx"
import { Plans } from "../parts/Plans.tsx"

const effects = {
  confetti: "Confetti",
  fireworks: "Fireworks",
  lasers: "Lasers",
  sparkles: "Sparkles",
  celebration: "Celebration",
  hearts: "Hearts",
  love: "Love",
  balloons: "Balloons",
  happy_birthday: "Happy birthday",
  echo: "Echo",
  spotlight: "Spotlight",
  shooting_star: "Shooting star",
  slam: "Slam",
  loud: "Loud",
  gentle: "Gentle",
  invisible: "Invisible ink"
} as const satisfies Record<NonNullable<Delivery["draft"]["effect"]>, string>

export const Plan = () => {
  const carriers = useRead<{ readonly items: ReadonlyArray<Carrier> }>("/v1/carriers", { people: false })
  const [handle, setHandle] = useState("")
  const [text, setText] = useState("")
  const [effect, setEffect] = useState("")
  const [line, setLine] = useState("")
  const [plans, setPlans] = useState<ReadonlyArray<Planned>>()
  const { act, error, isBusy } = useAct()
  const id = useId()
  const lines = Array.from(new Set(carriers.data?.items.flatMap((carrier) => Object.keys(carrier.lines)) ?? []))
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const chosen = line === "" ? lines[0] : line
    const body = {
      to: { handle: handle.trim(), ...(chosen === undefined ? {} : { line: chosen }) },
      text,
      ...(effect === "" ? {} : { effect })
    }
    setPlans(undefined)
    void act(async () => setPlans(await post<ReadonlyArray<Planned>>("/v1/plan", { body, people: true })))
  }
  return (
    <>
      <Head title="Plan">
        What a send would do now, at each carrier in the order in which they would be asked, and what would be lost. Nothing is sent, and no
        carrier is asked: its own blocks and limits are known only when it is.
      </Head>
      <form className="form" onSubmit={submit}>
        <div className="pair">
          <div className="field">
            <label htmlFor={`${id}-to`}>To</label>
            <input
              id={`${id}-to`}
              type="tel"
              required
              placeholder="+12025550123"
              value={handle}
              onChange={(event) => setHandle(event.target.value)}
            />
          </div>
          <div className="field">
            <label htmlFor={`${id}-line`}>Line</label>
            <select id={`${id}-line`} value={line} onChange={(event) => setLine(event.target.value)}>
              {lines.map((name) => <option key={name}>{name}</option>)}
            </select>
          </div>
          <div className="field">
            <label htmlFor={`${id}-effect`}>Effect</label>
            <select id={`${id}-effect`} value={effect} onChange={(event) => setEffect(event.target.value)}>
              <option value="">None</option>
              {Object.entries(effects).map(([effect, name]) => <option key={effect} value={effect}>{name}</option>)}
            </select>
          </div>
        </div>
        <div className="field">
          <label htmlFor={`${id}-text`}>Text</label>
          <textarea id={`${id}-text`} rows={3} required value={text} onChange={(event) => setText(event.target.value)} />
        </div>
        <div className="actions">
          <button type="submit" className="primary" disabled={isBusy}>{isBusy ? "Planning…" : "Plan"}</button>
        </div>
      </form>
      <Failed error={error} />
      {plans === undefined
        ? null
        : (
          <Section title="What would happen">
            {plans.length === 0 ? <Empty title="No carrier is in use" /> : <Plans plans={plans} />}
          </Section>
        )}
    </>
  )
}
