/** What the official client, sendblue 3.17.0, gets from Sendblue's front for every request that it can make. The phones are the judge. */
import type { Network, Phone, PhoneMessage } from "@interline/sandbox/Network"
import type * as Effect from "effect/Effect"
import SendblueAPI from "sendblue"
import { type Carrier, eventually, type Finding, lossesOf, record, recordRefusal, type Scenario } from "../verdicts.ts"

/** A front with one carrier behind it. */
export interface Stage {
  readonly client: SendblueAPI
  /** The address and the headers of the front, for endpoints that the client has no method for. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly carrier: Carrier
  /** The line's number that the program sends from. */
  readonly line: string
  /** The line's number at the carrier behind. */
  readonly lineBehind: string
  readonly network: Network
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Promise<A>
  /** A number that nobody else uses. */
  readonly newcomer: () => string
  /** A server that keeps what it is posted. */
  readonly subscriber: () => Promise<Subscriber>
}

export interface Subscriber {
  readonly url: string
  readonly received: ReadonlyArray<{ readonly headers: Readonly<Record<string, string>>; readonly body: string }>
  readonly stop: () => Promise<void>
}

const phone = ({ network, run }: Stage, handle: string): Promise<Phone> => run(network.phone(handle))

const last = (messages: ReadonlyArray<PhoneMessage>): PhoneMessage => {
  const message = messages.at(-1)
  if (message === undefined) throw new Error("nothing arrived")
  return message
}

const send = async (stage: Stage, number: string, more: Omit<SendblueAPI.MessageSendParams, "number" | "from_number">) => {
  const { data, response } = await stage.client.messages.send({ number, from_number: stage.line, ...more }).withResponse()
  return { handle: data.message_handle ?? "", data, headers: response.headers, arrived: last((await phone(stage, number)).messages) }
}

const delivered = (stage: Stage, handle: string) =>
  eventually(() => stage.client.messages.getStatus({ handle }), ({ status }) => status === "DELIVERED")

const call = async ({ headers, url }: Stage, method: string, path: string, body?: object) => {
  const isForm = body instanceof FormData
  const response = await fetch(`${url}${path}`, {
    method,
    headers: isForm || body === undefined ? headers : { ...headers, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) })
  })
  const text = await response.text()
  const json: Record<string, unknown> = text.startsWith("{") ? JSON.parse(text) as Record<string, unknown> : { message: text }
  if (response.status >= 400) throw Object.assign(new Error(text), { status: response.status, error: json })
  return { status: response.status, headers: response.headers, body: json }
}

// A first message at Linq carries no effect, so that a style is judged in a conversation that exists
const known = async (stage: Stage): Promise<string> => {
  const number = stage.newcomer()
  await send(stage, number, { content: "Hello" })
  return number
}

export const styles = [
  "celebration",
  "shooting_star",
  "fireworks",
  "lasers",
  "love",
  "confetti",
  "balloons",
  "spotlight",
  "echo",
  "invisible",
  "gentle",
  "loud",
  "slam"
] as const

