/** Finds messages by what people have in their hands: a number, or one of several kinds of ids. */
import { useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { type FormEvent, useEffect, useRef, useState } from "react"
import { ApiError, get } from "../../api/client.ts"
import type { Carrier, Delivery, Message, Page, Row } from "../../api/wire.ts"
import { Failed } from "../../parts/basics.tsx"
import { Icon } from "../../parts/icons.tsx"
import type { Filters } from "./MessageFilters.tsx"

type Found =
  | { readonly _tag: "Delivery"; readonly id: string }
  | { readonly _tag: "Message"; readonly ref: string }
  | { readonly _tag: "Key" }

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** An address, or the digits of a number as people write it. The zero in brackets behind a country code is not dialled from abroad. */
const toPerson = (text: string): string | undefined => {
  if (text.includes("@")) return text
  if (uuid.test(text)) return undefined
  return /^\+?[\d\s()./–-]{5,}$/.test(text) ? text.replace(/^(\+\d+)\s*\(0\)/, "$1").replaceAll(/[\s()./–-]/g, "") : undefined
}

/** What is not there, or has no form that could be there, is not found. Any other failure is one. */
async function find<A>(read: Promise<A>): Promise<A | undefined> {
  try {
    return await read
  } catch (error) {
    if (error instanceof ApiError && [400, 404, 422].includes(error.status)) return undefined
    throw error
  }
}

/** The delivery that a carrier's message belongs to. The archive is searched in the chat, around the time of the message. */
const findDelivery = async ({ chat, createdAt, direction, ref }: Message): Promise<Found | undefined> => {
  const at = Date.parse(createdAt ?? "")
  if (direction === "inbound" || chat === undefined || Number.isNaN(at)) return undefined
  const around = 3_600_000
  const page = await find(get<Page<Row>>("/v1/messages", {
    query: {
      chat: `${chat.carrierId}:${chat.id}`,
      direction: "outbound",
      since: new Date(at - around).toISOString(),
      until: new Date(at + around).toISOString(),
      limit: 100,
      total: "none"
    }
  }))
  const row = page?.items.find((row) => row.direction === "outbound" && row.receipts.some((receipt) => receipt.ref.id === ref.id))
  return row === undefined ? undefined : { _tag: "Delivery", id: row.id }
}

/** A message as one carrier knows it. */
const findMessage = async (ref: string): Promise<Found | undefined> => {
  const message = await find(get<Message>(`/v1/messages/${encodeURIComponent(ref)}`))
  return message === undefined ? undefined : await findDelivery(message) ?? { _tag: "Message", ref }
}

/** Looks here first, and asks the carriers last. */
const findById = async (text: string, carriers: ReadonlyArray<string>): Promise<Found | undefined> => {
  if (uuid.test(text)) {
    const id = text.toLowerCase()
    if (await find(get<Delivery>(`/v1/deliveries/${id}`)) !== undefined) return { _tag: "Delivery", id }
  }
  const keyed = await find(get<Page<Row>>("/v1/messages", { query: { key: text, limit: 1, total: "none" } }))
  if (keyed !== undefined && keyed.items.length > 0) return { _tag: "Key" }
  if (/\s/.test(text)) return undefined
  const refs = carriers.some((id) => text.startsWith(`${id}:`)) ? [text] : carriers.map((id) => `${id}:${text}`)
  for (const ref of refs) {
    const found = await findMessage(ref)
    if (found !== undefined) return found
  }
  return undefined
}

export const MessageSearch = ({ filters }: { readonly filters: Filters }) => {
  const navigate = useNavigate({ from: "/messages" })
  const queries = useQueryClient()
  const input = useRef<HTMLInputElement>(null)
  const [isBusy, setBusy] = useState(false)
  const [missed, setMissed] = useState<string>()
  const [error, setError] = useState<unknown>()
  const typed = filters.peer ?? filters.key ?? ""
  useEffect(() => {
    if (input.current !== null) input.current.value = typed
  }, [typed])

  const filter = (changed: Pick<Filters, "peer" | "key">): void =>
    void navigate({ to: "/messages", search: (before) => ({ ...before, peer: undefined, key: undefined, ...changed }) })

  // digits alone may be a number without its plus, and then they are no carrier's id
  const open = async (text: string, peer: string | undefined): Promise<void> => {
    setBusy(true)
    try {
      const carriers = await queries.ensureQueryData({
        queryKey: ["/v1/carriers", {}, false],
        queryFn: ({ signal }) => get<Page<Carrier>>("/v1/carriers", { signal })
      })
      const found = await findById(text, peer === undefined ? carriers.items.map(({ id }) => id) : [])
      if (found === undefined) return peer === undefined ? setMissed(text) : filter({ peer })
      if (found._tag === "Key") return filter({ key: text })
      return void navigate(
        found._tag === "Delivery"
          ? { to: "/messages/$id", params: { id: found.id } }
          : { to: "/received/$ref", params: { ref: found.ref } }
      )
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setMissed(undefined)
    setError(undefined)
    const text = input.current?.value.trim() ?? ""
    const peer = toPerson(text)
    if (text === "") return filter({})
    if (peer !== undefined && /[+@]/.test(text)) return filter({ peer })
    void open(text, peer)
  }

  return (
    <>
      <form role="search" onSubmit={submit} aria-busy={isBusy}>
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          aria-label="Find by id, key or number"
          placeholder="Id, key or number"
          defaultValue={typed}
          aria-keyshortcuts="/"
        />
        <kbd aria-hidden="true">/</kbd>
      </form>
      <div className="found" role="status">
        {isBusy ? <p className="note">Searching, also at the carriers…</p> : null}
        {missed === undefined ? null : (
          <p className="note">
            <strong>Nothing was found for “{missed}”.</strong>{" "}
            You can search for the id of a delivery, a carrier's id of a message, the Idempotency-Key of a send, or the number or address of
            a person. A request id is in the gateway's log, and nowhere here.
          </p>
        )}
        <Failed error={error} />
      </div>
    </>
  )
}
