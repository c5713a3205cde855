/** A vendor that no connection can be made to, in all the ways of TLS: the next carrier takes the message, once. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Effect from "effect/Effect"
import * as Node from "interline/node"
import * as Https from "node:https"
import * as Net from "node:net"
import * as Certificates from "../support/certificates.ts"
import { hasty, orders, other, routerOver } from "../support/router.ts"
import type { Vendor } from "../support/sandbox.ts"

let taken = 0

const secure = (cert: string) =>
  Https.createServer({ key: Certificates.key, cert }, (_, response) => {
    taken++
    response.end("{}")
  })

const servers: Readonly<Record<string, () => Net.Server>> = {
  "a certificate that nobody has signed": () => secure(Certificates.selfSigned),
  "an expired certificate": () => secure(Certificates.expired),
  "a certificate for another name": () => secure(Certificates.foreign),
  "a handshake that is cut off": () =>
    Net.createServer((socket) => {
      socket.on("error", () => {})
      socket.once("data", () => socket.end())
    }),
  "a handshake that is reset": () =>
    Net.createServer((socket) => {
      socket.on("error", () => {})
      socket.once("data", () => socket.resetAndDestroy())
    })
}

const clients = { fetch: FetchHttpClient.layer, "our lean client": Node.layer() } as const

describe.each(Object.entries(clients))("with %s", (_, layer) => {
  describe.each(orders)("%s first", (first: Vendor) => {
    it.scopedLive.each(Object.entries(servers))("%s moves the message to the other carrier", ([, make]) =>
      Effect.gen(function*() {
        taken = 0
        const sandbox = yield* Sandbox.make({ clock: "manual" })
        const port = yield* RecordingServer.listen(make())
        const client = HttpClient.mapRequest(yield* HttpClient.HttpClient, (request) =>
          HttpClientRequest.setUrl(request, request.url.replace(sandbox[first], `https://127.0.0.1:${port}`)))
        const world = yield* routerOver(sandbox, { prefer: [first, other[first]], ...hasty }, { client })
        const ended = yield* world.send(Draft.text("hello"))
        expect(ended).toMatchObject({ outcome: "accepted", route: [`${first} rejected`, `${other[first]} accepted`] })
        expect(yield* world.phone("hello")).toEqual([other[first]])
        expect(taken).toBe(0)
      }).pipe(Effect.provide(layer)))
  })
})
