/** Connects the demo to the sandbox: people, phones, faults, and the requests that the vendors received. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { FaultInput } from "@interline/sandbox/Fault"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/** The addresses and credentials of a sandbox. `interline sandbox` prints them, and its control API gives them. */
export const Address = Schema.Struct({
  linq: Schema.String,
  sendblue: Schema.String,
  control: Schema.String,
  credentials: Schema.Struct({ linqToken: Schema.String, sendblueKeyId: Schema.String, sendblueSecretKey: Schema.String })
})

export interface Address extends Schema.Schema.Type<typeof Address> {}

export const PhoneMessage = Schema.Struct({
  id: Schema.String,
  text: Schema.NullOr(Schema.String),
  media: Schema.Array(Schema.String),
  link: Schema.NullOr(Schema.String),
  /** The bubble's content in the order in which the person sees it. */
  parts: Schema.Array(Schema.Struct({ type: Schema.String, value: Schema.String })),
  effect: Schema.NullOr(Schema.String),
  decorations: Schema.Array(Schema.Unknown),
  replyTo: Schema.NullOr(Schema.Unknown),
  reactions: Schema.Array(Schema.Struct({ type: Schema.String, emoji: Schema.NullOr(Schema.String) })),
  group: Schema.NullOr(Schema.String),
  service: Schema.String,
  editedText: Schema.NullOr(Schema.String)
})

export interface PhoneMessage extends Schema.Schema.Type<typeof PhoneMessage> {}

export const Phone = Schema.Struct({
  messages: Schema.Array(PhoneMessage),
  sent: Schema.Array(PhoneMessage),
  typing: Schema.Array(Schema.String),
  read: Schema.Array(Schema.Struct({ line: Schema.String, at: Schema.String }))
})

export interface Phone extends Schema.Schema.Type<typeof Phone> {}

const Request = Schema.Struct({ method: Schema.String, path: Schema.String, body: Schema.String })

export interface Request extends Schema.Schema.Type<typeof Request> {}

const Placed = Schema.Struct({ id: Schema.String })

export class WorldError extends Data.TaggedError("WorldError")<{ readonly message: string }> {}

export interface World {
  readonly address: Address
  readonly person: (handle: string, service: string, name: string) => Effect.Effect<void, WorldError>
  readonly says: (handle: string, line: string, text: string) => Effect.Effect<void, WorldError>
  readonly phone: (handle: string) => Effect.Effect<Phone, WorldError>
  /** The requests that a vendor received, oldest first. */
  readonly requests: (vendor: string) => Effect.Effect<ReadonlyArray<Request>, WorldError>
  /** Puts a fault in place until the end of the scope. */
  readonly fault: (rule: FaultInput) => Effect.Effect<void, WorldError, Scope.Scope>
  /** Flags a line until the end of the scope. */
  readonly flagged: (line: string) => Effect.Effect<void, WorldError, Scope.Scope>
  /** Opts a person out at both vendors until the end of the scope. */
  readonly optedOut: (handle: string) => Effect.Effect<void, WorldError, Scope.Scope>
}

export const World = Context.GenericTag<World>("@interline/cli/World")

const explain = (control: string) => (cause: unknown) =>
  new WorldError({
    message: `the sandbox's control API at ${control} did not answer as expected; start one with "interline sandbox" (${
      String(cause).split("\n")[0]
    })`
  })

export const make = (control: string): Effect.Effect<World, WorldError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
    const base = control.replace(/\/+$/, "")
    const read = <A, I>(path: string, schema: Schema.Schema<A, I>): Effect.Effect<A, WorldError> =>
      client.get(base + path).pipe(
        Effect.flatMap(HttpClientResponse.schemaBodyJson(schema)),
        Effect.scoped,
        Effect.mapError(explain(base))
      )
    const post = (path: string, body: unknown) =>
      Effect.flatMap(HttpClientRequest.bodyJson(HttpClientRequest.post(base + path), body), client.execute)
    const write = (path: string, body: unknown): Effect.Effect<void, WorldError> =>
      post(path, body).pipe(Effect.scoped, Effect.asVoid, Effect.mapError(explain(base)))
    const remove = (path: string): Effect.Effect<void, WorldError> =>
      client.del(base + path).pipe(Effect.scoped, Effect.asVoid, Effect.mapError(explain(base)))
    const place = (rule: FaultInput): Effect.Effect<string, WorldError> =>
      post("/faults", rule).pipe(
        Effect.flatMap(HttpClientResponse.schemaBodyJson(Placed)),
        Effect.scoped,
        Effect.mapBoth({ onFailure: explain(base), onSuccess: ({ id }) => id })
      )
    /** Undoes `begin` at the end of the scope. A failure there is a defect, because a finalizer cannot fail. */
    const during = <A>(
      begin: Effect.Effect<A, WorldError>,
      end: (begun: A) => Effect.Effect<void, WorldError>
    ): Effect.Effect<void, WorldError, Scope.Scope> => Effect.asVoid(Effect.acquireRelease(begin, (begun) => Effect.orDie(end(begun))))
    const address = yield* read("/", Address)
    return {
      address,
      person: (handle, service, name) => write("/people", { handle, service, name }),
      says: (handle, line, text) => write(`/people/${encodeURIComponent(handle)}/messages`, { to: line, text }),
      phone: (handle) => read(`/phones/${encodeURIComponent(handle)}`, Phone),
      requests: (vendor) => read(`/requests?vendor=${vendor}`, Schema.Array(Request)),
      fault: (rule) => during(place(rule), (id) => remove(`/faults/${id}`)),
      flagged: (line) => {
        const path = `/lines/${encodeURIComponent(line)}`
        return during(write(`${path}/flag`, {}), () => write(`${path}/unflag`, {}))
      },
      optedOut: (handle) => {
        const path = `/people/${encodeURIComponent(handle)}`
        return during(write(`${path}/opt-out`, {}), () => write(`${path}/opt-in`, {}))
      }
    }
  })
