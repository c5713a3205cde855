/** The console in a real browser, over a gateway and its sandbox. */
import { it } from "@effect/vitest"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import { createRequire } from "node:module"
import type * as Playwright from "playwright-core"
import { afterAll, beforeAll, describe, expect, type TestContext } from "vitest"
import * as GatewayProcess from "../support/gatewayProcess.ts"
import * as World from "./world.ts"

const person = "+12025550123"

let world: World.World | undefined
const scope = Effect.runSync(Scope.make())

beforeAll(async () => {
  world = await Effect.runPromise(Scope.extend(World.make({ INTERLINE_ALLOW_PRIVATE_URLS: "true" }), scope))
}, 180_000)

afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

/** Answers for a long list in the page itself, so that a thousand pages cost no way to another process. */
const answerItself = Fs.readFileSync(new URL("answerItself.js", import.meta.url), "utf8")

/** A test with a page that is signed in. At its end, nothing went wrong on the page. */
const inConsole =
  (path: string, test: (page: Playwright.Page, world: World.World) => Effect.Effect<void, never, Scope.Scope>, window: World.Window = {}) =>
  (context: TestContext) =>
    world === undefined ? Effect.sync(() => context.skip("there is no browser")) : visitAs(world, path, test, window)

const visitAs = (
  world: World.World,
  path: string,
  test: (page: Playwright.Page, world: World.World) => Effect.Effect<void, never, Scope.Scope>,
  window: World.Window
) =>
  Effect.gen(function*() {
    const { page, wrong } = yield* World.visit(world, path, window)
    yield* World.signIn(page, world.apiKey)
    yield* test(page, world)
    expect(wrong).toEqual([])
  })

const promise = <A>(run: () => Promise<A>): Effect.Effect<A> => Effect.promise(run)

const limit = 120_000

const send = (world: World.World, text: string, to: string = person, headers: Readonly<Record<string, string>> = {}) =>
  World.ask(world, "/v1/send", { to: { line: "support", handle: to }, text }, headers)

/** Until nothing more is expected of a delivery. */
const awaitSettled = (world: World.World, id: string): Effect.Effect<unknown> =>
  GatewayProcess.eventually(
    World.ask(world, `/v1/deliveries/${id}`),
    ({ json }) => (json as { readonly report: { readonly settled: boolean } }).report.settled
  )

/** What a page does when its tab is hidden or shown. */
const see = (state: "hidden" | "visible"): string =>
  `Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "${state}" })
  document.dispatchEvent(new Event("visibilitychange"))`

describe("signing in", () => {
  it.scopedLive("with a wrong key says so, and with the right one begins with the story", (context) =>
    Effect.gen(function*() {
      if (world === undefined) return context.skip("there is no browser")
      const { page, wrong } = yield* World.visit(world, "")
      yield* promise(async () => {
        await page.getByLabel("API key").fill("not-a-key-of-this-gateway")
        await page.getByRole("button", { name: "Sign in" }).click()
        await page.getByText("The gateway does not know this key.", { exact: false }).waitFor()
      })
      yield* World.signIn(page, world.apiKey)
      yield* promise(async () => {
        await page.getByRole("heading", { name: "Try it", level: 1 }).waitFor()
        await page.getByText("Live", { exact: true }).waitFor()
        await page.getByRole("button", { name: "Sign out" }).click()
        await page.getByLabel("API key").waitFor()
      })
      expect(wrong).toEqual([])
    }), limit)

  it.scopedLive("with the printed link works once", (context) =>
    Effect.gen(function*() {
      if (world === undefined) return context.skip("there is no browser")
      const first = yield* World.visit(world, world.link)
      yield* promise(() => first.page.getByRole("heading", { name: "Try it", level: 1 }).waitFor())
      expect(new URL(first.page.url()).hash).toBe("")
      const second = yield* World.visit(world, world.link)
      yield* promise(() => second.page.getByText("This link was used already", { exact: false }).waitFor())
      expect([...first.wrong, ...second.wrong]).toEqual([])
    }), limit)
})