const sending: Scenario<Stage> = {
  endpoint: "POST /api/send-message",
  run: async (stage) => {
    const number = stage.newcomer()
    const first = await send(stage, number, { content: "Hello, world" })
    const findings: Array<Finding> = [
      record("number", [number, 1], [first.data.number, (await phone(stage, number)).messages.length]),
      record("from_number", [stage.line, stage.lineBehind], [first.data.from_number, first.arrived.line]),
      record("content", ["Hello, world", "Hello, world"], [first.data.content, first.arrived.text])
    ]
    const media = await send(stage, number, { content: "Look", media_url: "https://images.example.com/photo.jpg" })
    findings.push(record(
      "media_url",
      ["Look", ["https://images.example.com/photo.jpg"], 2],
      [media.arrived.text, media.arrived.media, (await phone(stage, number)).messages.length]
    ))
    const reply = await send(stage, number, { content: "Again", reply_to: { message_handle: first.handle } })
    findings.push(record("reply_to", first.arrived.id, reply.arrived.replyTo?.id, lossesOf(reply.headers, "reply-dropped")))
    const seated = await send(stage, number, { content: "From me", seat_id: "7a0e6c52-6d1f-4a7e-9f1a-111111111111" })
    const kept: object = await stage.client.messages.getStatus({ handle: seated.handle })
    findings.push(record("seat_id", "7a0e6c52-6d1f-4a7e-9f1a-111111111111", "seat_id" in kept ? kept.seat_id : undefined))
    for (const send_style of styles) {
      const styled = await send(stage, number, { content: `With ${send_style}`, send_style })
      findings.push(
        record(
          `send_style: ${send_style}`,
          send_style,
          styled.arrived.effect,
          lossesOf(styled.headers, "effect-dropped", "effect-approximated")
        )
      )
    }
    const stranger = stage.newcomer()
    const opening = await send(stage, stranger, { content: "First", send_style: "confetti" })
    findings.push(record("send_style on a first message", "confetti", opening.arrived.effect, lossesOf(opening.headers, "effect-dropped")))
    findings.push(
      await recordRefusal("app_card", () =>
        stage.client.messages.send({
          number,
          from_number: stage.line,
          app_card: {
            appName: "Game",
            extensionBundleId: "com.example.game",
            teamId: "A1B2C3D4E5",
            url: "https://example.com/game",
            layout: {}
          }
        }))
    )
    return findings
  }
}

const statusCallback: Scenario<Stage> = {
  endpoint: "POST /api/send-message (status_callback)",
  run: async (stage) => {
    const hook = await stage.subscriber()
    const { handle } = await send(stage, stage.newcomer(), { content: "Tell me", status_callback: hook.url })
    const bodies = () => Promise.resolve(hook.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>))
    const told = await eventually(bodies, (all) => all.some(({ status }) => status === "DELIVERED"))
    const secrets = hook.received.filter(({ headers }) => "sb-signing-secret" in headers).length
    await hook.stop()
    return [
      record("status_callback", [true, [handle], 0], [
        told.some(({ status }) => status === "DELIVERED"),
        Array.from(new Set(told.map(({ message_handle }) => message_handle))),
        secrets
      ])
    ]
  }
}

const reading: ReadonlyArray<Scenario<Stage>> = [
  {
    endpoint: "GET /api/status",
    run: async (stage) => {
      const number = stage.newcomer()
      const { handle } = await send(stage, number, { content: "How far?" })
      const status = await delivered(stage, handle)
      return [
        record("status", "DELIVERED", status.status),
        record("message_handle", handle, status.message_handle),
        record("content", "How far?", status.content),
        record("number", number, status.number),
        record("from_number", stage.line, status.from_number)
      ]
    }
  },
  {
    endpoint: "GET /api/v2/messages/{message_id}",
    run: async (stage) => {
      const { handle } = await send(stage, await known(stage), { content: "Which?", send_style: "confetti" })
      await delivered(stage, handle)
      const { data } = await stage.client.messages.retrieve(handle)
      return [
        record("content", "Which?", data?.content),
        record("send_style", "confetti", data?.send_style),
        record("status", "DELIVERED", data?.status),
        record("service", "iMessage", data?.service)
      ]
    }
  },
  {
    endpoint: "GET /api/v2/messages",
    run: async (stage) => {
      const number = stage.newcomer()
      for (const content of ["One", "Two", "Three"]) await send(stage, number, { content })
      await stage.run(stage.network.say({ from: number, to: stage.lineBehind, text: "Four" }))
      const contents = async (query: SendblueAPI.MessageListParams) => {
        const { data, pagination } = await stage.client.messages.list({ order_direction: "asc", ...query })
        return { contents: data?.map(({ content }) => content), pagination }
      }
      const all = await eventually(() => contents({ number }), ({ pagination }) => pagination?.total === 4)
      const page = await contents({ number, limit: 2, offset: 1 })
      return [
        record("number", ["One", "Two", "Three", "Four"], all.contents),
        record("limit, offset", [["Two", "Three"], { total: 4, limit: 2, offset: 1, hasMore: true }], [page.contents, page.pagination]),
        record("to_number", ["One", "Two", "Three"], (await contents({ to_number: number })).contents),
        record("from_number", ["Four"], (await contents({ from_number: number })).contents),
        record("is_outbound", ["Four"], (await contents({ number, is_outbound: "false" })).contents),
        record("status", ["Four"], (await contents({ number, status: "RECEIVED" })).contents),
        record("message_type", [], (await contents({ number, message_type: "group" })).contents),
        record("order_direction", ["Four", "Three", "Two", "One"], (await contents({ number, order_direction: "desc" })).contents),
        record("created_at_gte", [], (await contents({ number, created_at_gte: "2999-01-01T00:00:00Z" })).contents)
      ]
    }
  },
  {
    endpoint: "DELETE /api/message/{message_handle}",
    run: async (stage) => {
      const number = stage.newcomer()
      const { handle } = await send(stage, number, { content: "Forget it" })
      const { body } = await call(stage, "DELETE", `/api/message/${handle}`)
      const after = (await stage.client.messages.list({ number })).pagination?.total
      return [
        record("message_handle", ["OK", 1], [body["status"], (await phone(stage, number)).messages.length]),
        record("the list afterwards", 0, after, "the carrier's record is gone; the gateway's own list keeps the message")
      ]
    }
  }
]

