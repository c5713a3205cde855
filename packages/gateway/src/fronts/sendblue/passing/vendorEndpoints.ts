/** The endpoints of Sendblue that this gateway does not carry: what it answers, and which of them may go to Sendblue instead. */
import type * as Effect from "effect/Effect"
import * as Uncarried from "../../kit/passing/uncarried.ts"
import type { Method, Path } from "../../kit/pathTable.ts"
import * as Refusal from "../refusal.ts"

/** `refuse` is the answer if the request does not go to Sendblue. It does not read the request. */
export interface Endpoint extends Uncarried.Uncarried {
  readonly refuse: () => Effect.Effect<never, Refusal.Refusal>
}

const noContacts = () => Refusal.refuseFeature("This gateway keeps no contacts; opting out is at /api/v2/contacts/opt-out")
const noMediaObjects = () =>
  Refusal.refuseFeature("This gateway fetches no files; give the URL as media_url of the message, or send the file to /api/upload-file")
const noLocations = () =>
  Refusal.refuseFeature("This gateway does not list who shares a location with a line; ask for one person at /api/location/{number}")
const noWatching = () =>
  Refusal.refuseFeature("This gateway has no stream of locations; ask for one person at /api/location/{number} again")
const noRemoval = () => Refusal.refuseFeature("The name and photo of a line cannot be removed through this gateway")
const noBlocking = () => Refusal.refuseFeature("People cannot be blocked through this gateway")
const noVerifying = () => Refusal.refuseFeature("Contacts are not verified through this gateway; verify them at the vendor")
const noCodes = () => Refusal.refuseFeature("One-time codes and verifications are not carried by this gateway; ask the vendor for them")
const noTokens = () => Refusal.refuseFeature("This gateway hands out no tokens; use one of its keys")
const noSeats = () => Refusal.refuseFeature("This gateway keeps no seats; the seat_id of a message is returned unchanged")
const noGroupsToCreate = () => Refusal.refuseFeature("A group is created by its first message: /api/send-group-message with numbers")
const noAccountSettings = () => Refusal.refuseFeature("The vendor account's settings cannot be read or changed through this gateway")
const noOrders = () => Refusal.refuseFeature("Lines are not ordered through this gateway; order them at the vendor")
const noCalls = () => Refusal.refuseFeature("Calls cannot be made through this gateway")
const noOldLists = () => Refusal.refuseFeature("This list is not carried by this gateway; use /api/v2/messages")
const noCarousels = () =>
  Refusal.invalidSend("A carousel cannot be sent through this gateway; send each file as the media_url of a message of its own")
const noAppCards = () => Refusal.invalidSend("App cards cannot be sent or updated through this gateway; send content or media_url")

const row = (method: Method, path: Path, refuse: Endpoint["refuse"], passing: Uncarried.Passing): Endpoint => ({
  method,
  path,
  refuse,
  passing
})

const contacts = Uncarried.passed("contacts")
const verified = Uncarried.passed("verified-contacts")
const sharing = Uncarried.passed("contact-sharing")
const usage = Uncarried.passed("usage")
const seats = Uncarried.passed("seats")

const unknownPeople = Uncarried.never("it reaches a person, and the request does not say whom")
const messages = Uncarried.never("it sends a person a message that the router would not see")
const secrets = Uncarried.never("it gives or changes secrets of the account")
const setting = Uncarried.never("it changes what people see of every message of the account")
const endless = Uncarried.never("its answer does not end")

/** Sendblue's docs and its official client and CLI, read 2026-11. A path with a word stands before a path that takes any text in its place. */
export const endpoints: ReadonlyArray<Endpoint> = [
  row("POST", "/api/send-carousel", noCarousels, Uncarried.reaching("carousels")),
  row("POST", "/api/messages/:handle/update-app-card", noAppCards, unknownPeople),
  row("POST", "/api/upload-media-object", noMediaObjects, Uncarried.passed("media")),
  row("GET", "/api/v2/contacts", noContacts, contacts),
  row("POST", "/api/v2/contacts", noContacts, contacts),
  row("DELETE", "/api/v2/contacts", noContacts, contacts),
  row("GET", "/api/v2/contacts/count", noContacts, contacts),
  row("GET", "/api/v2/contacts/:phone", noContacts, contacts),
  row("PUT", "/api/v2/contacts/:phone", noContacts, contacts),
  row("DELETE", "/api/v2/contacts/:phone", noContacts, contacts),
  // sendblue 3.17.0: "Send a verification message to a contact"
  row("POST", "/api/v2/contacts/verify", noContacts, messages),
  row("POST", "/api/v2/contacts/bulk", noContacts, contacts),
  row("GET", "/api/location", noLocations, Uncarried.passed("locations")),
  row("GET", "/api/location/:number/watch", noWatching, endless),
  row("DELETE", "/api/v2/contact-sharing/profile", noRemoval, sharing),
  row("POST", "/api/v2/block", noBlocking, Uncarried.passed("blocking")),
  row("POST", "/v3/verified-contacts", noVerifying, messages),
  row("GET", "/v3/verified-contacts", noVerifying, verified),
  row("GET", "/v3/verified-contacts/:phone", noVerifying, verified),
  row("POST", "/accounts/verify-contact-on-shared-account", noVerifying, messages),
  row("GET", "/accounts/shared-contacts", noVerifying, verified),
  row("POST", "/v3/auth/tokens", noTokens, secrets),
  row("DELETE", "/v3/auth/tokens", noTokens, secrets),
  row("DELETE", "/v3/auth/tokens/:tokenId", noTokens, secrets),
  row("GET", "/api/v2/totp/secrets", noCodes, secrets),
  row("POST", "/api/v2/totp/secrets", noCodes, secrets),
  row("DELETE", "/api/v2/totp/secrets/:secretId", noCodes, secrets),
  row("GET", "/api/v2/totp/code/:secretId", noCodes, secrets),
  row("GET", "/api/v2/verify/verifications", noCodes, secrets),
  row("POST", "/api/v2/verify/services/:serviceId/verifications", noCodes, messages),
  row("GET", "/api/v2/verify/services/:serviceId/verifications/:verificationId", noCodes, secrets),
  row("GET", "/api/v2/seats", noSeats, seats),
  row("GET", "/api/v2/seats/:seatId", noSeats, seats),
  row("POST", "/api/create-group", noGroupsToCreate, Uncarried.never("the gateway would not know the group")),
  row("GET", "/accounts/limits", noAccountSettings, usage),
  row("POST", "/accounts/settings/auto-typing-indicator", noAccountSettings, setting),
  row("POST", "/accounts/settings/auto-mark-read", noAccountSettings, setting),
  row("POST", "/account/lines/add-line", noOrders, Uncarried.never("it orders a line for the account")),
  row("POST", "/facetime/start-call", noCalls, Uncarried.never("it calls a person")),
  row("GET", "/accounts/messages", noOldLists, Uncarried.passed(Uncarried.past)),
  row("POST", "/accounts/contacts", noContacts, contacts),
  row("POST", "/api/contacts", noContacts, contacts)
]

/** The reads that this gateway carries and that can also give what Sendblue knows of before the move. */
export const past = {
  "/api/status": ["id"],
  "/api/v2/messages": ["list"],
  "/api/v2/messages/:messageId": ["id"],
  "/api/v2/groups/:groupId": ["id"]
} as const satisfies Readonly<Record<Path, Uncarried.Past>>