describe("the half-minute story", () => {
  it.scopedLive(
    "sends one copy, fails over, takes an answer, and refuses after an opt-out",
    inConsole("try", (page, world) =>
      promise(async () => {
        const phone = page.getByRole("region", { name: `The phone of ${person}` })
        const write = async (text: string): Promise<void> => {
          await page.getByLabel(`Message to ${person}`).fill(text)
          await page.getByRole("button", { name: "Send", exact: true }).click()
        }
        await write("Your table is ready")
        await phone.getByText("Your table is ready").waitFor()
        await page.getByRole("button", { name: "Break Linq" }).click()
        await page.getByRole("button", { name: "Mend Linq" }).waitFor()
        await write("Your taxi is here")
        const card = page.getByRole("article", { name: "What became of Your taxi is here" })
        await card.getByText("1 copy on the phone").waitFor()
        await card.getByText("Refused", { exact: true }).waitFor()
        await card.getByText("Certainly not sent").waitFor()
        await phone.getByText("by sendblue", { exact: false }).waitFor()
        await page.getByRole("button", { name: "Mend Linq" }).click()
        await page.getByRole("button", { name: "Break Linq" }).waitFor()
        await phone.getByLabel("Answer as the person").fill("On my way")
        await phone.getByRole("button", { name: "Answer" }).click()
        await phone.getByText("On my way").waitFor()
        await phone.getByRole("button", { name: "Write STOP" }).click()
        await waitForOptOut(world)
        await write("One more thing")
        await page.getByText("Not sent: “One more thing”").waitFor()
        await page.getByText("Certainly nothing left the gateway.").waitFor()
        await Effect.runPromise(World.ask(world, "/v1/opt-ins", { handle: person }))
      })),
    limit
  )
})