const groups: ReadonlyArray<Scenario<Stage>> = [
  {
    endpoint: "POST /api/send-group-message",
    run: async (stage) => {
      const numbers = [stage.newcomer(), stage.newcomer(), stage.newcomer()]
      const first = await stage.client.groups.sendMessage({ numbers, from_number: stage.line, content: "All" })
      const group = async () => (await stage.client.messages.retrieve(first.message_handle ?? "")).data?.group_id ?? ""
      const groupId = await group()
      const second = await stage.client.groups.sendMessage({ group_id: groupId, from_number: stage.line, content: "Again" })
      const third = await stage.client.groups.sendMessage({ numbers: [...numbers].reverse(), from_number: stage.line, content: "Third" })
      const seen = await Promise.all(numbers.map(async (number) => (await phone(stage, number)).messages.map(({ text }) => text)))
      const threads = new Set((await phone(stage, numbers[0] ?? "")).messages.map((message) => message.group))
      return [
        record("numbers", numbers.map(() => ["All", "Again", "Third"]), seen),
        record("group_id", [1, "Again", "Third"], [threads.size, second.content, third.content])
      ]
    }
  },
  {
    endpoint: "POST /api/modify-group",
    run: async (stage) => {
      const numbers = [stage.newcomer(), stage.newcomer(), stage.newcomer(), stage.newcomer()] as const
      const newcomer = stage.newcomer()
      const sent = await stage.client.groups.sendMessage({ numbers: [...numbers], from_number: stage.line, content: "All" })
      const group_id = (await stage.client.messages.retrieve(sent.message_handle ?? "")).data?.group_id ?? ""
      // a carrier may say that it has begun, and show the change later
      const members = (wanted: ReadonlyArray<string>) =>
        eventually(
          async () => [...(await stage.client.v2.groups.retrieve(group_id)).data?.participant_numbers ?? []].sort(),
          (numbers) => numbers.length === wanted.length && wanted.every((number) => numbers.includes(number))
        )
      await stage.client.groups.modify({ group_id, modify_type: "add_recipient", number: newcomer, from_number: stage.line })
      const added = await members([...numbers, newcomer])
      await stage.client.groups.modify({ group_id, modify_type: "remove_recipient", number: numbers[0], from_number: stage.line })
      const removed = await members([...numbers.slice(1), newcomer])
      return [
        record("modify_type: add_recipient", [...numbers, newcomer].sort(), added),
        record("modify_type: remove_recipient", [...numbers.slice(1), newcomer].sort(), removed)
      ]
    }
  },
  {
    endpoint: "POST /api/v2/groups/{group_id}/name, /photo",
    run: async (stage) => {
      const numbers = [stage.newcomer(), stage.newcomer(), stage.newcomer()]
      const sent = await stage.client.groups.sendMessage({ numbers, from_number: stage.line, content: "All" })
      const groupId = (await stage.client.messages.retrieve(sent.message_handle ?? "")).data?.group_id ?? ""
      await stage.client.v2.groups.rename(groupId, { group_name: "Team" })
      await stage.client.v2.groups.setPhoto(groupId, { photo_url: "https://images.example.com/team.png" })
      const { data } = await eventually(
        () => stage.client.v2.groups.retrieve(groupId),
        ({ data }) => data?.group_name === "Team" && typeof data.group_photo?.url === "string"
      )
      return [
        record("group_name", "Team", data?.group_name),
        record("photo_url", "https://images.example.com/team.png", data?.group_photo?.url)
      ]
    }
  }
]

