/** The phone of a person in the sandbox: what it shows, and what its owner answers. */
import { type FormEvent, useId, useState } from "react"
import { useAct } from "../api/queries.ts"
import { sayAs, usePhone } from "../api/sandbox.ts"
import { Failed } from "./basics.tsx"

export const Phone = (
  { handle, to }: {
    readonly handle: string
    /** The number that an answer goes to if nobody has written yet. */
    readonly to: string | undefined
  }
) => {
  const phone = usePhone(handle, true)
  const { act, error, isBusy } = useAct()
  const [text, setText] = useState("")
  const id = useId()
  const received = phone.data?.messages ?? []
  const all = [
    ...received.map((message) => ({ message, isOurs: true })),
    ...(phone.data?.sent ?? []).map((message) => ({ message, isOurs: false }))
  ]
    .sort((one, other) => one.message.receivedAt < other.message.receivedAt ? -1 : 1)
  const line = all.at(-1)?.message.line ?? to
  const say = async (said: string): Promise<void> => {
    if (line === undefined || said.trim() === "" || isBusy) return
    if (await act(() => sayAs(handle, line, said)) && said === text) setText("")
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void say(text)
  }
  return (
    <section className="phone" aria-label={`The phone of ${handle}`}>
      <header>
        <strong>{handle}</strong>
        <span className="faint">A person of the sandbox · {received.length} received</span>
      </header>
      <ol className="bubbles" tabIndex={0} aria-label="What the phone shows" aria-live="polite">
        {all.length === 0 ? <li className="bubble-none">Nothing has arrived yet.</li> : null}
        {all.map(({ isOurs, message }) => (
          <li key={message.id} data-ours={isOurs} data-service={message.service}>
            <span className="bubble">{message.text ?? "[media]"}</span>
            <span className="faint">{isOurs ? `by ${message.vendor} · ${message.service}` : "you, as the person"}</span>
          </li>
        ))}
      </ol>
      <Failed error={error ?? phone.error} />
      <form onSubmit={submit}>
        <label className="hidden" htmlFor={id}>Answer as the person</label>
        <input
          id={id}
          value={text}
          placeholder="Answer as the person"
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" disabled={text.trim() === "" || line === undefined}>Answer</button>
        <button type="button" disabled={line === undefined} onClick={() => void say("STOP")}>Write STOP</button>
      </form>
    </section>
  )
}
