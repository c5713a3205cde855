/** The official client, sendblue 3.17.0, unmodified, in front of either carrier; the phones judge. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { settleVerdicts } from "../../docs/generated/fronts.ts"
import { type Proxy, proxy } from "../proxy.ts"
import { type Carrier, type Row, rowsOf } from "../verdicts.ts"
import { scenarios } from "./scenarios.ts"
import { type Running, start } from "./stage.ts"

const copies = async ({ network, run }: Running, number: string, text: string): Promise<number> =>
  (await run(network.phone(number))).messages.filter((message) => message.text === text).length

const found: Array<Row> = []

for (const carrier of ["linq", "sendblue"] as const satisfies ReadonlyArray<Carrier>) {
  describe(`the official client before ${carrier}`, () => {
    let stage: Running
    let between: Proxy

    beforeAll(async () => {
      stage = await start({ carriers: [carrier] })
      between = await proxy(stage.world.url)
    })

    afterAll(async () => {
      await between.stop()
      await stage.stop()
    })

    for (const scenario of scenarios) {
      it(`${scenario.endpoint}: what it gives arrives, or is said to have changed`, async () => {
        const rows = await rowsOf("sendblue", carrier, [scenario], stage)
        expect(rows.length).toBeGreaterThan(0)
        found.push(...rows)
      })
    }

    const send = (maxRetries: number, number: string, content: string) =>
      stage.clientAt(between.url, maxRetries).messages.send({ number, from_number: stage.line, content })

    it("sends one message, and names it once, when answers are lost on the way back", async () => {
      const number = stage.newcomer()
      between.plan("lost", "lost")
      const sent = await send(2, number, "once?")
      expect(await copies(stage, number, "once?")).toBe(1)
      const { data } = await stage.client.messages.list({ to_number: number })
      expect(data?.map(({ message_handle }) => message_handle)).toEqual([sent.message_handle])
    })

    it("sends one message when the first request never came", async () => {
      const number = stage.newcomer()
      between.plan("unsent")
      await send(2, number, "late")
      expect(await copies(stage, number, "late")).toBe(1)
    })

    it("takes two equal texts for two messages", async () => {
      const number = stage.newcomer()
      const handles = [await send(0, number, "ok"), await send(0, number, "ok")].map(({ message_handle }) => message_handle)
      expect(new Set(handles).size).toBe(2)
      expect(await copies(stage, number, "ok")).toBe(2)
    })

    it("opens one group and writes to it once when the answer is lost", async () => {
      const numbers = [stage.newcomer(), stage.newcomer(), stage.newcomer()] as const
      between.plan("lost")
      await stage.clientAt(between.url, 2).groups.sendMessage({ numbers: [...numbers], from_number: stage.line, content: "all" })
      expect(await copies(stage, numbers[2], "all")).toBe(1)
    })

    it("answers a send that nobody knows about as pending, with a handle that leads to what became of it", async () => {
      const number = stage.newcomer()
      const sends = carrier === "linq" ? "/v3/chats" : "/api/send-message"
      await stage.run(stage.network.addFault({ vendor: carrier, kind: "ack-lost-reset", times: 1, match: { method: "POST", path: sends } }))
      const sent = await send(2, number, "maybe")
      expect(await copies(stage, number, "maybe")).toBe(1)
      const { status } = await stage.client.messages.getStatus({ handle: sent.message_handle ?? "" })
      expect(["QUEUED", "SENT", "DELIVERED"]).toContain(status)
    })
  })
}

for (const [first, second] of [["linq", "sendblue"], ["sendblue", "linq"]] as const) {
  describe(`the official client before ${first}, which is down, and ${second}`, () => {
    it("has its message delivered by the other, under one handle", async () => {
      const stage = await start({ carriers: [first, second] })
      await stage.run(stage.network.addFault({ vendor: first, kind: "refused", times: "forever" }))
      const number = stage.newcomer()
      const { data, response } = await stage.client.messages.send({ number, from_number: stage.line, content: "still here" }).withResponse()
      const { messages } = await stage.run(stage.network.phone(number))
      expect(messages.map(({ text, vendor }) => [text, vendor])).toEqual([["still here", second]])
      expect(response.headers.get("interline-outcome")).toBe("accepted")
      expect((await stage.client.messages.retrieve(data.message_handle ?? "")).data?.content).toBe("still here")
      await stage.stop()
    })
  })
}

describe("a strict gateway", () => {
  it("refuses before anything is sent what would lose something, and sends the rest", async () => {
    const stage = await start({ carriers: ["linq"], variables: { INTERLINE_STRICT: "true" } })
    const number = stage.newcomer()
    await expect(stage.client.messages.send({ number, from_number: stage.line, content: "Hi", send_style: "confetti" })).rejects
      .toMatchObject({
        status: 400,
        error: { error_code: 4000 }
      })
    await stage.client.messages.send({ number, from_number: stage.line, content: "Hi" })
    expect((await stage.run(stage.network.phone(number))).messages.map(({ text }) => text)).toEqual(["Hi"])
    await stage.stop()
  })
})

it("docs/fronts.md says what was found out, field by field", () => {
  settleVerdicts("sendblue", scenarios.map(({ endpoint }) => endpoint), found)
})
