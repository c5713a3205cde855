// The vendors' answers without the vendors: every POST is answered at once with a canned, realistic body.
import { createServer } from "node:http"

const handle = (number, isMe) => ({
  id: "550e8400-e29b-41d4-a716-446655440010",
  handle: number,
  joined_at: "2025-05-21T15:30:00.000Z",
  service: "iMessage",
  is_me: isMe,
  left_at: null,
  status: "active"
})
const message = {
  id: "69a37c7d-af4f-4b5e-af42-e28e98ce873a",
  created_at: "2025-10-23T13:07:55.019-05:00",
  delivery_status: "pending",
  is_read: false,
  parts: [{ reactions: null, type: "text", value: "Hello, world!", text_decorations: null }],
  sent_at: null,
  delivered_at: null,
  effect: null,
  from_handle: handle("+12025550101", true),
  preferred_service: "iMessage",
  reply_to: null,
  service: "iMessage"
}
const chatId = "94c6bf33-31d9-40e3-a0e9-f94250ecedb9"
const bodies = {
  chats: JSON.stringify({
    chat: {
      id: chatId,
      display_name: "+12025550101, +12025550123",
      service: "iMessage",
      is_group: false,
      handles: [handle("+12025550101", true), handle("+12025550123", false)],
      message
    }
  }),
  messages: JSON.stringify({ chat_id: chatId, message }),
  sendblue: JSON.stringify({
    accountEmail: "team@example.com",
    content: "Hello, world!",
    is_outbound: true,
    status: "QUEUED",
    error_code: null,
    error_message: null,
    message_handle: "dfd747ba-5600-4a8a-804a-a614a0fbc1c5",
    date_sent: "2023-09-27T16:35:32.287Z",
    date_updated: "2023-09-27T16:35:32.703Z",
    from_number: "+12025550201",
    number: "+12025550123",
    to_number: "+12025550123",
    was_downgraded: null,
    plan: "dedicated",
    media_url: "",
    message_type: "message",
    group_id: "",
    participants: [],
    send_style: "",
    opted_out: false,
    error_detail: null
  })
}
const answer = (url) =>
  url.includes("/api/send-message") ? [200, bodies.sendblue] : url.endsWith("/messages") ? [202, bodies.messages] : [201, bodies.chats]

const server = createServer((request, response) => {
  request.resume()
  request.on("end", () => {
    const [status, body] = answer(request.url)
    response.writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "x-trace-id": "2eff5df5c6f688733c007523c4d61cd9"
    })
    response.end(body)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`))