describe("the messages", () => {
  it.scopedLive(
    "can be filtered, and the filters are in the address",
    inConsole("messages", (page, world) =>
      Effect.gen(function*() {
        yield* send(world, "A message to find", "+12025550142")
        yield* promise(async () => {
          await page.getByRole("listitem").first().waitFor()
          await page.getByLabel("Carrier").selectOption("sendblue")
          await page.waitForURL(/carrier=sendblue/)
          await page.getByLabel("Outcome").selectOption("held")
          await page.waitForURL(/outcome=held/)
          await page.getByText("No message fits these filters").waitFor()
          await page.goBack()
          await page.waitForURL((url) => url.search === "?carrier=sendblue")
          expect(await page.getByLabel("Outcome").inputValue()).toBe("")
          await page.getByRole("link", { name: "Clear", exact: true }).click()
          await page.waitForURL((url) => url.search === "")
          // the keys: search, choose, open, and back
          await page.keyboard.press("/")
          await page.keyboard.type("+1 202 555 0142")
          await page.keyboard.press("Enter")
          await page.waitForURL(/peer=%2B12025550142/)
          await page.getByText("1 message", { exact: true }).waitFor()
          await page.keyboard.press("Escape")
          await page.keyboard.press("j")
          await page.keyboard.press("Enter")
          await page.getByRole("heading", { name: "Message", level: 1, exact: true }).waitFor()
          await page.keyboard.press("Escape")
          await page.getByRole("heading", { name: "Messages", level: 1 }).waitFor()
        })
      })),
    limit
  )

  it.scopedLive(
    "are masked until they are asked for, and the audit says who asked",
    inConsole("messages?peer=%2B12025550143", (page, world) =>
      Effect.gen(function*() {
        yield* send(world, "A masked message", "+12025550143")
        yield* promise(async () => {
          const row = page.getByRole("main").getByRole("listitem").first()
          await row.waitFor()
          const text = await row.innerText()
          expect([text.includes("•"), text.includes("+12025550143"), text.includes("A masked message")]).toEqual([true, false, false])
          await page.getByRole("main").getByRole("button", { name: "Show people" }).click()
          await page.getByRole("switch", { name: "Show people", checked: true }).waitFor()
          await page.getByText("A masked message").waitFor()
          await page.getByText("+12025550143").first().waitFor()
        })
        const { json } = yield* World.ask(world, "/v1/audit?act=people.shown")
        expect((json as { readonly items: ReadonlyArray<unknown> }).items.length > 0).toBe(true)
      })),
    limit
  )

  it.scopedLive(
    "appear by themselves, and change while they are shown",
    inConsole("messages?peer=%2B12025550144", (page, world) =>
      Effect.gen(function*() {
        yield* promise(() => page.getByText("No message fits these filters").waitFor())
        yield* promise(() => page.getByText("Live", { exact: true }).waitFor())
        yield* send(world, "A live message", "+12025550144")
        yield* promise(() => page.getByRole("listitem").getByText("Delivered").waitFor())
        // what is chosen stays chosen when another message comes on top
        yield* promise(() => page.keyboard.press("j"))
        yield* send(world, "Another live message", "+12025550144")
        yield* promise(() => page.getByText("2 messages", { exact: true }).waitFor())
        expect(yield* promise(() => page.locator("[data-chosen=true]").getAttribute("aria-posinset"))).toBe("2")
      })),
    limit
  )

  it.scopedLive(
    "are searched by a status from page to page by itself, and what was found so far is shown",
    inConsole("messages", (page, world) =>
      Effect.gen(function*() {
        yield* send(world, "A message to search for", "+12025550131")
        yield* promise(async () => {
          let release = (): void => {}
          const released = new Promise<void>((resolve) => (release = resolve))
          await page.route("**/v1/messages?**status=read**", async (route) => {
            const conditions = new URL(route.request().url()).searchParams
            const found = await (await route.fetch({ url: `${world.url}/v1/messages?peer=%2B12025550131&limit=1` })).json() as object
            // the first answers have a message and nothing, and are not the end
            if (conditions.get("cursor") === null) {
              return route.fulfill({ json: { ...found, next: "a", lookedTo: "2026-11-20T10:00:00.000Z" } })
            }
            await released
            return route.fulfill({
              json: { items: [], ...(conditions.get("cursor") === "a" ? { next: "b", lookedTo: "2026-11-10T10:00:00.000Z" } : {}) }
            })
          })
          await page.getByLabel("Status").selectOption("read")
          await page.getByText("The search is at").waitFor()
          await page.locator("[aria-posinset='1']").waitFor()
          release()
          await page.getByText("The search is at").waitFor({ state: "hidden" })
          expect(await page.getByRole("main").getByRole("listitem").count()).toBe(1)
          await page.unroute("**/v1/messages?**status=read**")
        })
      })),
    limit
  )

  it.scopedLive(
    "are read again when the stream of events opens, because a hidden page has none",
    inConsole("messages?peer=%2B12025550148", (page, world) =>
      Effect.gen(function*() {
        yield* promise(async () => {
          await page.getByText("Live", { exact: true }).waitFor()
          await Promise.all([
            page.waitForEvent("requestfailed", (request) => request.url().includes("/v1/events")),
            page.evaluate(see("hidden"))
          ])
          await page.route("**/v1/events?**", (route) => route.fulfill({ status: 503 }))
          await page.evaluate(see("visible"))
          await page.getByText("Connecting…", { exact: true }).waitFor()
        })
        const { json } = yield* send(world, "A message that the page did not hear of", "+12025550148")
        yield* awaitSettled(world, sentId(json))
        yield* promise(async () => {
          await page.unroute("**/v1/events?**")
          await page.getByText("1 message", { exact: true }).waitFor()
        })
      })),
    limit
  )

  it.scopedLive(
    "are counted, however many events come, and whatever the browser calls its language",
    inConsole("messages?peer=%2B12025550149", (page, world) =>
      Effect.gen(function*() {
        const broken: Array<string> = []
        page.on("requestfailed", (request) => broken.push(request.url()))
        let release = (): void => {}
        const released = new Promise<void>((resolve) => {
          release = resolve
        })
        yield* promise(async () => {
          await page.getByRole("figure").waitFor()
          await page.getByText("Live", { exact: true }).waitFor()
          await page.route("**/v1/messages/counts?**", (route) => released.then(() => route.continue()))
        })
        for (const count of ["1 message", "2 messages", "3 messages"]) {
          yield* send(world, `A message of ${count}`, "+12025550149")
          yield* promise(() => page.getByText(count, { exact: true }).waitFor())
        }
        yield* promise(async () => {
          release()
          await page.getByText("3 to people").waitFor()
        })
        expect(broken.filter((url) => url.includes("/counts"))).toEqual([])
      }), { language: "en-US@posix" }),
    limit
  )

  it.scopedLive(
    "are found by any id, and in the reader's own time",
    inConsole("messages", (page, world) =>
      Effect.gen(function*() {
        const key = crypto.randomUUID()
        const { json } = yield* send(world, "A message with a key", "+12025550150", { "idempotency-key": key })
        const { id, receipts } = json as {
          readonly id: string
          readonly receipts: ReadonlyArray<{ readonly ref: { readonly id: string } }>
        }
        const search = async (text: string): Promise<void> => {
          await page.getByRole("searchbox").fill(text)
          await page.keyboard.press("Enter")
        }
        yield* promise(async () => {
          await search("00000000-0000-4000-8000-000000000000")
          await page.getByText("Nothing was found for “00000000-0000-4000-8000-000000000000”.").waitFor()
          await search(key)
          await page.waitForURL(`**/messages?key=${key}`)
          await page.getByText("1 message", { exact: true }).waitFor()
          for (const each of [id, receipts[0]?.ref.id ?? ""]) {
            await search(each)
            await page.waitForURL(`**/messages/${id}`)
            await page.goBack()
          }
          await page.getByLabel("Time").selectOption("custom")
          await page.getByLabel("From (your time, GMT-5)").fill("2026-01-30T10:00")
          await page.waitForURL(/since=2026-01-30T15%3A00%3A00\.000Z/)
          expect(await page.getByLabel("From (your time, GMT-5)").inputValue()).toBe("2026-01-30T10:00")
        })
      }), { zone: "America/New_York" }),
    limit
  )

  it.scopedLive("take no more memory when 100,000 of them are scrolled", (context) =>
    Effect.gen(function*() {
      if (world === undefined) return context.skip("there is no browser")
      const { page, wrong } = yield* World.visit(world, "messages", { width: 800, height: 160 })
      // in the page, so that a thousand pages cost no way to another process
      yield* promise(() => page.evaluate(answerItself))
      yield* World.signIn(page, world.apiKey)
      const session = yield* promise(() => page.context().newCDPSession(page))
      const used = async (): Promise<number> => {
        await session.send("HeapProfiler.collectGarbage")
        return (await session.send("Runtime.getHeapUsage")).usedSize
      }
      yield* promise(async () => {
        await page.getByText("100,000 messages").waitFor()
        const scroll = (wanted: number) => page.evaluate(`window.scrollUntil(${wanted})`)
        await scroll(5_000)
        const before = await used()
        await scroll(100_000)
        const after = await used()
        expect(after - before < 20_000_000).toBe(true)
        await page.getByText("Message number 99999", { exact: true }).waitFor()
        // the first page was forgotten, and is read again
        await page.evaluate("window.scrollTo(0, 0)")
        await page.getByText("Message number 0", { exact: true }).waitFor()
      })
      expect(wrong).toEqual([])
    }), 3 * limit)
})

