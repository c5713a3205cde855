// A program of a restaurant that uses Sendblue's official client, as its owner would write it. It reads one job a line from its standard
// input, does it, and prints what came of it as one line of JSON. The client reads its address and its credentials from the environment.
import { readFileSync, writeFileSync } from "node:fs"
import { createInterface } from "node:readline"
import SendblueAPI from "sendblue"

const client = new SendblueAPI()
const line = process.env.RESTAURANT_NUMBER
const memory = process.env.RESTAURANT_MEMORY

// what the program remembers: the id of each group that it opened
const read = () => {
  try {
    return JSON.parse(readFileSync(memory, "utf8"))
  } catch {
    return {}
  }
}
const groups = read()

const write = (job) => ({
  from_number: line,
  content: job.text,
  ...(job.picture === undefined ? {} : { media_url: job.picture }),
  ...(job.festive === true ? { send_style: "confetti" } : {})
})

const writeToGroup = async (job) => {
  const known = groups[job.group]
  const sent = await client.groups.sendMessage({
    ...write(job),
    ...(known === undefined ? { numbers: job.members } : { group_id: known })
  })
  if (known === undefined) {
    groups[job.group] = sent.group_id ?? (await client.messages.retrieve(sent.message_handle)).data.group_id
    writeFileSync(memory, JSON.stringify(groups))
  }
  return sent
}

const work = async (job) => {
  if (job.look !== undefined) {
    const found = await client.messages.getStatus({ handle: job.look })
    return { message: found.message_handle, to: found.number, text: found.content, status: found.status }
  }
  const sent = job.group === undefined ? await client.messages.send({ ...write(job), number: job.to }) : await writeToGroup(job)
  return { message: sent.message_handle }
}

for await (const job of createInterface({ input: process.stdin })) {
  const { number, ...task } = JSON.parse(job)
  try {
    console.log(JSON.stringify({ number, ok: true, ...await work(task) }))
  } catch (error) {
    console.log(JSON.stringify({ number, ok: false, why: error.message }))
  }
}
