/**
 * Serves the control API: the `Network` over HTTP and JSON, for programs in other processes. The package's README lists the routes and
 * bodies.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Http from "../http/http.ts"
import * as Json from "../http/json.ts"
import * as PathTable from "../http/pathTable.ts"
import { type Network, NetworkError } from "../server/Network.ts"
import * as Fault from "../world/Fault.ts"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/** A union that gives only one sentence for a wrong value. Otherwise each member would give a sentence. */
const choice = <A, I>(schema: Schema.Schema<A, I>, expected: string) =>
  schema.annotations({
    message: ({ actual }) => ({ message: `Expected ${expected}, actual ${JSON.stringify(actual)}`, override: true })
  })

const vendorNames = Fault.vendors.join(" or ")
const VendorWord = choice(Schema.Literal(...Fault.vendors), vendorNames)
const NumberOrText = choice(Schema.Union(Schema.Number, Schema.String), "a number or a text")

const PersonBody = Schema.Struct({
  handle: Schema.String,
  service: optional(choice(Schema.Literal("iMessage", "RCS", "SMS"), "iMessage, RCS or SMS")),
  name: optional(Schema.String),
  optedOut: optional(Schema.Boolean)
})

const OptBody = Schema.Struct({ vendor: optional(VendorWord) })

const SayBody = Schema.Struct({
  to: Schema.String,
  text: optional(Schema.String),
  media: optional(Schema.Array(Schema.String)),
  effect: optional(Schema.String),
  replyTo: optional(Schema.String),
  group: optional(Schema.String),
  mentions: optional(Schema.Array(Schema.Struct({ handle: Schema.String, range: Schema.Tuple(Schema.Number, Schema.Number) }))),
  lateBy: optional(Schema.NonNegative)
})

const ReactBody = Schema.Struct({
  messageId: Schema.String,
  type: Schema.String,
  emoji: optional(Schema.String),
  partIndex: optional(Schema.Number),
  remove: optional(Schema.Boolean)
})

const PollBody = Schema.Struct({ to: Schema.String, options: Schema.Array(Schema.String), group: optional(Schema.String) })
const VoteBody = Schema.Struct({ messageId: Schema.String, option: Schema.String, remove: optional(Schema.Boolean) })
const ReadBody = Schema.Struct({ line: optional(Schema.String) })
const TypingBody = Schema.Struct({ line: Schema.String, on: optional(Schema.Boolean) })
const PlaceBody = Schema.Struct({ longitude: Schema.Number, latitude: Schema.Number })
const LineBody = Schema.Struct({ vendor: VendorWord, number: Schema.String })
const AfterBody = Schema.Struct({ afterMs: optional(Schema.NonNegative) })
const MoveBody = Schema.Struct({ environment: Schema.NonEmptyString })
const SwitchBody = Schema.Struct({ vendor: VendorWord, on: Schema.Boolean })
const EndBody = Schema.Struct({ vendor: VendorWord, afterMs: optional(Schema.NonNegative) })
const LimitsBody = Schema.Struct({
  perHour: optional(Schema.NonNegativeInt),
  perDay: optional(Schema.NonNegativeInt),
  knownForDays: optional(Schema.NonNegativeInt),
  reports: optional(choice(Schema.Literal("told", "off", "unavailable", "forbidden"), "told, off, unavailable or forbidden")),
  beyond: optional(choice(Schema.Literal("taken", "refused"), "taken or refused")),
  beforeReply: optional(choice(Schema.Literal("taken", "refused"), "taken or refused"))
})
const AdvanceBody = Schema.Struct({ ms: Schema.NonNegative })

const Kind = Schema.declare(Fault.isFaultKind, {
  identifier: "FaultKind",
  message: ({ actual }) => `${JSON.stringify(actual)} is no fault; GET /faults/kinds lists them`
})

