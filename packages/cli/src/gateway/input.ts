/** Reads what is typed for the gateway: people, names, times and texts. Each mistake is one sentence. */
import * as CarrierId from "@interline/core/CarrierId"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Handle from "@interline/core/Handle"
import * as IsoTime from "@interline/core/IsoTime"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Failure from "../grammar/failure.ts"
import * as Terminal from "./terminal.ts"

type Read<A> = (text: string) => Either.Either<A, string>

/** Reads a text, or fails with a sentence that begins with what it is. */
const readAs = <A>(what: string, read: Read<A>) => (text: string): Effect.Effect<A, Failure.Failure> =>
  Effect.mapError(read(text), (why) => new Failure.Failure({ message: `${what} ${why}`, code: 2 }))

/** Reads an option that may be left out. */
export const readOption = <A>(
  text: Option.Option<string>,
  read: (text: string) => Effect.Effect<A, Failure.Failure>
): Effect.Effect<A | undefined, Failure.Failure> => Option.match(text, { onNone: () => Effect.succeed(undefined), onSome: read })

const ofHandle: Read<Handle.Handle> = (text) => Either.mapLeft(Handle.parse(text), ({ message }) => `is ${message}`)

const ofSchema = <A>(schema: Schema.Schema<A, string>, why: string): Read<A> => (text) =>
  Either.mapLeft(Schema.decodeEither(schema)(text), () => why)

/** A person: a number or an e-mail address. */
export const readPerson = (flag: string) => readAs(`--${flag}`, ofHandle)

/** People, as operands. */
export const readPeople = (texts: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Handle.Handle>, Failure.Failure> =>
  Effect.forEach(texts, (text, index) => readAs(`person ${index + 1}`, ofHandle)(text))

export const readLine = readAs("--line", ofSchema(Line.LineName, "cannot be the name of a line"))

export const readCarrier = readAs("--carrier", ofSchema(CarrierId.CarrierId, "cannot be the id of a carrier"))

/** A day, which stands for its begin in UTC, or a time. */
export const readTime = (flag: string) =>
  readAs(`--${flag}`, (text) => IsoTime.read(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text))

const ofDelivery = ofSchema(DeliveryId.DeliveryId, "is no id of a delivery, like 3b9e4e33-1c5b-409e-a40b-d7400a85f357")

/** The id of a delivery, as an operand or an option. */
export const readDelivery = (what: string) => readAs(what, ofDelivery)

const ofRef: Read<MessageRef.MessageRef> = (text) =>
  Either.fromOption(MessageRef.parse(text), () => "is no message of a carrier, like linq:69a37c7d")

export const readRef = (flag: string) => readAs(`--${flag}`, ofRef)

/** A delivery, or a carrier's message. */
export const readMessage = (flag: string) =>
  readAs(
    `--${flag}`,
    (text): Either.Either<DeliveryId.DeliveryId | MessageRef.MessageRef, string> => text.includes(":") ? ofRef(text) : ofDelivery(text)
  )

/** A text, or the standard input for `-`, without the line's end that `echo` writes. */
export const readText = (text: string): Effect.Effect<string, Failure.Failure> =>
  text === "-" ? Effect.map(Terminal.readInput, (input) => input.replace(/\r?\n$/, "")) : Effect.succeed(text)

/** Words with commas between. */
export const toWords = (text: string): ReadonlyArray<string> => text.split(",").map((word) => word.trim()).filter((word) => word !== "")
