/** What is on record of earlier contacts with the people of a conversation, and what a policy makes of it. */
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Draft } from "@interline/core/Draft"
import * as Effect from "effect/Effect"
import type { Contact, LedgerService } from "../ledger/Ledger.ts"
import * as BeforeReply from "../runtime/beforeReply.ts"
import type { Complete } from "./Policy.ts"

export type Contacts = ReadonlyMap<CarrierId, Contact>

const earlier = (left: number | undefined, right: number | undefined): number | undefined =>
  left === undefined || right === undefined ? undefined : Math.min(left, right)

/** For a group, use the oldest contact of all its members. */
const lessInTouch = (left: Contact, right: Contact): Contact => ({
  inboundAt: earlier(left.inboundAt, right.inboundAt),
  outboundAt: earlier(left.outboundAt, right.outboundAt)
})

/** The earlier contact of a line with the people of a conversation. */
export const readContact = (
  ledger: Pick<LedgerService, "contact">,
  id: CarrierId,
  conversation: Conversation.Conversation
): Effect.Effect<Contact> =>
  Effect.map(
    Effect.forEach(Conversation.recipients(conversation), (person) => ledger.contact(id, conversation.line, person)),
    (all) => all.reduce(lessInTouch)
  )

/** What of the draft may be refused because the person never wrote to the line, where the policy lets no such message out. */
export const findBreaches = (
  { carriers, policy }: { readonly carriers: ReadonlyMap<CarrierId, Pick<Carrier, "capabilities">>; readonly policy: Complete },
  { conversation, draft }: { readonly conversation: Conversation.Conversation; readonly draft: Draft },
  contacts: Contacts
): ReadonlyMap<CarrierId, string> => {
  const breaches = new Map<CarrierId, string>()
  if (conversation._tag === "Group") return breaches
  for (const [id, contact] of contacts) {
    if (policy.carriers[id]?.beforeReply !== "refuse" || contact.inboundAt !== undefined) continue
    const breach = BeforeReply.findBreach(draft, carriers.get(id)?.capabilities.beforeReply, contact.sent)
    if (breach !== undefined) breaches.set(id, breach)
  }
  return breaches
}