describe("what waits for an operator", () => {
  it.scopedLive(
    "is settled on the page of held messages",
    inConsole("held", (page, world) =>
      Effect.gen(function*() {
        // Linq takes nothing, and a look finds nothing
        const broken = yield* Effect.orDie(world.sandbox.network.addFault({ vendor: "linq", kind: "5xx-before", times: "forever" }))
        const { status } = yield* send(world, "Did it arrive?", "+12025550145")
        yield* Effect.orDie(world.sandbox.network.clearFaults(broken.id))
        expect(status).toBe(202)
        yield* promise(async () => {
          const card = page.getByRole("article").first()
          await card.getByRole("link", { name: "What happened" }).click()
          await page.getByText("A report of linq settles it", { exact: false }).waitFor()
          await page.goBack()
          await card.getByRole("button", { name: "Settle…" }).click()
          const dialog = page.getByRole("dialog", { name: "Settle this message" })
          await dialog.getByText("If it did arrive", { exact: false }).waitFor()
          await dialog.getByRole("button", { name: "It was not sent" }).click()
          await page.getByText("Nothing is held").waitFor()
        })
        const { json } = yield* World.ask(world, "/v1/audit?act=settle")
        expect((json as { readonly items: ReadonlyArray<unknown> }).items.length).toBe(1)
      })),
    limit
  )

  it.scopedLive(
    "is delivered again from the dead letters",
    inConsole("webhooks-and-callbacks", (page) =>
      promise(async () => {
        let isThere = true
        const asked: Array<string> = []
        await page.route("**/v1/dead-letters**", (route) => {
          asked.push(`${route.request().method()} ${new URL(route.request().url()).pathname}`)
          if (route.request().method() === "POST") {
            isThere = false
            return route.fulfill({ status: 204 })
          }
          const letter = { id: "7", endpointId: "e1", eventId: 41, attempts: 12, why: "status-500", at: "2026-11-29T08:00:00.000Z" }
          return route.fulfill({ json: { items: isThere ? [letter] : [] } })
        })
        await page.reload()
        await page.getByRole("button", { name: "Deliver again" }).click()
        await page.getByRole("region", { name: "Dead letters" }).getByText("There is none.").waitFor()
        expect(asked.includes("POST /v1/dead-letters/7/redeliver")).toBe(true)
      })),
    limit
  )
})

