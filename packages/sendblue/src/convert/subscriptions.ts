/** Converts Sendblue's list of webhooks to neutral subscriptions and back. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import * as Problem from "@interline/core/Problem"
import type { Subscription, Webhook } from "@interline/core/Webhook"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { SendblueClient } from "../wire/SendblueClient.ts"
import * as SendblueSchema from "../wire/SendblueSchema.ts"
import * as LiftAnswer from "./liftAnswer.ts"

type Change = Partial<Subscription> & { readonly active?: boolean }

/** Webhooks by type and URL, over an API that has neither ids nor a way to change one of them. */
export const make = (carrierId: CarrierId, client: SendblueClient) => {
  const refuse = (operation: Operation, problem: Problem.Problem) => Effect.fail(MessagingError.invalid(operation, [problem], carrierId))

  const entryOf = ({ lines = [], secret, url }: Pick<Subscription, "url" | "lines" | "secret">): SendblueSchema.WebhookEntry =>
    lines.length === 0 && secret === undefined ? url : {
      url,
      ...(secret === undefined ? {} : { secret: Redacted.value(secret) }),
      ...(lines.length === 0 ? {} : { sendblue_numbers: lines })
    }

  const typeOf = (operation: Operation, events: ReadonlyArray<string>, lines: ReadonlyArray<string>) => {
    const [type, ...others] = events
    return type === undefined || others.length > 0
      ? refuse(
        operation,
        Problem.make("feature", ["subscription", "events"], "a Sendblue webhook has exactly one type; make one for each")
      )
      : lines.length > 0 && type !== "receive"
      ? refuse(operation, Problem.make("feature", ["subscription", "lines"], "only webhooks of type receive can be limited to lines"))
      : Effect.succeed(type)
  }

  const parsed = (operation: Operation, id: string) =>
    Option.match(LiftAnswer.parseWebhookId(id), {
      onNone: () => refuse(operation, Problem.make("type", ["id"], "not the id of a Sendblue webhook: a type, a bar and a URL")),
      onSome: Effect.succeed
    })

  const urlOf = (entry: SendblueSchema.WebhookEntry): string => typeof entry === "string" ? entry : entry.url

  const create = (subscription: Subscription): Effect.Effect<Webhook, MessagingError.MessagingError> =>
    Effect.flatMap(typeOf("createWebhook", subscription.events, subscription.lines ?? []), (type) => {
      const entry = entryOf(subscription)
      return Effect.as(client.addWebhooks({ webhooks: [entry], type }), LiftAnswer.webhook(carrierId, type, entry))
    })

  const remove = (id: string): Effect.Effect<void, MessagingError.MessagingError> =>
    Effect.flatMap(parsed("deleteWebhook", id), ({ type, url }) => Effect.asVoid(client.deleteWebhooks({ webhooks: [url], type })))

  /**
   * Reads all subscriptions, changes one and writes all of them back. In any other way, events would be lost for a moment when a secret
   * changes. The result is read again: if the account may not use a type, Sendblue answers 200 but does not store the type.
   */
  const update = (id: string, change: Change): Effect.Effect<Webhook, MessagingError.MessagingError> =>
    Effect.gen(function*() {
      if (change.active === false) {
        return yield* Effect.fail(MessagingError.unsupported(carrierId, "updateWebhook", "a Sendblue webhook cannot be paused; delete it"))
      }
      const target = yield* parsed("updateWebhook", id)
      const all = yield* client.listWebhooks()
      const current = SendblueSchema.webhookEntries(all[target.type])
      const known = current.find((entry) => urlOf(entry) === target.url)
      if (known === undefined) {
        return yield* Effect.fail(MessagingError.make("NotFound", { carrierId, operation: "updateWebhook", detail: "no such webhook" }))
      }
      const before = LiftAnswer.webhook(carrierId, target.type, known)
      const secret = change.secret ?? before.secret
      const lines = change.lines ?? before.lines
      const type = yield* typeOf("updateWebhook", change.events ?? before.events, lines)
      const entry = entryOf({ url: change.url ?? before.url, lines, ...(secret === undefined ? {} : { secret }) })
      const changed = type === target.type
        ? { [type]: current.map((other) => other === known ? entry : other) }
        : {
          [target.type]: current.filter((other) => other !== known),
          [type]: [...SendblueSchema.webhookEntries(all[type]), entry]
        }
      yield* client.replaceWebhooks({ ...all, ...changed })
      const after = yield* client.listWebhooks()
      const isListed = SendblueSchema.webhookEntries(after[type]).some((other) => urlOf(other) === urlOf(entry))
      return isListed
        ? LiftAnswer.webhook(carrierId, type, entry)
        : yield* Effect.fail(
          MessagingError.make("Permission", {
            carrierId,
            operation: "updateWebhook",
            detail: `Sendblue accepted the change and does not list it; is the type ${type} enabled for the account?`
          })
        )
    })

  const list = (): Effect.Effect<ReadonlyArray<Webhook>, MessagingError.MessagingError> =>
    Effect.map(client.listWebhooks(), (all) => LiftAnswer.webhooks(carrierId, all))

  return { create, remove, update, list }
}
