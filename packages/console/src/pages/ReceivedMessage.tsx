/** One message as its carrier has it: one that a person wrote, or one of ours that is no delivery here. */
import { Link, useNavigate, useParams } from "@tanstack/react-router"
import { useRead } from "../api/queries.ts"
import type { Message as Wire } from "../api/wire.ts"
import { Copy, Fact, Head, Reads, Tag } from "../parts/basics.tsx"
import { HiddenPeople } from "../parts/HiddenPeople.tsx"
import { useKeys } from "../parts/keys.ts"
import { Time } from "../parts/time.tsx"
import { textOfParts } from "../parts/words.ts"

export const ReceivedMessage = () => {
  const { ref } = useParams({ from: "/received/$ref" })
  const navigate = useNavigate()
  const message = useRead<Wire>(`/v1/messages/${encodeURIComponent(ref)}`)
  useKeys({ Escape: () => void navigate({ to: "/messages" }) })
  return (
    <>
      <nav className="crumbs" aria-label="Where this is">
        <Link to="/messages">Messages</Link>
      </nav>
      <Reads read={message} what="the message from its carrier">
        {(value) => (
          <>
            {value.direction === "inbound"
              ? (
                <Head title="Received message">
                  <Tag>Received</Tag> A person wrote it. This is read from the carrier.
                </Head>
              )
              : (
                <Head title="Message at its carrier">
                  <Tag>Ours</Tag> No delivery of this gateway is known for it. This is read from the carrier.
                </Head>
              )}
            <dl className="facts">
              <Fact name="From">{String(value.from)}</Fact>
              <Fact name="To">{value.to.join(", ")}</Fact>
              <Fact name="Carrier">{value.ref.carrierId}</Fact>
              <Fact name="Service">{value.service?.neutral ?? value.service?.raw ?? "not said"}</Fact>
              {value.sentAt === undefined ? null : (
                <Fact name="Written">
                  <Time at={String(value.sentAt)} />
                </Fact>
              )}
              <Fact name="Id">
                <code>{value.ref.id}</code> <Copy text={`${value.ref.carrierId}:${value.ref.id}`} />
              </Fact>
            </dl>
            <blockquote className="draft">{textOfParts(value.parts)}</blockquote>
            <HiddenPeople />
          </>
        )}
      </Reads>
    </>
  )
}
