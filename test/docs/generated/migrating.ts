/** The two pages of docs/migrating.md with every endpoint, field and word of one vendor beside the other's. */
import { page } from "../markdown.ts"
import type * as Calls from "./migrating/calls.ts"
import * as Endpoints from "./migrating/endpoints.ts"
import * as Messages from "./migrating/messages.ts"
import * as Refusals from "./migrating/refusals.ts"
import * as Requests from "./migrating/requests.ts"
import * as Sends from "./migrating/sends.ts"
import * as Webhooks from "./migrating/webhooks.ts"
import * as Words from "./migrating/words.ts"

const toLinq: Calls.Direction = { from: "sendblue", to: "linq" }
const toSendblue: Calls.Direction = { from: "linq", to: "sendblue" }

const fronts = { linq: "/linq", sendblue: "/sendblue" } as const satisfies Record<Calls.Vendor, string>

const make = async (direction: Calls.Direction): Promise<string> => {
  const from = Words.names[direction.from]
  const to = Words.names[direction.to]
  const sends = await Sends.rows(direction)
  return page(
    `From ${from} to ${to}`,
    `Every endpoint, field, word, error and webhook of ${from}'s API beside ${to}'s. [Moving between vendors](../migrating.md) is the way there, step by step. ` +
      `A program that stays on ${from}'s API and calls the gateway's front \`${
        fronts[direction.from]
      }\` needs no change for a row with a counterpart: the gateway makes these requests. ` +
      `A program that is rewritten for ${to}'s API makes them itself.`,
    `The rows were found by translating calls with the code of the gateway and of the report. [Fronts](../fronts.md#field-by-field) has what the vendors' own clients see.`,
    "## Endpoints",
    `*Through the front*: what the gateway does if ${to} carries the messages. *Passed on*: [to the vendor](../fronts.md#pass-through), if \`INTERLINE_PASS_THROUGH\` names the group; else it is refused with a sentence.`,
    Endpoints.endpointsTable(await Endpoints.found(direction), from, to),
    "## Fields of a message that is sent",
    `The columns name the fields of the request to ${to}. A message is the first one if no chat with this person or group is known at ${to}, for the number that it is sent from. ` +
      `The kinds of losses are [below](#losses). The header \`Idempotency-Key\` works on [both fronts](../fronts.md#keys). ${Words.keys()}` +
      (direction.from === "linq" ? " The fields of `message` are the same at all three endpoints, so they are listed once." : ""),
    Sends.sendsTable(sends),
    "### Losses",
    "[Losses](losses.md) explains each kind. A loss is in the answer's header `interline-losses`, and in the report.",
    Sends.lossesTable(sends, await Words.effectLosses(direction)),
    "### Refusals",
    `Messages that ${from} takes and ${to} does not. The gateway refuses them before anything is sent.`,
    await Refusals.refusalsTable(direction),
    "## Fields of other requests",
    `Found by making the same request of both vendors twice, with one thing changed. \`?\` stands before a field of the query, and \`{}\` around a part of the path. *none*: ${to} has nothing that says it.`,
    await Requests.requestsTable(direction),
    `The other fields of ${from}'s requests:`,
    await Requests.othersTable(direction),
    "## Effects",
    await Words.effects(direction),
    "## Fields of a message that is read",
    `A message of \`${
      direction.from === "linq" ? "GET /v3/messages/{messageId}" : "GET /api/v2/messages/{message_id}"
    }\`, and of webhooks. ` +
      "The second column is the field of the neutral message, which the API and the library give.",
    await Messages.messagesTable(direction),
    "## Statuses",
    "`received` and `RECEIVED` are on messages of other people only.",
    Words.statuses(direction),
    "## Reactions",
    Words.reactions(direction),
    "## Services",
    Words.services(direction),
    "## Lines",
    Words.lines(direction),
    "## Errors",
    `What stands for an answer of ${from} in ${to}'s answers. The front answers with ${from}'s codes in any case. A reason and what it proves: [errors](errors.md).`,
    Words.errors(direction),
    `A message that was taken may fail later. Sendblue says so by \`error_code\` in the message, Linq by \`code\` in the event \`message.failed\`:`,
    Words.failures(direction),
    "## Webhooks",
    `Through the front, the gateway calls the addresses of your program in ${from}'s words, whichever carrier reports. [Webhooks](../webhooks.md) says what to subscribe to.`,
    Webhooks.webhooksTable(direction)
  )
}

export const migratingToLinq = (): Promise<string> => make(toLinq)

export const migratingToSendblue = (): Promise<string> => make(toSendblue)

/** Sentences about endpoints and operations that are in neither page. */
export const leftOver = async (): Promise<ReadonlyArray<string>> =>
  Endpoints.leftOver([...await Endpoints.found(toLinq), ...await Endpoints.found(toSendblue)])