const gestures: ReadonlyArray<Scenario<Stage>> = [
  {
    endpoint: "POST /api/send-typing-indicator",
    run: async (stage) => {
      const number = await known(stage)
      const { number: said } = await stage.client.typingIndicators.send({ number, from_number: stage.line })
      const shown = (await phone(stage, number)).typing
      await stage.client.typingIndicators.send({ number, from_number: stage.line, state: "stop" })
      return [
        record("number", [number, [stage.lineBehind]], [said, shown]),
        record("state: stop", [], (await phone(stage, number)).typing)
      ]
    }
  },
  {
    endpoint: "POST /api/mark-read",
    run: async (stage) => {
      const number = await known(stage)
      await stage.run(stage.network.say({ from: number, to: stage.lineBehind, text: "Hi" }))
      await call(stage, "POST", "/api/mark-read", { number, from_number: stage.line })
      return [record("number", [stage.lineBehind], (await phone(stage, number)).read.map(({ line }) => line))]
    }
  },
  {
    endpoint: "POST /api/send-reaction",
    run: async (stage) => {
      const number = await known(stage)
      await stage.run(stage.network.say({ from: number, to: stage.lineBehind, text: "What do you say?" }))
      const heard = await eventually(() => stage.client.messages.list({ from_number: number }), ({ data }) => data?.length === 1)
      const message_handle = heard.data?.[0]?.message_handle ?? ""
      const react = (reaction: string) => call(stage, "POST", "/api/send-reaction", { from_number: stage.line, message_handle, reaction })
      const shown = (count: number) =>
        eventually(
          async () => last((await phone(stage, number)).sent).reactions.map(({ emoji, type }) => emoji ?? type),
          ({ length }) => length === count
        )
      await react("love")
      const loved = await shown(1)
      await react("-love")
      const taken = await shown(0)
      await react("👀")
      return [
        record("reaction", ["love"], loved),
        record("reaction: -love", [], taken),
        record("reaction: an emoji", ["👀"], await shown(1))
      ]
    }
  },
  {
    endpoint: "GET /api/evaluate-service",
    run: async (stage) => {
      const [apple, other] = [stage.newcomer(), stage.newcomer()]
      await stage.run(stage.network.person({ handle: other, service: "SMS" }))
      return [
        record("number", [{ number: apple, service: "iMessage" }, { number: other, service: "SMS" }], [
          await stage.client.lookups.lookupNumber({ number: apple }),
          await stage.client.lookups.lookupNumber({ number: other })
        ])
      ]
    }
  },
  {
    endpoint: "POST /api/v2/contacts/opt-out",
    run: async (stage) => {
      const number = stage.newcomer()
      const { handle } = await send(stage, number, { content: "Hello" })
      // Sendblue says on every message whether its receiver has opted out: what it says of this one must be from before
      await delivered(stage, handle)
      await stage.client.contacts.optOut({ number })
      const refusal = await stage.client.messages.send({ number, from_number: stage.line, content: "Hello?" }).catch((error: unknown) =>
        error
      )
      const body = refusal instanceof SendblueAPI.BadRequestError ? refusal.error as Record<string, unknown> : {}
      const during = (await phone(stage, number)).messages.length
      await stage.client.contacts.optOut({ number, opted_out: false })
      await send(stage, number, { content: "Welcome back" })
      return [
        record("number", [402, "OPTED_OUT", 1], [body["error_code"], body["error_message"], during]),
        record("opted_out", 2, (await phone(stage, number)).messages.length)
      ]
    }
  },
  {
    endpoint: "POST /api/upload-file",
    run: async (stage) => {
      const form = new FormData()
      form.set("file", new File(["%PDF-1.4"], "terms.pdf", { type: "application/pdf" }))
      const { body, status } = await call(stage, "POST", "/api/upload-file", form)
      const number = await known(stage)
      const { arrived } = await send(stage, number, { media_url: String(body["media_url"]) })
      return [
        record(
          "file",
          [201, 1, true],
          [status, arrived.media.length, arrived.media[0]?.includes("terms.pdf")],
          "the carrier gives the file an address of its own"
        )
      ]
    }
  }
]