const faultFields = {
  vendor: VendorWord,
  match: optional(
    Schema.Struct({ method: optional(Schema.String), path: optional(Schema.String), body: optional(Schema.String) })
  ),
  ms: optional(Schema.Number),
  when: optional(choice(Schema.Literal("before", "after"), "before or after")),
  status: optional(Schema.Number),
  code: optional(Schema.Number),
  message: optional(Schema.String),
  retryAfter: optional(NumberOrText),
  accepted: optional(Schema.Boolean),
  errorCode: optional(NumberOrText),
  errorMessage: optional(Schema.String),
  line: optional(Schema.String),
  event: optional(Schema.String)
}

const ScriptedBody = Schema.Struct({
  ...faultFields,
  kind: Kind,
  times: optional(choice(Schema.Union(Schema.Number, Schema.Literal("forever")), "a number or \"forever\"")),
  skip: optional(Schema.Number)
})

const SeededBody = Schema.Struct({ ...faultFields, seed: Schema.Number, rate: Schema.Number, kinds: Schema.Array(Kind) })

/** One sentence about the first wrong field. The whole schema would be too long to help. */
const sentence = (error: ParseResult.ParseError): string => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  if (issue === undefined) return error.message
  const field = issue.path.map(String).join(".")
  if (issue._tag === "Unexpected") return `${field} is no field of this body`
  if (issue._tag === "Missing") return `${field} is missing`
  return field === "" ? issue.message : `${field}: ${issue.message}`
}

const json = ({ request }: PathTable.Call): Effect.Effect<Json.JsonObject, NetworkError> => {
  const text = request.body.toString("utf8")
  const value = Json.parse(text === "" ? "{}" : text)
  return Either.isRight(value) && Json.isObject(value.right)
    ? Effect.succeed(value.right)
    : Effect.fail(new NetworkError({ reason: "invalid", message: "The body must be a JSON object" }))
}

/** Decodes a body. Refuses an unknown field, because it is probably a field with a wrong spelling. */
const decode = <A, I>(schema: Schema.Schema<A, I>) => {
  const decoded = Schema.decodeUnknown(schema, { onExcessProperty: "error" })
  return (value: unknown): Effect.Effect<A, NetworkError> =>
    Effect.mapError(decoded(value), (error) => new NetworkError({ reason: "invalid", message: sentence(error) }))
}

const body = <A, I>(schema: Schema.Schema<A, I>) => {
  const decoded = decode(schema)
  return (call: PathTable.Call): Effect.Effect<A, NetworkError> => Effect.flatMap(json(call), decoded)
}

const personBody = body(PersonBody)
const optBody = body(OptBody)
const sayBody = body(SayBody)
const reactBody = body(ReactBody)
const pollBody = body(PollBody)
const voteBody = body(VoteBody)
const readBody = body(ReadBody)
const typingBody = body(TypingBody)
const placeBody = body(PlaceBody)
const lineBody = body(LineBody)
const afterBody = body(AfterBody)
const moveBody = body(MoveBody)
const switchBody = body(SwitchBody)
const endBody = body(EndBody)
const limitsBody = body(LimitsBody)
const advanceBody = body(AdvanceBody)
const scripted = decode(ScriptedBody)
const seeded = decode(SeededBody)

const faultBody = (call: PathTable.Call): Effect.Effect<Fault.FaultInput, NetworkError> =>
  Effect.flatMap(json(call), (value): Effect.Effect<Fault.FaultInput, NetworkError> => "kinds" in value ? seeded(value) : scripted(value))

const vendorOf = (value: string | null): Effect.Effect<Fault.Vendor | undefined, NetworkError> => {
  const vendor = Fault.vendors.find((name) => name === value)
  return value === null || vendor !== undefined
    ? Effect.succeed(vendor)
    : Effect.fail(new NetworkError({ reason: "invalid", message: `vendor must be ${vendorNames}` }))
}

const ok = (value: unknown): Http.Reply => Http.json(200, value)
const created = (value: unknown): Http.Reply => Http.json(201, value)
const done = (): Http.Reply => Http.empty(204)

/**
 * The addresses and the credentials of a running sandbox.
 *
 * @category models
 */
