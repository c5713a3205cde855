/** Takes the pictures of the console that the documents show, of a gateway that nobody else uses. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Path from "node:path"
import type * as Playwright from "playwright-core"
import * as World from "./world.ts"

const guest = "+12025550123"

const window = { width: 1_280, height: 800 } as const

/** Everything is read and drawn. */
const settle = async (page: Playwright.Page): Promise<void> => {
  await page.locator("h1").waitFor()
  await page.getByText(/^Reading /).first().waitFor({ state: "detached" })
  await page.evaluate("document.fonts.ready")
}

/** The half-minute story, as far as the answer. */
const play = async (page: Playwright.Page): Promise<void> => {
  const phone = page.getByRole("region", { name: `The phone of ${guest}` })
  const write = async (text: string): Promise<void> => {
    await page.getByLabel(`Message to ${guest}`).fill(text)
    await page.getByRole("button", { name: "Send", exact: true }).click()
    const card = page.getByRole("article", { name: `What became of ${text}` })
    await card.getByText("1 copy on the phone").waitFor()
    await card.getByText("Delivered", { exact: true }).waitFor()
  }
  await write("Your table is ready")
  await page.getByRole("button", { name: "Break Linq" }).click()
  await page.getByRole("button", { name: "Mend Linq" }).waitFor()
  await write("Your taxi is two minutes away")
  await phone.getByLabel("Answer as the person").fill("On my way")
  await phone.getByRole("button", { name: "Answer" }).click()
  await phone.getByText("On my way").waitFor()
}

/** Some more people, and a message of which nobody knows whether it arrived. */
const fill = (world: World.World): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { network } = world.sandbox
    const send = (handle: string, draft: Readonly<Record<string, unknown>>) =>
      World.ask(world, "/v1/send", { to: { line: "support", handle }, ...draft })
    yield* Effect.orDie(network.clearFaults())
    yield* send("+12025550142", { text: "Happy birthday from all of us", effect: "sparkles" })
    yield* send("+12025550147", { text: "The kitchen saved you a dessert" })
    yield* Effect.orDie(network.say({ from: "+12025550147", to: "+12025550101", text: "We are ten minutes late" }))
    yield* send("+12025550151", { text: "See you next week?" })
    const broken = yield* Effect.orDie(network.addFault({ vendor: "linq", kind: "5xx-before", times: "forever" }))
    yield* send("+12025550160", { text: "Your order left the kitchen" })
    yield* Effect.orDie(network.clearFaults(broken.id))
  })

const take = (page: Playwright.Page, folder: string) => async (name: string): Promise<void> => {
  await settle(page)
  await page.screenshot({ path: Path.join(folder, `console-${name}.png`) })
}

/** Writes the pictures into a folder. `false` if there is no browser. */
export const write = (folder: string): Effect.Effect<boolean, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const world = yield* World.make()
    if (world === undefined) return false
    const { page } = yield* World.visit(world, "try", window)
    yield* World.signIn(page, world.apiKey)
    const taken = take(page, folder)
    const open = async (path: string): Promise<void> => {
      await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: path }).click()
      await page.getByRole("heading", { name: path, level: 1 }).waitFor()
    }
    yield* Effect.promise(async () => {
      await play(page)
      await taken("try")
      await page.getByRole("link", { name: "Every decision" }).first().click()
      await page.getByRole("switch", { name: "Show people" }).click()
      await page.getByText("Your taxi is two minutes away").waitFor()
      await taken("message")
    })
    yield* fill(world)
    yield* Effect.promise(async () => {
      await open("Messages")
      await page.getByText("Your order left the kitchen").waitFor()
      await page.locator(".plot canvas").waitFor()
      await page.getByRole("link", { name: /^Held.*1/ }).waitFor()
      await taken("messages")
      await open("Held")
      await page.getByText("Your order left the kitchen").waitFor()
      await taken("held")
      await open("Carriers and lines")
      await taken("carriers")
    })
    return true
  })
