/** What the drift check finds: in a small invented client, and in the official clients that are installed here. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { read } from "./client.ts"
import { type Allowance, compare, isDrifted, judge, type Ours, toLines } from "./compare.ts"
import { vendors } from "./tables.ts"

/** An invented client, as generators write it. */
const published: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ name: "acme", version: "2.0.0" }),
  "resources/messages.mjs": `
    import { path } from "../internal/utils/path.mjs";
    export class Messages extends APIResource {
      /** this._client.post('/v1/only-in-a-comment') */
      send(body, options) { return this._client.post('/v1/messages', { body, ...options }); }
      retrieve(messageID, options) { return this._client.get(path\`/v1/messages/\${messageID}\`, options); }
      edit(messageID, body, options) { return this._client.put(path\`/v1/messages/\${messageID}/text\`, { body, ...options }); }
      search(body, options) { return this._client.getAPIList('/v1/search', Page, { body, method: 'post', ...options }); }
      list(query, options) { return this._client.getAPIList('/v1/messages', Page, { query, ...options }); }
      poll(chatID, body, options) { return this._client.post(path\`/v1/chats/\${chatID}/polls\`, { body, ...options }); }
    }`,
  "resources/shared.d.ts": "export type Service = 'SMS' | 'RCS';",
  "resources/messages.d.ts": `
    import * as Shared from './shared.js';
    export interface Message {
      /** status: 'only in a comment' */
      status: 'queued' | 'sent' | 'bounced';
      service?: Shared.Service | null;
      Loop?: Message;
    }
    export declare namespace Message { interface Data { kinds: Array<'text' | 'poll'>; } }
    export type EventType = 'message.sent' | ('message.read') | Later;
    type Later = 'poll.created';
    export interface Hook { data: { mode: 'live' | 'test' }; }`
}

/** The same client, one version before: what went since is in it. */
const earlier: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ name: "acme", version: "1.0.0" }),
  "resources/messages.mjs": `
    import { path } from "../internal/utils/path.mjs";
    export class Messages extends APIResource {
      remove(messageID, options) { return this._client.delete(path\`/v1/messages/\${messageID}\`, options); }
      edit(messageID, body, options) { return this._client.patch(path\`/v1/messages/\${messageID}/text\`, { body, ...options }); }
    }`,
  "resources/messages.d.ts": `
    export interface Message { status: 'queued' | 'sent' | 'failed'; }
    export type EventType = 'message.sent' | 'message.read' | 'message.typing';`
}

const ours: Ours = {
  endpoints: [
    { method: "POST", path: "/v1/messages" },
    { method: "GET", path: "/v1/messages" },
    { method: "GET", path: "/v1/messages/{messageId}" },
    { method: "PATCH", path: "/v1/messages/{messageId}/text" },
    { method: "POST", path: "/v1/search" },
    { method: "DELETE", path: "/v1/messages/{messageId}" },
    // this one, and the event below, are in neither version
    { method: "GET", path: "/v1/on-a-page-only" },
    { method: "PUT", path: "{upload_url}" }
  ],
  words: [
    { what: "event", at: "EventType", words: ["message.sent", "message.read", "message.typing", "message.on-a-page-only"] },
    { what: "status", at: "Message.status", words: ["queued", "sent", "failed"] },
    { what: "service", at: "Message.service", words: ["SMS", "RCS"] },
    { what: "kind", at: "Message.Data.kinds", words: ["text", "poll"] },
    { what: "mode", at: "Hook.data.mode", words: ["live", "test"] },
    { what: "effect", at: "MessageEffect.name", words: ["slam"] }
  ]
}

const unpack = (files: Readonly<Record<string, string>>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-drift-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    ),
    (folder) => {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), text)
      }
      return read(folder)
    }
  )

const acme = Effect.all({ newest: unpack(published), before: unpack(earlier) })

describe("an invented client", () => {
  it.scoped("shows its requests, and no path in a comment", () =>
    Effect.map(acme, ({ newest: { endpoints } }) =>
      deepStrictEqual(Array.from(endpoints).toSorted(), [
        "GET /v1/messages",
        "GET /v1/messages/{}",
        "POST /v1/chats/{}/polls",
        "POST /v1/messages",
        "POST /v1/search",
        "PUT /v1/messages/{}/text"
      ])))

  it.scoped("differs by a new endpoint, one that went, one with another method, an event that went, a changed word and a type that went", () =>
    Effect.map(acme, (clients) =>
      deepStrictEqual(compare(clients, ours), [
        { change: "new", what: "endpoint", name: "POST /v1/chats/{}/polls" },
        { change: "gone", what: "endpoint", name: "DELETE /v1/messages/{}" },
        { change: "changed", what: "endpoint", name: "PATCH /v1/messages/{}/text is PUT" },
        { change: "new", what: "event", name: "poll.created" },
        { change: "gone", what: "event", name: "message.typing" },
        { change: "new", what: "status", name: "bounced" },
        { change: "gone", what: "status", name: "failed" },
        { change: "gone", what: "type", name: "MessageEffect.name" }
      ])))

  it.scoped("may have what we do not have on purpose, and a row of that table that meets nothing is named", () =>
    Effect.map(acme, (clients) => {
      const meant: Allowance = { what: "endpoint", names: ["POST /v1/chats/{}/polls", "GET /v1/gone"], why: "a test" }
      const verdict = judge(compare(clients, ours), [meant])
      deepStrictEqual([verdict.findings.length, verdict.allowed, verdict.needless], [7, 1, ["new endpoint: GET /v1/gone"]])
      deepStrictEqual(toLines(clients.newest, verdict).slice(0, 2), [
        "acme 2.0.0: 7 differences, and 1 things that we do not have on purpose",
        "  gone endpoint: DELETE /v1/messages/{}"
      ])
      deepStrictEqual([isDrifted(verdict), isDrifted({ ...verdict, findings: [] })], [true, false])
    }))
})

describe("the official clients that are installed here", () => {
  for (const { allowances, client: name, ours } of vendors) {
    it(`${name} has nothing that we do not have, except on purpose`, () => {
      const found = read(fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url)))
      const { findings } = judge(compare({ newest: found, before: found }, ours), allowances)
      deepStrictEqual(findings, [])
      for (const { why } of allowances) strictEqual(why.length > 0, true)
    })
  }
})
