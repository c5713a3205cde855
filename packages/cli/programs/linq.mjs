// A program of a restaurant that uses Linq's official client, as its owner would write it. It reads one job a line from its standard input,
// does it, and prints what came of it as one line of JSON. The client reads its address and its credentials from the environment.
import LinqAPIV3 from "@linqapp/sdk"
import { readFileSync, writeFileSync } from "node:fs"
import { createInterface } from "node:readline"

const client = new LinqAPIV3()
const line = process.env.RESTAURANT_NUMBER
const memory = process.env.RESTAURANT_MEMORY

// what the program remembers: the id of each chat that it opened
const read = () => {
  try {
    return JSON.parse(readFileSync(memory, "utf8"))
  } catch {
    return {}
  }
}
const chats = read()

const write = (job) => ({
  parts: [
    { type: "text", value: job.text },
    ...(job.picture === undefined ? [] : [{ type: "media", url: job.picture }])
  ],
  ...(job.festive === true ? { effect: { type: "screen", name: "confetti" } } : {})
})

const send = async (job) => {
  const name = job.group ?? job.to
  const message = write(job)
  if (chats[name] !== undefined) return (await client.chats.messages.send(chats[name], { message })).message
  const { chat } = await client.chats.create({ from: line, to: job.members ?? [job.to], message })
  chats[name] = chat.id
  writeFileSync(memory, JSON.stringify(chats))
  return chat.message
}

const work = async (job) => {
  if (job.look !== undefined) {
    const found = await client.messages.retrieve(job.look)
    const { handles } = await client.chats.retrieve(found.chat_id)
    return {
      message: found.id,
      to: handles.find(({ handle }) => handle !== line).handle,
      text: found.parts[0].value,
      status: found.delivery_status
    }
  }
  return { message: (await send(job)).id }
}

for await (const job of createInterface({ input: process.stdin })) {
  const { number, ...task } = JSON.parse(job)
  try {
    console.log(JSON.stringify({ number, ok: true, ...await work(task) }))
  } catch (error) {
    console.log(JSON.stringify({ number, ok: false, why: error.message }))
  }
}