const account: ReadonlyArray<Scenario<Stage>> = [
  {
    endpoint: "GET /api/v2/lines/state, GET /api/lines",
    run: async (stage) => {
      const { data } = await stage.client.lines.getState()
      const { body } = await call(stage, "GET", "/api/lines")
      return [
        record("sendblue_number", [[stage.line], [stage.line]], [data?.map(({ sendblue_number }) => sendblue_number), body["numbers"]]),
        record("status", ["ONLINE"], data?.map(({ status }) => status), "a carrier that does not say how a line is doing leaves it UNKNOWN")
      ]
    }
  },
  {
    endpoint: "GET /api/v2/lines/usage, GET /api/v2/lines/contact-status",
    run: async (stage) => {
      const query = String(new URLSearchParams({ number: stage.newcomer(), sendblue_number: stage.line }))
      const askUsage = () => call(stage, "GET", "/api/v2/lines/usage")
      const askStatus = () => call(stage, "GET", `/api/v2/lines/contact-status?${query}`)
      if (stage.carrier === "linq") {
        return [await recordRefusal("the usage", askUsage), await recordRefusal("the status of a contact", askStatus)]
      }
      const usage = (await askUsage()).body["lines"] as ReadonlyArray<{ readonly phone: string; readonly state: string }> // as the page shows it
      const { body: contact } = await askStatus()
      return [
        record("lines", [{ phone: stage.line, state: "available" }], usage.map(({ phone, state }) => ({ phone, state }))),
        record("classification", ["new", false], [contact["classification"], contact["known_contact"]])
      ]
    }
  },
  {
    endpoint: "PUT, DELETE /api/lines/{sendblue_number}/call-forwarding",
    run: async (stage) => {
      const to = stage.newcomer()
      const set = await stage.client.lines.callForwarding.update(stage.line, { forwarding_number: to })
      const cleared = await stage.client.lines.callForwarding.delete(stage.line)
      return [
        record("forwarding_number", [{ forwarding_number: to, sendblue_number: stage.line }, {
          forwarding_number: null,
          sendblue_number: stage.line
        }], [set, cleared])
      ]
    }
  },
  {
    endpoint: "GET /api/v2/contact-sharing/state, POST /api/v2/contact-sharing/profile, POST /api/v2/contact-sharing/share",
    run: async (stage) => {
      const to = stage.newcomer()
      await send(stage, to, { content: "Hello" })
      const set = await call(stage, "POST", "/api/v2/contact-sharing/profile", { fromNumber: stage.line, firstName: "Ada", lastName: "Lo" })
      const state = await call(stage, "GET", `/api/v2/contact-sharing/state?fromNumber=${encodeURIComponent(stage.line)}`)
      const shared = await call(stage, "POST", "/api/v2/contact-sharing/share", { fromNumber: stage.line, toNumber: to })
      const { contactCards } = await stage.run(stage.network.phone(to))
      const nameOf = ({ body }: typeof set) => (body["data"] as Record<string, unknown>)["displayName"]
      return [
        record("displayName", ["Ada Lo", "Ada Lo"], [nameOf(set), nameOf(state)]),
        record("requested", true, shared.body["requested"]),
        record("on the phone", ["Ada Lo"], contactCards.map(({ name }) => name))
      ]
    }
  },
  {
    endpoint: "GET, POST, PUT, DELETE /api/account/webhooks",
    run: async (stage) => {
      const hook = await stage.subscriber()
      await stage.client.webhooks.create({ webhooks: [{ url: hook.url, secret: "s3cret" }] })
      await stage.client.webhooks.create({ webhooks: [`${hook.url}?out`], type: "outbound" })
      const listed = (await stage.client.webhooks.list()).webhooks
      const number = stage.newcomer()
      const { handle } = await send(stage, number, { content: "Hello" })
      await stage.run(stage.network.say({ from: number, to: stage.lineBehind, text: "Hi" }))
      const bodies = () =>
        Promise.resolve(
          hook.received.map(({ body, headers }): Record<string, unknown> => ({
            ...JSON.parse(body) as object,
            secret: headers["sb-signing-secret"]
          }))
        )
      const told = await eventually(
        bodies,
        (all) =>
          all.some((one) => one["content"] === "Hi") && all.some((one) => one["message_handle"] === handle && one["status"] === "DELIVERED")
      )
      const received: Record<string, unknown> = told.find((one) => one["content"] === "Hi") ?? {}
      await stage.client.webhooks.update({ webhooks: { receive: [hook.url] } })
      const replaced = (await stage.client.webhooks.list()).webhooks
      await stage.client.webhooks.delete({ webhooks: [hook.url] })
      const emptied = (await stage.client.webhooks.list()).webhooks
      await hook.stop()
      return [
        record(
          "webhooks[].secret",
          [{ url: hook.url, secret: "s3cret" }],
          listed?.receive,
          "it is kept, signs every call, and is not shown again; a webhook that is written without one keeps it"
        ),
        record("webhooks", [[hook.url], [`${hook.url}?out`], [hook.url], [], []], [
          listed?.receive,
          listed?.outbound,
          replaced?.receive,
          replaced?.outbound,
          emptied?.receive
        ]),
        record("type: receive", ["RECEIVED", number, stage.line, "s3cret"], [
          received["status"],
          received["number"],
          received["sendblue_number"],
          received["secret"]
        ]),
        record("type: outbound", true, told.some((one) => one["message_handle"] === handle && one["status"] === "DELIVERED")),
        await recordRefusal("type: call_log", () => stage.client.webhooks.create({ webhooks: [hook.url], type: "call_log" }))
      ]
    }
  }
]

