/** A toy operation, by one row of the table and one signature: the rest derives, or the build breaks and names what is missing. */
import { beforeEach, describe, expect, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { ChatContext } from "@interline/core/Adapter"
import * as Carrier from "@interline/core/Carrier"
import * as CarrierId from "@interline/core/CarrierId"
import * as Carriers from "@interline/core/Carriers"
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as Messaging from "@interline/core/Messaging"
import type * as Operation from "@interline/core/Operation"
import * as Plan from "@interline/core/Plan"
import * as Suppression from "@interline/core/Suppression"
import * as Linq from "@interline/linq/Linq"
import * as MemoryLedger from "@interline/router/MemoryLedger"
import * as Router from "@interline/router/Router"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { vi } from "vitest"

vi.mock("@interline/core/Operation", async (original) => {
  const real = await original<typeof Operation>()
  const row = { address: "message", route: "address", effect: "settle", reaches: true, summary: "pin a message to the top of its chat" }
  const operations = { ...real.operations, pin: row }
  return { ...real, operations, all: Object.keys(operations) }
})

type Pin = (message: unknown, days: number) => Effect.Effect<unknown, { readonly reason: string; readonly operation: string }>

const pinOf = (operations: object): Pin => (operations as { readonly pin: Pin }).pin

const support = Line.name("support")
const ourNumber = Handle.phone("+12025550100")
const ada = Handle.make("+12025550123")
const chat: ChatContext = { kind: "direct", recipients: [ada], from: ourNumber, chat: undefined }

interface Toy {
  readonly carrier: Carrier.Carrier
  /** What the adapter was asked, and in which span. */
  readonly asked: Array<unknown>
  readonly suppression: Suppression.SuppressionService
}

const everywhere = { direct: "native", group: "native" } as const

const makeToy = (name: string, coverage: { readonly direct: string; readonly group: string } = everywhere): Effect.Effect<Toy> =>
  Effect.gen(function*() {
    const id = CarrierId.make(name)
    const suppression = yield* Suppression.makeMemory
    const chats = yield* ChatBook.makeMemory()
    const asked: Array<unknown> = []
    const pin = (...args: ReadonlyArray<unknown>) =>
      Effect.map(Effect.orDie(Effect.currentSpan), (span) => void asked.push([span.name, ...args]))
    const operations = { ...Linq.capabilities.operations, pin: coverage }
    const carrier = Carrier.make({
      id,
      vendor: "toy",
      capabilities: { ...Linq.capabilities, operations },
      lines: new Map([[support, ourNumber]]),
      plan: ({ fidelity }) =>
        Plan.make(id, fidelity, [], [], () => [{ operation: "send", method: "POST", path: "/", body: {}, parts: [0], keyed: false }]),
      needsChat: () => false,
      findChat: () => Effect.succeedNone,
      describeChat: () => Effect.succeed(chat),
      chatOf: () => Effect.succeed(chat),
      perform: () => Effect.succeed({ ref: MessageRef.make(id, "message-1"), parts: [0], status: "sent" }),
      operations: { pin } as object
    }, { suppression, chats })
    return { carrier, asked, suppression }
  })

const at = (name: string): MessageRef.MessageRef => MessageRef.make(CarrierId.make(name), "message-1")

describe("a toy operation runs by its row", () => {
  it.effect("at a carrier: it reaches the adapter with the message's chat, inside a span of its name", () =>
    Effect.gen(function*() {
      const { asked, carrier } = yield* makeToy("one")
      yield* Effect.orDie(pinOf(carrier)(at("one"), 3))
      deepStrictEqual(asked, [["Carrier.pin", { ref: at("one"), part: 0, chat }, 3]])
    }))

  it.effect("the gate and the fence stand in front of it", () =>
    Effect.gen(function*() {
      const unable = yield* makeToy("one", { direct: "unsupported", group: "unsupported" })
      const error = yield* Effect.flip(pinOf(unable.carrier)(at("one"), 3))
      deepStrictEqual([error.reason, error.operation, unable.asked], ["Unsupported", "pin", []])
      const fenced = yield* makeToy("one")
      yield* fenced.suppression.add(ada, "explicit")
      strictEqual((yield* Effect.flip(pinOf(fenced.carrier)(at("one"), 3))).reason, "Suppressed")
      deepStrictEqual(fenced.asked, [])
    }))

  it.effect("at Messaging: a delivery stands for its message", () =>
    Effect.gen(function*() {
      const { asked, carrier } = yield* makeToy("one")
      const messaging = Messaging.fromCarrier(carrier)
      const delivery = yield* Effect.orDie(messaging.send(Conversation.direct(support, ada), Draft.text("hello")))
      yield* Effect.orDie(pinOf(messaging)(delivery.id, 3))
      deepStrictEqual(asked.length, 1)
      expect(asked[0]).toMatchObject(["Carrier.pin", { ref: at("one"), part: 0 }, 3])
    }))

  it.scoped("at a router: the carrier that has the message is asked, and no other", () =>
    Effect.gen(function*() {
      const [one, other] = yield* Effect.all([makeToy("one"), makeToy("other")])
      const stores = Layer.mergeAll(
        Layer.effect(Carriers.Carriers, Carriers.make([one.carrier, other.carrier])),
        Suppression.layerMemory,
        MemoryLedger.layer()
      )
      const { messaging } = yield* Effect.provide(Effect.orDie(Router.make({ prefer: [one.carrier.id] })), stores)
      yield* Effect.orDie(pinOf(messaging)(at("other"), 3))
      deepStrictEqual([one.asked.length, other.asked.length], [0, 1])
    }))
})

// --- the build ---

const root = fileURLToPath(new URL("../..", import.meta.url))
const inCore = (path: string): string => Path.join(root, "packages/core/src", path)
const table = inCore("names/Operation.ts")
const signatures = inCore("carrier/OperationSignatures.ts")

const read = (path: string): string => {
  const text = ts.sys.readFile(path)
  if (text === undefined) throw new Error(`cannot read ${path}`)
  return text
}

const addAfter = (path: string, mark: string, line: string): string => {
  const [before, after] = read(path).split(mark)
  if (after === undefined) throw new Error(`${path} has no ${mark}`)
  return `${before}${mark}\n${line}${after}`
}

const withRow = (address: string) =>
  addAfter(
    table,
    "export const operations = {",
    `pin: { address: "${address}", route: "address", effect: "settle", reaches: true, summary: "pin a message" },`
  )

const withSignature = addAfter(
  signatures,
  "export interface Operations<M> {",
  "readonly pin: (message: M, days: number) => Effect.Effect<void, MessagingError>"
)

const roots = [
  "packages/core/src/index.ts",
  "packages/linq/src/capabilities.ts",
  "packages/sendblue/src/capabilities.ts",
  "packages/router/src/service/operations.ts"
].map((path) => Path.join(root, path))

const settings = ts.parseJsonConfigFileContent(
  { extends: "./tsconfig.base.json", files: roots, compilerOptions: { noEmit: true } },
  ts.sys,
  root
).options

const parsed = new Map<string, ts.SourceFile>()

/** Which of the files do not compile when these texts stand in place of what is on disk; all that the roots import, unless named. */
const breaking = (changed: Readonly<Record<string, string>>, among?: ReadonlyArray<string>): ReadonlyArray<string> => {
  const host = ts.createCompilerHost(settings)
  const getSourceFile = host.getSourceFile
  host.getSourceFile = (path, language, ...others) => {
    const text = changed[path]
    return text !== undefined
      ? ts.createSourceFile(path, text, language)
      : parsed.get(path) ?? getSourceFile(path, language, ...others)
  }
  const program = ts.createProgram(roots, settings, host)
  const files = program.getSourceFiles().filter(({ fileName }) => changed[fileName] === undefined)
  for (const file of files) parsed.set(file.fileName, file)
  return program.getSourceFiles()
    .filter(({ fileName }) => fileName.includes("/packages/") && !fileName.includes("/node_modules/"))
    .map((file) => ({ file, name: Path.relative(Path.join(root, "packages"), file.fileName) }))
    .filter(({ name }) => among === undefined || among.includes(name))
    .filter(({ file }) => program.getSemanticDiagnostics(file).length > 0)
    .map(({ name }) => name)
    .sort()
}

const saysWhatItCan = ["linq/src/capabilities.ts", "sendblue/src/capabilities.ts"]

describe("the build names what a toy operation needs", { timeout: 300_000 }, () => {
  // the compiler gives the worker no time to answer
  beforeEach(() => new Promise<void>((resolve) => setImmediate(resolve)))

  it("a row and its signature: only the check of its argument, and what each carrier can do", () =>
    expect(breaking({ [table]: withRow("message"), [signatures]: withSignature })).toEqual([
      "core/src/carrier/validate.ts",
      ...saysWhatItCan
    ]))

  it("a row without a signature breaks", () =>
    expect(breaking({ [table]: withRow("message") }, ["core/src/carrier/Adapter.ts"])).toEqual(["core/src/carrier/Adapter.ts"]))

  it("a signature without a row breaks", () =>
    expect(breaking({ [signatures]: withSignature }, ["core/src/carrier/OperationSignatures.ts"])).toEqual([
      "core/src/carrier/OperationSignatures.ts"
    ]))

  it("a signature that does not begin with the address of its row breaks", () =>
    expect(breaking({ [table]: withRow("line"), [signatures]: withSignature }, ["core/src/carrier/Adapter.ts"]))
      .toEqual(["core/src/carrier/Adapter.ts"]))

  it("and with neither, those compile", () =>
    expect(
      breaking({}, [
        "core/src/carrier/Adapter.ts",
        "core/src/carrier/OperationSignatures.ts",
        "core/src/carrier/validate.ts",
        ...saysWhatItCan
      ])
    )
      .toEqual([]))
})