describe("what fails", () => {
  it.scopedLive(
    "is said with what to do, and never looks like an answer",
    inConsole("messages", (page, world) =>
      Effect.gen(function*() {
        const { json } = yield* send(world, "A message without its decisions", "+12025550151")
        // a failure that is worth no repetition, so that nothing is waited for
        const failing = ["**/sandbox/", "**/explain", "**/v1/dead-letters/7"]
        yield* promise(async () => {
          for (const address of failing) await page.route(address, (route) => route.fulfill({ status: 409, json: { title: "it broke" } }))
          await page.goto(`${world.url}/console/try`)
          await page.getByText("it broke").waitFor()
          await page.goto(`${world.url}/console/messages/${sentId(json)}`)
          await page.getByRole("region", { name: "Decisions" }).getByText("it broke").waitFor()
          const letter = { id: "7", endpointId: "e1", eventId: 41, attempts: 12, why: "status-500", at: "2026-11-29T08:00:00.000Z" }
          await page.route("**/v1/dead-letters", (route) => route.fulfill({ json: { items: [letter] } }))
          await page.goto(`${world.url}/console/webhooks-and-callbacks`)
          await page.getByRole("button", { name: "Remove…" }).click()
          const dialog = page.getByRole("dialog", { name: "Remove this call" })
          await dialog.getByRole("button", { name: "Remove it" }).click()
          await dialog.getByText("it broke").waitFor()
          for (const address of failing) await page.unroute(address)
          await page.goto(`${world.url}/console/try`)
          await page.getByRole("button", { name: "Break Linq" }).waitFor()
        })
      })),
    limit
  )

  it.scopedLive(
    "is done once when the answer was lost and the form is sent again",
    inConsole("webhooks-and-callbacks", (page, world) =>
      Effect.gen(function*() {
        const program = yield* RecordingServer.make()
        let isLost = false
        yield* promise(async () => {
          await page.route("**/v1/callbacks", async (route) => {
            if (isLost || route.request().method() !== "POST") return route.continue()
            isLost = true
            await route.fetch()
            await route.abort()
          })
          await page.getByLabel("Add an address").fill(`${program.origin}/events`)
          await page.getByRole("button", { name: "Add", exact: true }).click()
          await page.getByText("The gateway does not answer").waitFor()
          await page.getByRole("button", { name: "Add", exact: true }).click()
          await page.getByText("The secret that signs its calls").waitFor()
        })
        const { json } = yield* World.ask(world, "/v1/callbacks")
        const { items } = json as { readonly items: ReadonlyArray<{ readonly id: string }> }
        expect(items.length).toBe(1)
        yield* promise(async () => {
          await page.getByRole("button", { name: "Test", exact: true }).click()
          await page.getByText(`${program.origin}/events takes events: it answered 200`, { exact: false }).waitFor()
          expect(program.received.map(({ method, url }) => `${method} ${url}`)).toEqual(["POST /events"])
          // what stops something asks first
          await page.getByRole("button", { name: "Switch off…" }).click()
          const off = page.getByRole("dialog", { name: "Switch this callback off" })
          await off.getByText("It is never called for what happens meanwhile", { exact: false }).waitFor()
          await off.getByRole("button", { name: "Cancel" }).click()
          const queue = page.getByRole("article").filter({ hasText: "Events from carriers" })
          await queue.getByRole("button", { name: "Pause…" }).click()
          await page.getByRole("dialog", { name: "Pause: Events from carriers" }).getByRole("button", { name: "Pause it" }).click()
          const link = page.getByRole("link", { name: /^Webhooks and callbacks\s*paused/ })
          await link.waitFor()
          await queue.getByRole("button", { name: "Resume" }).click()
          await link.waitFor({ state: "detached" })
          await queue.getByText("Working").waitFor()
          await page.getByRole("button", { name: "Remove…" }).click()
          await page.getByRole("button", { name: "Remove it" }).click()
          await page.getByText("It is removed.", { exact: true }).waitFor()
          const keys: Array<string | undefined> = []
          await page.route("**/v1/keys", (route) => {
            if (route.request().method() !== "POST") return route.continue()
            keys.push(route.request().headers()["idempotency-key"])
            const made = {
              source: "api",
              id: "k1",
              name: "crm",
              scopes: ["read"],
              createdAt: "2026-11-29T08:00:00.000Z",
              secret: "a secret"
            }
            return keys.length === 1 ? route.abort() : route.fulfill({ json: made })
          })
          await page.goto(`${world.url}/console/keys`)
          await page.getByLabel("Who uses it").fill("crm")
          await page.getByRole("button", { name: "Create the key" }).click()
          await page.getByText("The gateway does not answer").waitFor()
          await page.getByRole("button", { name: "Create the key" }).click()
          await page.getByText("a secret", { exact: true }).waitFor()
          expect([keys.length, keys[0] === keys[1], keys[0]?.length]).toEqual([2, true, 36])
        })
      })),
    limit
  )
})

