/** The endpoints of Linq that this gateway does not carry: what it answers, and which of them may go to Linq instead. */
import type * as Effect from "effect/Effect"
import * as Uncarried from "../../kit/passing/uncarried.ts"
import type { Method, Path } from "../../kit/pathTable.ts"
import * as Refusal from "../refusal.ts"

/** `refuse` is the answer if the request does not go to Linq. It does not read the request. */
export interface Endpoint extends Uncarried.Uncarried {
  readonly refuse: () => Effect.Effect<never, Refusal.Refusal>
}

const row = (method: Method, path: Path, what: string, passing: Uncarried.Passing, why?: string): Endpoint => ({
  method,
  path,
  refuse: () => Refusal.refuseFeature(`${what} is not carried by this gateway${why === undefined ? "" : `; ${why}`}`),
  passing
})

const elsewhere = "Sendblue has it too, in another form"

const reputation = Uncarried.passed("reputation")
const payments = Uncarried.passed("payments")

const unknownPeople = Uncarried.never("it reaches the people of a message, and the request does not say who they are")
const money = Uncarried.never("it asks a person for money in a message that the router would not see")

/** Paths of Linq's official clients up to node 0.82 and go 0.38, read 2026-11. */
export const endpoints: ReadonlyArray<Endpoint> = [
  row("POST", "/chats/:chatId/background", "a chat's background", Uncarried.reaching("backgrounds")),
  row("DELETE", "/chats/:chatId/background", "a chat's background", Uncarried.reaching("backgrounds")),
  row("POST", "/phone_numbers/:phoneNumber/reputation_audit", "an audit of a line's reputation", reputation),
  row("GET", "/phone_numbers/:phoneNumber/reputation_audit/:auditId", "an audit of a line's reputation", reputation),
  row("DELETE", "/contact_card", "deleting a contact card", Uncarried.passed("contact-cards")),
  row("POST", "/messages/:messageId/update", "updating an app card", unknownPeople, elsewhere),
  row("POST", "/payment_requests", "a request for a payment", money),
  row("GET", "/payment_requests", "a request for a payment", payments),
  row("GET", "/payment_requests/:paymentRequestId", "a request for a payment", payments),
  row(
    "POST",
    "/payment_requests/:paymentRequestId/cancel",
    "a request for a payment",
    Uncarried.never("it changes what a person is asked to pay")
  )
]

/** The groups whose endpoints the gateway carries. A configuration may still name them. */
export const carriedGroups: ReadonlyArray<string> = ["blocking", "locations", "polls"]

/** The reads that this gateway carries and that can also give what Linq knows of before the move. */
export const past = {
  "/chats": ["list"],
  "/chats/:chatId": ["id"],
  "/chats/:chatId/messages": ["list", "id"],
  "/chats/:chatId/location": ["id"],
  "/messages/:messageId": ["id"],
  "/messages/:messageId/poll": ["id"],
  "/messages/:messageId/thread": ["id"]
} as const satisfies Readonly<Record<Path, Uncarried.Past>>
