/** `interline webhooks listen`. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as StandardWebhooks from "@interline/gateway/StandardWebhooks"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Node from "interline/node"
import * as Connect from "../../gateway/connect.ts"
import * as EventStream from "../../gateway/eventStream.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Table from "../../print/table.ts"
import * as SecretFrom from "../../webhooks/secretFrom.ts"

/** The secret of the signatures. A new one is printed, because the program that gets the events needs it. */
const secretOf = (variable: Option.Option<string>) =>
  Option.match(variable, {
    onNone: () =>
      Effect.tap(
        Effect.sync(StandardWebhooks.mint),
        (secret) => Console.error(`the events are signed with ${Redacted.value(secret)}`)
      ),
    onSome: (name) =>
      Effect.filterOrElse(
        SecretFrom.read(name),
        StandardWebhooks.isSecret,
        () => Failure.failAsUsage({ message: `the variable ${name} has no secret like whsec_…: base64 of 24 to 64 bytes` })
      )
  })

// as a gateway waits
const patience = "15 seconds"

interface Forwarded {
  readonly status?: number
  readonly failed?: string
  readonly millis: number
}

const whyOf = (error: HttpClientError.HttpClientError): string =>
  error._tag === "RequestError" && Predicate.isTagged(error.cause, "NotConnected")
    ? "nothing listens there"
    : "the connection was lost before an answer"

/** Posts one event, once. */
const forward = (url: string, secret: Redacted.Redacted<string>, { data, id }: EventStream.ServerEvent) =>
  Effect.gen(function*() {
    const client = HttpClient.withTracerDisabledWhen(yield* HttpClient.HttpClient, () => true)
    const at = yield* Clock.currentTimeMillis
    // the secret was checked before, so there is a signature
    const signature = Option.getOrThrow(StandardWebhooks.sign(secret, data, { at, messageId: `listen.${id}` }))
    const request = HttpClientRequest.post(url).pipe(
      HttpClientRequest.setHeaders({ ...signature, "user-agent": "interline" }),
      HttpClientRequest.bodyText(data, "application/json")
    )
    const result = yield* client.execute(request).pipe(
      Effect.tap((response) => Effect.ignore(response.text)),
      Effect.timeoutFail({ duration: patience, onTimeout: () => `no answer within ${patience}` }),
      Effect.match({
        onFailure: (error) => ({ failed: typeof error === "string" ? error : whyOf(error) }),
        onSuccess: ({ status }) => status >= 200 && status < 300 ? { status } : { status, failed: `it answered ${status}` }
      })
    )
    return { ...result, millis: (yield* Clock.currentTimeMillis) - at } satisfies Forwarded
  })

const lineOf = (at: number, { id, type }: EventStream.ServerEvent, { failed, millis, status }: Forwarded): string =>
  `${Table.toTime(at)}  ${id.padEnd(6)}  ${type.padEnd(14)}  ${failed === undefined ? `${status}` : `failed: ${failed}`}  (${millis} ms)`

export const command = MakeVerb.makeVerb("webhooks listen", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const secret = yield* secretOf(flags["secret-from"])
    const gateway = yield* Connect.connect(flags)
    const begun = Option.getOrUndefined(Option.map(flags.after, String))
    let last = begun
    let firstFailed: string | undefined
    const goOn = Effect.suspend(() =>
      last === undefined
        ? Effect.void
        : last === begun
        ? Console.error(`nothing was forwarded; --after ${last} begins at the same place again`)
        : firstFailed === undefined
        ? Console.error(`--after ${last} goes on behind the last event that was forwarded; an event that was under way comes again`)
        : Console.error(`--after ${last} goes on behind the last event; the first one that your program did not take is ${firstFailed}`)
    )
    const events = EventStream.follow(gateway, flags, Option.none())
    yield* gateway.ask(Effect.provide(
      Stream.runForEach(events, (event) =>
        Effect.gen(function*() {
          const result = yield* forward(flags["forward-to"], secret, event)
          last = event.id
          if ("failed" in result && result.failed !== undefined) firstFailed ??= event.id
          const at = yield* Clock.currentTimeMillis
          yield* Console.log(
            flags.json ? JSON.stringify({ id: Number(event.id), type: event.type, ...result }) : lineOf(at, event, result)
          )
        })),
      Node.layer()
    )).pipe(Effect.ensuring(goOn))
  })))