export interface Address {
  /** Linq's base URL. */
  readonly linq: string
  /** Sendblue's base URL. */
  readonly sendblue: string
  /** The base URL of the control API. */
  readonly control: string
  /** The credentials that the vendors accept. */
  readonly credentials: {
    readonly linqToken: string
    readonly sendblueKeyId: string
    readonly sendblueSecretKey: string
  }
}

type Routes = ReadonlyArray<PathTable.Route<NetworkError>>

const notFound = new NetworkError({ reason: "not-found", message: "No such person" })

const people = (network: Network): Routes => [
  ["GET", "/people", () => Effect.map(network.people, ok)],
  ["POST", "/people", (call) => Effect.map(Effect.flatMap(personBody(call), network.person), created)],
  [
    "GET",
    "/people/:handle",
    (call) => Effect.map(Effect.flatMap(network.find(PathTable.param(call, "handle")), Effect.mapError(() => notFound)), ok)
  ],
  [
    "POST",
    "/people/:handle/opt-out",
    (call) => Effect.map(Effect.flatMap(optBody(call), ({ vendor }) => network.optOut(PathTable.param(call, "handle"), vendor)), ok)
  ],
  [
    "POST",
    "/people/:handle/opt-in",
    (call) => Effect.map(Effect.flatMap(optBody(call), ({ vendor }) => network.optIn(PathTable.param(call, "handle"), vendor)), ok)
  ],
  ["POST", "/people/:handle/messages", (call) =>
    Effect.map(
      Effect.flatMap(sayBody(call), (said) => network.say({ ...said, from: PathTable.param(call, "handle") })),
      created
    )],
  ["POST", "/people/:handle/reactions", (call) =>
    Effect.map(
      Effect.flatMap(reactBody(call), (given) => network.react({ ...given, from: PathTable.param(call, "handle") })),
      done
    )],
  ["POST", "/people/:handle/polls", (call) =>
    Effect.map(
      Effect.flatMap(pollBody(call), (given) => network.sendPoll({ ...given, from: PathTable.param(call, "handle") })),
      created
    )],
  ["POST", "/people/:handle/votes", (call) =>
    Effect.map(
      Effect.flatMap(voteBody(call), (given) => network.vote({ ...given, from: PathTable.param(call, "handle") })),
      done
    )],
  [
    "POST",
    "/people/:handle/read",
    (call) => Effect.map(Effect.flatMap(readBody(call), ({ line }) => network.read(PathTable.param(call, "handle"), line)), done)
  ],
  ["POST", "/people/:handle/typing", (call) =>
    Effect.map(
      Effect.flatMap(typingBody(call), ({ line, on }) => network.typing(PathTable.param(call, "handle"), line, on ?? true)),
      done
    )],
  ["POST", "/people/:handle/location", (call) =>
    Effect.map(
      Effect.flatMap(placeBody(call), (place) => network.shareLocation(PathTable.param(call, "handle"), place)),
      done
    )],
  ["DELETE", "/people/:handle/location", (call) => Effect.map(network.shareLocation(PathTable.param(call, "handle")), done)]
]

