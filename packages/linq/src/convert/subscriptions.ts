/** Converts Linq's webhook subscriptions to neutral ones and back. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import * as Problem from "@interline/core/Problem"
import type { Subscription, Webhook } from "@interline/core/Webhook"
import * as Effect from "effect/Effect"
import type { LinqClient } from "../wire/LinqClient.ts"
import * as LiftAnswer from "./liftAnswer.ts"

type Change = Partial<Subscription> & { readonly active?: boolean }

const problemsOf = (change: Change): ReadonlyArray<Problem.Problem> => [
  ...(change.url === undefined || change.url.startsWith("https://")
    ? []
    : [Problem.make("url", ["subscription", "url"], "Linq only calls https:// URLs")]),
  ...(change.secret === undefined
    ? []
    : [Problem.make("feature", ["subscription", "secret"], "Linq makes the signing secret itself and gives it once")])
]

/** Webhook subscriptions, over an API that has them by id. */
export const make = (carrierId: CarrierId, client: LinqClient) => {
  const checkAndRun = <A>(operation: Operation, change: Change, run: () => Effect.Effect<A, MessagingError.MessagingError>) => {
    const problems = problemsOf(change)
    return problems.length > 0 ? Effect.fail(MessagingError.invalid(operation, problems, carrierId)) : run()
  }

  const create = (subscription: Subscription): Effect.Effect<Webhook, MessagingError.MessagingError> =>
    checkAndRun("createWebhook", subscription, () => {
      const { events, lines = [], url } = subscription
      return Effect.map(
        client.createWebhookSubscription({
          target_url: url,
          subscribed_events: events,
          ...(lines.length === 0 ? {} : { phone_numbers: lines })
        }),
        (wire) => LiftAnswer.webhook(carrierId, wire)
      )
    })

  const remove = (id: string): Effect.Effect<void, MessagingError.MessagingError> => client.deleteWebhookSubscription(id)

  const update = (id: string, change: Change): Effect.Effect<Webhook, MessagingError.MessagingError> =>
    checkAndRun("updateWebhook", change, () =>
      Effect.map(
        client.updateWebhookSubscription(id, {
          ...(change.url === undefined ? {} : { target_url: change.url }),
          ...(change.events === undefined ? {} : { subscribed_events: change.events }),
          ...(change.active === undefined ? {} : { is_active: change.active }),
          ...(change.lines === undefined ? {} : { phone_numbers: change.lines })
        }),
        (wire) => LiftAnswer.webhook(carrierId, wire)
      ))

  const list = (): Effect.Effect<ReadonlyArray<Webhook>, MessagingError.MessagingError> =>
    Effect.map(client.listWebhookSubscriptions(), ({ subscriptions }) => subscriptions.map((wire) => LiftAnswer.webhook(carrierId, wire)))

  return { create, remove, update, list }
}