describe("the opt-outs", () => {
  const handle = "+442079460958"

  it.scopedLive(
    "name a person by the whole number, however it is written, and no other one",
    inConsole("opt-outs", (page, world) =>
      Effect.gen(function*() {
        const others = ["+442079460959", "+442079460960"]
        yield* Effect.forEach([handle, ...others], (handle) => World.ask(world, "/v1/opt-outs", { handle }))
        const asked: Array<string> = []
        page.on("request", (request) => {
          const { pathname, searchParams } = new URL(request.url())
          if (pathname === "/v1/opt-outs" && searchParams.has("show")) asked.push(searchParams.get("handle") ?? "everybody")
        })
        const find = async (typed: string): Promise<void> => {
          await page.getByRole("searchbox", { name: "Find a person" }).fill(typed)
          await page.getByRole("button", { name: "Find" }).click()
        }
        yield* promise(async () => {
          await find("+44 (0)20 7946 0958")
          await page.getByRole("rowheader", { name: handle }).waitFor()
          expect(await page.getByRole("rowheader").count()).toBe(1)
          await find("a.person@mail.example")
          await page.getByText("“a.person@mail.example” has not opted out").waitFor()
          expect(Array.from(new Set(asked))).toEqual(["+44 (0)20 7946 0958", "a.person@mail.example"])
        })
        yield* Effect.forEach([handle, ...others], (handle) => World.ask(world, "/v1/opt-ins", { handle }))
      })),
    limit
  )

  it.scopedLive(
    "are taken over from a list",
    inConsole("opt-outs", (page, world) =>
      Effect.gen(function*() {
        const people = ["+442079460961", "+442079460962"]
        yield* promise(async () => {
          await page.getByLabel("One number on each line").fill([...people, "nobody"].join("\n"))
          await page.getByRole("button", { name: "Import 3 lines" }).click()
          await page.getByRole("dialog").getByRole("button", { name: "Import" }).click()
          await page.getByText("3 read, 2 new, 0 known before.").waitFor()
          await page.getByText("1 lines name no person: 3").waitFor()
        })
        for (const handle of people) {
          const { json } = yield* World.ask(world, `/v1/opt-outs?handle=${encodeURIComponent(handle)}`)
          expect((json as { readonly items: ReadonlyArray<unknown> }).items.length).toBe(1)
          yield* World.ask(world, "/v1/opt-ins", { handle })
        }
      })),
    limit
  )
})

// --- every page ---

/** Their addresses and headings. */
const pages: ReadonlyArray<readonly [path: string, heading: string]> = [
  ["messages", "Messages"],
  ["held", "Held"],
  ["carriers", "Carriers and lines"],
  ["webhooks-and-callbacks", "Webhooks and callbacks"],
  ["opt-outs", "Opt-outs"],
  ["plan", "Plan"],
  ["migration", "Migration"],
  ["keys", "Keys"],
  ["audit", "Audit"],
  ["try", "Try it"]
]

const axe = Fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface Violation {
  readonly id: string
  readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary?: string }>
}

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

/** What a page that has axe breaks of some rules. */
const violations = async (page: Playwright.Page, rules: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const found = await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(rules)} })`) as {
    readonly violations: ReadonlyArray<Violation>
  }
  return found.violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map(({ failureSummary, html }) => `${html} ${failureSummary}`).join("; ")}`
  )
}