const linesAndPhones = (network: Network): Routes => [
  ["GET", "/lines", () => Effect.map(network.lines, ok)],
  [
    "POST",
    "/lines",
    (call) => Effect.map(Effect.flatMap(lineBody(call), ({ number, vendor }) => network.addLine(vendor, number)), created)
  ],
  ["PUT", "/lines/limits", (call) => Effect.map(Effect.flatMap(limitsBody(call), network.limitLines), done)],
  ["POST", "/lines/:number/flag", (call) => Effect.map(network.flagLine(PathTable.param(call, "number")), ok)],
  ["POST", "/lines/:number/unflag", (call) => Effect.map(network.unflagLine(PathTable.param(call, "number")), ok)],
  ["POST", "/lines/:number/release", (call) =>
    Effect.map(
      Effect.flatMap(afterBody(call), ({ afterMs }) => network.releaseLine(PathTable.param(call, "number"), afterMs)),
      done
    )],
  ["POST", "/lines/:number/move", (call) =>
    Effect.map(
      Effect.flatMap(moveBody(call), ({ environment }) => network.moveLine(PathTable.param(call, "number"), environment)),
      done
    )],
  ["POST", "/subscriptions/:id", (call) =>
    Effect.map(
      Effect.flatMap(switchBody(call), ({ on, vendor }) => network.switchWebhook(vendor, PathTable.param(call, "id"), on)),
      done
    )],
  [
    "POST",
    "/credentials/end",
    (call) => Effect.map(Effect.flatMap(endBody(call), ({ afterMs, vendor }) => network.endCredentials(vendor, afterMs)), done)
  ],
  ["GET", "/phones", () => Effect.map(network.phones, ok)],
  ["DELETE", "/phones", () => Effect.map(network.clearPhones(), done)],
  ["GET", "/phones/:handle", (call) => Effect.map(network.phone(PathTable.param(call, "handle")), ok)],
  ["DELETE", "/phones/:handle", (call) => Effect.map(network.clearPhones(PathTable.param(call, "handle")), done)]
]

const now = (network: Network) => Effect.map(network.now, (time) => ok({ now: time.toISOString() }))

const laboratory = (network: Network): Routes => [
  ["GET", "/faults", () => Effect.map(network.faults, ok)],
  ["GET", "/faults/kinds", () => Effect.succeed(ok(Fault.faults))],
  ["POST", "/faults", (call) => Effect.map(Effect.flatMap(faultBody(call), network.addFault), created)],
  ["DELETE", "/faults", () => Effect.map(network.clearFaults(), done)],
  ["DELETE", "/faults/:id", (call) => Effect.map(network.clearFaults(PathTable.param(call, "id")), done)],
  ["GET", "/requests", (call) =>
    Effect.gen(function*() {
      const { query } = call.request
      const vendor = yield* vendorOf(query.get("vendor"))
      const method = query.get("method")
      const path = query.get("path")
      return ok(
        yield* network.requests({
          ...(vendor === undefined ? {} : { vendor }),
          ...(method === null ? {} : { method }),
          ...(path === null ? {} : { path })
        })
      )
    })],
  ["DELETE", "/requests", () => Effect.map(network.clearRequests, done)],
  ["GET", "/webhooks", () => Effect.map(network.webhooks, ok)],
  ["GET", "/clock", () => now(network)],
  ["POST", "/clock/advance", (call) => Effect.zipRight(Effect.flatMap(advanceBody(call), ({ ms }) => network.advance(ms)), now(network))],
  ["POST", "/reset", () => Effect.map(network.reset, done)]
]

const failed = ({ message, reason }: NetworkError): Http.Reply => Http.json(reason === "not-found" ? 404 : 400, { error: message })

/**
 * Makes the handler of the control API's requests.
 *
 * @category constructors
 */
export const make = (
  network: Network,
  address: () => Address,
  fork: (work: Effect.Effect<void>) => void
): Http.Respond => {
  const root: PathTable.Route<NetworkError> = [
    "GET",
    "/",
    () => Effect.map(network.now, (time) => ok({ name: "interline sandbox", now: time.toISOString(), ...address() }))
  ]
  const table = [root, ...people(network), ...linesAndPhones(network), ...laboratory(network)]
  return (request, settle) => {
    const found = PathTable.match(table, request.method, request.path)
    const reply = found._tag === "Found"
      ? Effect.merge(Effect.mapError(found.handler({ request, params: found.params }), failed))
      : Effect.succeed(Http.json(404, { error: "No such route" }))
    const total = Effect.catchAllDefect(
      reply,
      (defect) =>
        Effect.as(
          Effect.logError(`${request.method} ${request.path}`, Cause.die(defect)),
          Http.json(500, { error: "Internal error of the sandbox" })
        )
    )
    fork(Effect.map(total, (answered) => settle({ _tag: "Answer", reply: answered })))
  }
}
