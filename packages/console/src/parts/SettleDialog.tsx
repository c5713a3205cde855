/** Says what became of a held message. */
import { useId, useState } from "react"
import { post } from "../api/client.ts"
import { say } from "../api/said.ts"
import type { Settlement } from "../api/wire.ts"
import { ActDialog } from "./basics.tsx"

interface Props {
  readonly deliveryId: string
  readonly carrierId: string
  readonly close: () => void
}

export const SettleDialog = ({ carrierId, close, deliveryId }: Props) => {
  const [verdict, setVerdict] = useState<"arrived" | "not-sent">("not-sent")
  const [ref, setRef] = useState("")
  const [isUnchecked, setUnchecked] = useState(false)
  const id = useId()
  const run = async (): Promise<void> => {
    const { checked, why } = await post<Settlement>(`/v1/held/${deliveryId}/settle`, {
      body: verdict === "arrived"
        ? { verdict, ref: { carrierId, id: ref.trim() }, ...(isUnchecked ? { unchecked: true } : {}) }
        : { verdict }
    })
    say(
      verdict === "not-sent"
        ? "It is settled: the message was not sent."
        : checked
        ? `It is settled: the message arrived, and ${carrierId} has it.`
        : `It is settled: the message arrived. The id was not checked: ${why ?? "the carrier was not asked"}.`
    )
  }
  return (
    <ActDialog
      title="Settle this message"
      act={verdict === "arrived" ? "It arrived" : "It was not sent"}
      tone="danger"
      run={run}
      close={close}
      risk={verdict === "arrived"
        ? "If it did not arrive, the person never gets it: nothing sends it again."
        : "If it did arrive, whoever sends it again gives the person the same text twice."}
    >
      <p>Look in {carrierId}'s own dashboard first. What you say here is final, and is kept with your name.</p>
      <fieldset>
        <legend>What became of it?</legend>
        <label>
          <input type="radio" name={id} checked={verdict === "not-sent"} onChange={() => setVerdict("not-sent")} /> Nobody got it
        </label>
        <label>
          <input type="radio" name={id} checked={verdict === "arrived"} onChange={() => setVerdict("arrived")} /> It arrived
        </label>
      </fieldset>
      {verdict === "arrived" ?
        (
          <>
            <label htmlFor={`${id}-ref`}>The id of the message at {carrierId}</label>
            <input id={`${id}-ref`} required value={ref} onChange={(event) => setRef(event.target.value)} autoComplete="off" />
            <label>
              <input type="checkbox" checked={isUnchecked} onChange={(event) => setUnchecked(event.target.checked)} /> Settle it also if
              {" "}
              {carrierId} does not know this id, or knows it as a message to somebody else
            </label>
          </>
        ) :
        null}
    </ActDialog>
  )
}