/** Goes to a page as a link does, without loading the console again, and waits until nothing is read any more. */
const go = async (page: Playwright.Page, path: string, heading: string): Promise<void> => {
  await page.evaluate(`history.pushState({}, "", "/console/${path}")`)
  await page.getByRole("heading", { name: heading, level: 1, exact: true }).waitFor()
  await page.getByText(/^Reading /).first().waitFor({ state: "detached" })
}

const isTooWide = (page: Playwright.Page): Promise<boolean> =>
  page.evaluate<boolean>("document.documentElement.scrollWidth > document.documentElement.clientWidth")

const [wide, small] = [{ width: 1_280, height: 900 }, { width: 360, height: 740 }] as const

const sentId = (json: unknown): string => (json as { readonly id: string }).id

describe("every page", () => {
  it.scopedLive(
    "is accessible in light and dark colors, and fits into 360 pixels",
    inConsole("messages", (page, world) =>
      Effect.gen(function*() {
        const { json } = yield* send(world, "A message to look at", "+12025550146")
        yield* promise(async () => {
          const found: Array<string> = []
          await page.evaluate(axe)
          for (
            const [path, heading] of [
              ...pages,
              [`messages/${sentId(json)}`, "Message"],
              ["conversation?line=support&peer=%2B12025550146", "Conversation"]
            ] as const
          ) {
            await go(page, path, heading)
            const light = await violations(page, rules)
            // nothing but the colors is different
            await page.emulateMedia({ colorScheme: "dark" })
            const dark = await violations(page, ["color-contrast"])
            await page.emulateMedia({ colorScheme: "light" })
            await page.setViewportSize(small)
            found.push(
              ...[...light, ...dark, ...(await isTooWide(page) ? ["it is too wide"] : [])].map((sentence) => `${path}: ${sentence}`)
            )
            await page.setViewportSize(wide)
          }
          expect(found).toEqual([])
        })
      }), wide),
    limit
  )

  it.scopedLive(
    "has its filters behind a button in a small window",
    inConsole("messages?carrier=linq&range=custom&since=2026-01-30T15%3A00%3A00.000Z&peer=%2B12025550147", (page) =>
      promise(async () => {
        const filters = page.getByRole("button", { name: "Filters (2)" })
        expect([await page.getByLabel("Carrier").isVisible(), await filters.getAttribute("aria-expanded")]).toEqual([false, "false"])
        await filters.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        expect(await page.evaluate("document.activeElement?.labels?.[0]?.textContent")).toBe("Outcome")
        await page.evaluate(axe)
        expect([await isTooWide(page), ...await violations(page, rules)]).toEqual([false])
        await page.getByLabel("Carrier").selectOption("")
        await page.getByRole("button", { name: "Filters (1)", expanded: true }).press("Enter")
        expect(await page.getByLabel("Outcome").isVisible()).toBe(false)
        await page.getByRole("link", { name: "Clear", exact: true }).click()
        await page.getByRole("button", { name: "Filters", exact: true }).waitFor()
      }), small),
    limit
  )

  it.scopedLive("weighs less than 200 KiB packed, with all files that the first page needs", (context) =>
    Effect.gen(function*() {
      if (world === undefined) return context.skip("there is no browser")
      const { page } = yield* World.visit(world, "messages")
      const session = yield* promise(() => page.context().newCDPSession(page))
      yield* promise(() => session.send("Network.enable"))
      yield* promise(() => session.send("Network.setCacheDisabled", { cacheDisabled: true }))
      // the answers of the API grow with what the other tests have sent
      const files = new Set<string>()
      let weight = 0
      session.on("Network.responseReceived", ({ requestId, response }) => {
        if (response.url.includes("/console/")) files.add(requestId)
      })
      session.on("Network.loadingFinished", ({ encodedDataLength, requestId }) => {
        if (files.has(requestId)) weight += encodedDataLength
      })
      yield* promise(() => page.reload())
      yield* World.signIn(page, world.apiKey)
      yield* promise(() => page.getByRole("figure").waitFor())
      expect([weight > 100_000, weight < 200 * 1_024]).toEqual([true, true])
    }), limit)
})

/** The gateway hears of it by webhook. */
const waitForOptOut = (world: World.World): Promise<unknown> =>
  Effect.runPromise(GatewayProcess.eventually(
    World.ask(world, "/v1/opt-outs"),
    ({ json }) => (json as { readonly items: ReadonlyArray<unknown> }).items.length > 0
  ))