const refused: ReadonlyArray<Scenario<Stage>> = [
  {
    endpoint: "POST /api/send-carousel",
    run: async (stage) => [
      await recordRefusal(
        "all of it",
        () =>
          stage.client.sendCarousel.send({
            number: stage.newcomer(),
            from_number: stage.line,
            media_urls: ["https://images.example.com/1.jpg", "https://images.example.com/2.jpg"]
          })
      )
    ]
  },
  {
    endpoint: "POST /api/messages/{message_handle}/update-app-card",
    run: async (stage) => [await recordRefusal("all of it", () => stage.client.messages.updateAppCard("any", { fallback_text: "x" }))]
  },
  {
    endpoint: "POST /api/upload-media-object",
    run: async (
      stage
    ) => [await recordRefusal("all of it", () => stage.client.mediaObjects.upload({ media_url: "https://images.example.com/1.jpg" }))]
  },
  {
    endpoint: "/api/v2/contacts",
    run: async (stage) => [
      await recordRefusal("all of it", () => stage.client.contacts.create({ number: stage.newcomer() })),
      await recordRefusal("{phone_number}", () => stage.client.contacts.retrieve(stage.newcomer()))
    ]
  },
  {
    endpoint: "GET /api/v2/events",
    run: async (stage) => {
      const number = stage.newcomer()
      const types = "message.received,message.created,message.updated,typing.changed"
      const events: Array<SendblueAPI.Events.AccountEvent> = []
      const follow = async () => {
        const stream = await stage.client.events.stream({ types })
        const reading = (async () => {
          for await (const event of stream) events.push(event)
        })().catch(() => undefined)
        return () => {
          stream.controller.abort()
          return reading
        }
      }
      const { handle } = await (async () => {
        const stop = await follow()
        const sent = await send(stage, number, { content: "Hello" })
        await eventually(
          () => Promise.resolve(events),
          (all) => all.some(({ data }) => data["message_id"] === sent.handle && data["status"] === "DELIVERED")
        )
        await stage.run(stage.network.say({ from: number, to: stage.lineBehind, text: "Hi" }))
        await eventually(() => Promise.resolve(events), (all) => all.some(({ type }) => type === "message.received"))
        await stop()
        return sent
      })()
      const own = events.filter(({ data }) => data["number"] === number)
      const received = own.filter(({ type }) => type === "message.received")
      const [first] = received
      const whole = (await stage.client.messages.retrieve(String(first?.data["message_id"]))).data

      // what happens between two connections is in the list, from the time of the last event
      await stage.run(stage.network.say({ from: number, to: stage.lineBehind, text: "missed" }))
      const since = own.at(-1)?.occurred_at ?? ""
      const list = () =>
        stage.client.messages.list({ updated_at_gte: since, order_direction: "asc", ...{ order_by: "updated_at" } as object, number })
      const repaired = await eventually(list, ({ data }) => data?.some(({ content }) => content === "missed") === true)

      const stopAgain = await follow()
      await stage.run(stage.network.say({ from: number, to: stage.lineBehind, text: "again" }))
      await eventually(() => Promise.resolve(events), (all) => all.length > own.length && all.at(-1)?.type === "message.received")
      await stopAgain()
      const later = events.slice(own.length)
      return [
        record("types", [], events.filter(({ type }) => !types.split(",").includes(type))),
        record("version, occurred_at", [1, true], [first?.version, !Number.isNaN(Date.parse(first?.occurred_at ?? ""))]),
        record("id", [events.length, 1], [new Set(events.map(({ id }) => id)).size, events.filter(({ id }) => id === first?.id).length]),
        record(
          "message.created",
          [`message:${handle}:created`],
          own.filter(({ type }) => type === "message.created").map(({ id }) => id),
          "a message of the program itself is told with its first status"
        ),
        record(
          "message.updated",
          ["DELIVERED"],
          own.filter(({ data, type }) => type === "message.updated" && data["message_id"] === handle).slice(-1).map(({ data }) =>
            data["status"]
          )
        ),
        record("message.received", [whole?.message_handle, number, "Hi"], [
          first?.data["message_id"],
          first?.data["number"],
          whole?.content
        ]),
        record("what was missed, by GET /api/v2/messages", true, repaired.data?.some(({ content }) => content === "missed")),
        record(
          "what happens from now on",
          [["message.received", true]],
          later.map(({ data, type }) => [type, (data["message"] as { readonly content?: string }).content === "again"])
        )
      ]
    }
  },
  {
    endpoint: "POST /api/request-location, GET /api/location/{number}",
    run: async (stage) => {
      const number = stage.newcomer()
      await stage.client.messages.send({ number, from_number: stage.line, content: "Where are you?" })
      const asked = await stage.client.requestLocation.create({ number, from_number: stage.line })
      const requests = (await phone(stage, number)).locationRequests
      const before = await stage.client.location.retrieve(number, { from_number: stage.line })
      await stage.run(stage.network.shareLocation(number, { longitude: -122.4, latitude: 37.8 }))
      const { location, state } = await stage.client.location.retrieve(number, { from_number: stage.line })
      return [
        record("request", ["QUEUED", number, [stage.lineBehind]], [asked.status, asked.number, requests.map(({ line }) => line)]),
        record(
          "message_handle",
          "string",
          typeof asked.message_handle,
          "the carrier names no message for the request"
        ),
        record("state: not_shared", "not_shared", before.state),
        record("location", ["shared_with_fix", -122.4, 37.8], [state, location?.longitude, location?.latitude])
      ]
    }
  },
  {
    endpoint: "GET /api/location",
    run: async (stage) => [await recordRefusal("all of it", () => stage.client.location.list({ from_number: stage.line }))]
  }
]

export const scenarios: ReadonlyArray<Scenario<Stage>> = [
  sending,
  statusCallback,
  ...reading,
  ...groups,
  ...gestures,
  ...account,
  ...refused
]
