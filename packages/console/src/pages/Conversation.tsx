/** The thread with one person, where it is bound, and when it moved. */
import { useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useSearch } from "@tanstack/react-router"
import { Fragment } from "react"
import { get } from "../api/client.ts"
import { useFresh, usePages } from "../api/queries.ts"
import { useSandbox, useSandboxLines } from "../api/sandbox.ts"
import { useAccess } from "../api/session.tsx"
import type { Message, OptOut, Page, Reaction, Row } from "../api/wire.ts"
import { Badge, Empty, Fact, Head, More, Reads, Tag } from "../parts/basics.tsx"
import { HiddenPeople, ShowPeople } from "../parts/HiddenPeople.tsx"
import { useKeys } from "../parts/keys.ts"
import { formatCount } from "../parts/locale.ts"
import { Phone } from "../parts/Phone.tsx"
import { Time } from "../parts/time.tsx"
import { carrierOf, labelOf, textOf } from "../parts/words.ts"

/** The person's entry in the list of opt-outs, if there is one. */
const findOptOut = async (handle: string, signal: AbortSignal): Promise<OptOut | "none"> => {
  const { items: [found] }: Page<OptOut> = await get("/v1/opt-outs", { query: { handle }, people: true, signal })
  return found ?? "none"
}

interface OptOutFactProps {
  readonly found: OptOut | "none" | undefined
  readonly error: unknown
  readonly people: boolean
}

const OptOutFact = ({ error, found, people }: OptOutFactProps) => {
  if (!people) return <ShowPeople>Show people to see it</ShowPeople>
  if (error !== null) return <Tag tone="warn">Could not be read</Tag>
  if (found === undefined) return <>reading…</>
  if (found === "none") return <Tag tone="good">Not opted out</Tag>
  return (
    <>
      <Tag tone="bad">Opted out</Tag> <Time at={found.saidAt} />
    </>
  )
}

/** How reactions look. A sticker, or what no table knows, has a word. */
const tapbacks = {
  love: "❤️ Love",
  like: "👍 Like",
  dislike: "👎 Dislike",
  laugh: "😂 Laugh",
  emphasize: "‼️ Emphasis",
  question: "❓ Question"
} as const

const faceOf = ({ reaction }: Reaction): string => {
  switch (reaction._tag) {
    case "Tapback":
      return tapbacks[reaction.tapback]
    case "Emoji":
      return reaction.emoji
    case "Sticker":
      return "Sticker"
    case "Unrecognized":
      return "Reaction"
  }
}

/** The ids of a row's messages at its carriers. */
const refsOf = (row: Row): ReadonlyArray<string> =>
  (row.direction === "inbound" ? [row.message.ref] : row.receipts.map(({ ref }) => ref)).map(({ carrierId, id }) => `${carrierId}:${id}`)

const chatsOf = (rows: ReadonlyArray<Row>): ReadonlyArray<string> =>
  Array.from(
    new Set(
      rows.flatMap((row) => row.direction === "inbound" ? [row.message.chat] : row.receipts.map(({ chat }) => chat)).flatMap((chat) =>
        chat === undefined ? [] : [`${chat.carrierId}:${chat.id}`]
      )
    )
  )

type Reactions = ReadonlyMap<string, ReadonlyArray<Reaction>>

const none: Reactions = new Map()

/** The reactions on the newest messages of some chats, as their carriers have them. */
const readReactions = async (chats: ReadonlyArray<string>, people: boolean, signal: AbortSignal): Promise<Reactions> => {
  const pages = await Promise.all(
    chats.map((chat) => get<Page<Message>>(`/v1/chats/${encodeURIComponent(chat)}/messages`, { query: { limit: 50 }, people, signal }))
  )
  return new Map(
    pages.flatMap(({ items }) =>
      items.map(({ parts, ref }) => [`${ref.carrierId}:${ref.id}`, parts.flatMap(({ reactions }) => reactions)] as const)
    )
  )
}

const isInGroup = ({ conversation }: Row): boolean => conversation?._tag === "Group"

const Entry = ({ reactions, row }: { readonly row: Row; readonly reactions: Reactions }) => {
  const faces = refsOf(row).flatMap((ref) => reactions.get(ref) ?? []).map(faceOf)
  return (
    <li data-ours={row.direction === "outbound"}>
      {row.direction === "outbound"
        ? <Link className="bubble" to="/messages/$id" params={{ id: row.id }}>{textOf(row)}</Link>
        : <span className="bubble">{textOf(row)}</span>}
      {faces.length === 0 ? null : <span className="faces" aria-label="Reactions">{faces.join(", ")}</span>}
      <span className="faint">
        <Time at={row.at} /> · {carrierOf(row)}
        {isInGroup(row) ? " · in a group" : ""} <Badge label={labelOf(row)} />
      </span>
    </li>
  )
}

