/** One program for each vendor that reads with the vendor's official client: what a team reads every day, whoever answers. */
import LinqAPIV3 from "@linqapp/sdk"
import SendblueAPI from "sendblue"
import { numbers } from "../../support/sandbox.ts"
import { ada, bob, cleo } from "../account.ts"

/** What the program has in its own database from before the move. */
export interface Known {
  readonly outbound: string
  readonly inbound: string
  readonly group: string
  readonly until: string
}

/** A named question and its answer. */
export type Readings = Readonly<Record<string, unknown>>

/** What a program is given: where it asks, with which credentials, and a header with which it asks for the old vendor's lists. */
export interface Access {
  readonly baseURL: string
  readonly key: string
  readonly secret: string
  readonly old: Readonly<Record<string, string>>
}

const answer = async (ask: () => Promise<unknown>): Promise<unknown> => {
  try {
    return await ask()
  } catch (error) {
    return { status: error instanceof Error && "status" in error ? error.status : String(error) }
  }
}

const readAll = async (questions: Readonly<Record<string, () => Promise<unknown>>>): Promise<Readings> => {
  const found: Record<string, unknown> = {}
  for (const [name, ask] of Object.entries(questions)) found[name] = await answer(ask)
  return found
}

export interface Program {
  /** Writes what it reads later: a contact, or a contact card. */
  readonly prepare: () => Promise<unknown>
  readonly read: (known: Known) => Promise<Readings>
  /** Sends to a person, and gives the id of the message. */
  readonly send: (number: string, text: string) => Promise<string>
  /** What the program reads of its message: the text, and whether it was delivered. */
  readonly statusOf: (id: string) => Promise<{ readonly text: string; readonly isDelivered: boolean }>
}

// --- sendblue 3.17.0 ---

interface SendblueMessage {
  readonly message_handle?: string | undefined
  readonly content?: string | undefined
  readonly number?: string | undefined
  readonly from_number?: string | undefined
  readonly to_number?: string | undefined
  readonly is_outbound?: boolean | undefined
  readonly status?: string | undefined
  readonly service?: string | undefined
}

const showSendblue = (message: SendblueMessage | undefined) =>
  message === undefined ? undefined : {
    handle: message.message_handle,
    content: message.content,
    number: message.number,
    from: message.from_number,
    to: message.to_number,
    outbound: message.is_outbound,
    status: message.status,
    service: message.service
  }

export const sendblue = ({ baseURL, key, old, secret }: Access): Program => {
  const client = new SendblueAPI({ baseURL, apiKey: key, apiSecret: secret, maxRetries: 0 })
  return {
    prepare: () => client.contacts.create({ number: ada, first_name: "Ada", tags: ["vip"] }),
    read: ({ group, inbound, outbound, until }) =>
      readAll({
        "a message of ours": async () => showSendblue((await client.messages.retrieve(outbound)).data),
        "a message of a person": async () => showSendblue((await client.messages.retrieve(inbound)).data),
        "the status of a message": async () => showSendblue(await client.messages.getStatus({ handle: outbound })),
        "the messages of a person": async () => {
          const { data } = await client.messages.list({ number: cleo, created_at_lte: until, order_direction: "asc" }, { headers: old })
          return data?.map(showSendblue)
        },
        "the number of all messages": async () => {
          const { pagination } = await client.messages.list({ created_at_lte: until }, { headers: old })
          return pagination?.total
        },
        "the messages, without the word for the old list": async () => {
          const { pagination } = await client.messages.list({ created_at_lte: until })
          return pagination?.total
        },
        "a group": async () => {
          const { data } = await client.v2.groups.retrieve(group)
          return data?.group_id
        },
        "the contacts": async () =>
          (await client.contacts.list()).map(({ first_name, opt_out, phone }) => ({ phone, first_name, opt_out })),
        "a contact": async () => (await client.contacts.retrieve(ada)).contact,
        "the number of contacts": async () => client.contacts.count(),
        "the service of a person": async () => client.lookups.lookupNumber({ number: ada }),
        "a message to somebody who opted out": async () => {
          const { error_code, status } = await client.messages.send({ number: bob, from_number: numbers.sendblue, content: "Hello?" })
          return { error_code, status }
        }
      }),
    send: async (number, content) => (await client.messages.send({ number, from_number: numbers.sendblue, content })).message_handle ?? "",
    statusOf: async (handle) => {
      const { content = "", status } = await client.messages.getStatus({ handle })
      return { text: content, isDelivered: status === "DELIVERED" }
    }
  }
}

// --- @linqapp/sdk 0.28.2 ---

const showLinq = (message: LinqAPIV3.Message) => ({
  id: message.id,
  parts: message.parts?.map((part) => part.type === "text" ? part.value : part.type),
  is_from_me: message.is_from_me,
  delivery_status: message.delivery_status,
  service: message.service
})

export const linq = ({ baseURL, key, old }: Access): Program => {
  const client = new LinqAPIV3({ baseURL, apiKey: key, maxRetries: 0 })
  return {
    prepare: () => client.contactCard.create({ phone_number: numbers.linq, first_name: "The shop" }),
    read: ({ group, inbound, outbound }) =>
      readAll({
        "a message of ours": async () => showLinq(await client.messages.retrieve(outbound)),
        "a message of a person": async () => showLinq(await client.messages.retrieve(inbound)),
        "the messages of a group": async () => (await client.chats.messages.list(group, {}, { headers: old })).messages.map(showLinq),
        "a group": async () => {
          const { display_name, handles, id, is_group } = await client.chats.retrieve(group)
          return { id, is_group, display_name, handles: handles.map(({ handle }) => handle).sort() }
        },
        "the chats of a person": async () =>
          (await client.chats.listChats({ to: cleo }, { headers: old })).chats.map(({ id }) => id).sort(),
        "the chats, without the word for the old list": async () =>
          (await client.chats.listChats({ to: cleo })).chats.map(({ id }) => id).sort(),
        "whether a person has iMessage": async () => client.capability.checkIMessage({ address: ada }),
        "the contact card": async () => client.contactCard.retrieve({ phone_number: numbers.linq }),
        "the lines": async () => (await client.phoneNumbers.list()).phone_numbers.map(({ phone_number }) => phone_number),
        "a message to somebody who opted out": async () =>
          client.chats.create({ from: numbers.linq, to: [bob], message: { parts: [{ type: "text", value: "Hello?" }] } })
      }),
    send: async (number, value) =>
      (await client.chats.create({ from: numbers.linq, to: [number], message: { parts: [{ type: "text", value }] } })).chat.message.id,
    statusOf: async (id) => {
      const { delivery_status, parts } = await client.messages.retrieve(id)
      return {
        text: (parts ?? []).map((part) => part.type === "text" ? part.value : part.type).join("\n"),
        isDelivered: delivery_status === "delivered"
      }
    }
  }
}