/** The thread, the oldest first. Between two messages that went by different carriers a line says so. */
const Thread = ({ reactions, rows }: { readonly rows: ReadonlyArray<Row>; readonly reactions: Reactions }) => {
  let before = ""
  return (
    <ol className="bubbles thread">
      {rows.map((row) => {
        const [last, carrier] = [before, carrierOf(row)]
        // what nobody took says nothing of where the conversation is, and a group is another conversation
        const isCarried = !isInGroup(row) && (row.direction === "inbound" || row.receipts.length > 0)
        if (isCarried) before = carrier
        return (
          <Fragment key={row.id}>
            {isCarried && last !== "" && carrier !== last
              ? <li className="moved">From here on: {carrier}. Before: {last}.</li>
              : null}
            <Entry row={row} reactions={reactions} />
          </Fragment>
        )
      })}
    </ol>
  )
}

const totalOf = (page: Page<Row> | undefined): string | undefined =>
  page?.total === undefined ? undefined : `${page.totalIs === "at-least" ? "more than " : ""}${formatCount(page.total)}`

export const Conversation = () => {
  const { line, peer } = useSearch({ from: "/conversation" })
  const navigate = useNavigate()
  const { people } = useAccess()
  const sandbox = useSandbox()
  const isSandbox = sandbox.data === "there"
  const lines = useSandboxLines(isSandbox)
  const messages = usePages<Row>("/v1/messages", { query: { line, peer, limit: 50 }, enabled: peer !== undefined })
  const optOut = useQuery({
    queryKey: ["/v1/opt-outs", "of", peer],
    queryFn: ({ signal }) => findOptOut(peer ?? "", signal),
    // each read of people is in the audit
    enabled: peer !== undefined && people
  })
  const chats = chatsOf(messages.read.data ?? [])
  const reactions = useQuery({
    queryKey: ["/v1/chats", chats, people],
    queryFn: ({ signal }) => readReactions(chats, people, signal),
    enabled: chats.length > 0,
    placeholderData: (before) => before
  })
  useFresh(["/v1/chats"], ["Reaction"])
  useFresh(["/v1/messages"], ["Received", "Status", "Concluded", "FailedOver", "Held", "Settled"])
  useFresh(["/v1/opt-outs"], ["Suppressed", "Restored", "OptedOut", "OptedIn"])
  useKeys({ Escape: () => void navigate({ to: "/messages" }) })
  if (peer === undefined) {
    return (
      <>
        <Head title="Conversation">Which one?</Head>
        <Empty title="The address names no person">
          Open a conversation from a <Link to="/messages">message</Link>.
        </Empty>
      </>
    )
  }
  return (
    <>
      <nav className="crumbs" aria-label="Where this is">
        <Link to="/messages">Messages</Link>
      </nav>
      <Head title="Conversation">
        {people ? `With ${peer}, by the line ${line ?? "of each message"}.` : undefined}
      </Head>
      <Reads read={messages.read} what="the conversation">
        {(newest) => {
          const rows = newest.toReversed()
          const last = rows.findLast((row) => !isInGroup(row) && (row.direction === "inbound" || row.receipts.length > 0))
          return (
            <>
              <dl className="facts">
                <Fact name="Last carried by">{last === undefined ? "nobody yet" : carrierOf(last)}</Fact>
                <Fact name="Opt-out">
                  <OptOutFact found={optOut.data} error={optOut.error} people={people} />
                </Fact>
                <Fact name="Messages">{totalOf(messages.first) ?? rows.length}</Fact>
              </dl>
              <HiddenPeople />
              <div className="beside" data-phone={isSandbox}>
                <div>
                  <More pages={messages}>Show earlier ones</More>
                  {rows.length === 0
                    ? <Empty title="There is no message with this person">Check the number and the line in the address.</Empty>
                    : <Thread rows={rows} reactions={reactions.data ?? none} />}
                  {reactions.error === null ? null : <p className="note">Reactions could not be read from the carrier.</p>}
                </div>
                {isSandbox ? <Phone handle={peer} to={lines.data?.[0]?.number} /> : null}
              </div>
            </>
          )
        }}
      </Reads>
    </>
  )
}
