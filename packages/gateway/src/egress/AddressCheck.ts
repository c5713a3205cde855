/**
 * A `Messaging` service that passes no private address to a vendor. A file, a link or a photo at an address that the gateway itself may not
 * call is refused before anything is sent.
 */
import * as DeliveryId from "@interline/core/DeliveryId"
import type { Draft } from "@interline/core/Draft"
import { Messaging } from "@interline/core/Messaging"
import * as MessagingError from "@interline/core/MessagingError"
import type { MessagingService } from "@interline/core/MessagingService"
import type { Operation } from "@interline/core/Operation"
import type { Part } from "@interline/core/Part"
import * as Problem from "@interline/core/Problem"
import { Invalid } from "@interline/core/SendError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as AddressesIn from "./addressesIn.ts"
import { OutboundHttp, type OutboundHttpService } from "./OutboundHttp.ts"

// Only files are checked here, because the vendor's servers fetch a file. A link is opened by the person's phone, which may be anywhere.
const fetchedUrl = (part: Part): string | undefined => part._tag === "Media" && "url" in part ? part.url : undefined

/**
 * The same service. `OutboundHttp.check` checks every address: media and extras of drafts, stickers, voice memos, icons, images of contact cards, and
 * webhooks.
 *
 * @category constructors
 */
export const make = (messaging: MessagingService, outboundHttp: OutboundHttpService): MessagingService => {
  const problem = (url: string | null | undefined, path: ReadonlyArray<string | number>): Effect.Effect<ReadonlyArray<Problem.Problem>> =>
    url === undefined || url === null
      ? Effect.succeed([])
      : Effect.map(
        Effect.either(outboundHttp.check(url)),
        Either.match({
          onLeft: ({ why }) => [Problem.make("url", path, why)],
          onRight: () => []
        })
      )

  const problemsOf = ({ extras, parts }: Draft): Effect.Effect<ReadonlyArray<Problem.Problem>> =>
    // Plain JavaScript may pass any value. The service itself refuses a value that is not a list of parts.
    Array.isArray(parts)
      ? Effect.map(
        Effect.all([
          ...parts.map((part, index) => problem(fetchedUrl(part), ["parts", index, "url"])),
          ...AddressesIn.find(extras).map((url) => problem(url, ["extras"]))
        ]),
        (found) => found.flat()
      )
      : Effect.succeed([])

  const refuse = (problems: ReadonlyArray<Problem.Problem>): Effect.Effect<never, Invalid> =>
    Effect.flatMap(DeliveryId.mint, (deliveryId) => Effect.fail(new Invalid({ deliveryId, losses: [], attempts: [], problems })))

  const checkDraft = <A, E>(draft: Draft, go: Effect.Effect<A, E>): Effect.Effect<A, E | Invalid> =>
    Effect.flatMap(problemsOf(draft), (problems): Effect.Effect<A, E | Invalid> => problems.length === 0 ? go : refuse(problems))

  const checkUrl = <A>(
    operation: Operation,
    url: string | null | undefined,
    path: ReadonlyArray<string>,
    go: Effect.Effect<A, MessagingError.MessagingError>
  ): Effect.Effect<A, MessagingError.MessagingError> =>
    Effect.flatMap(problem(url, path), (problems) => problems.length === 0 ? go : Effect.fail(MessagingError.invalid(operation, problems)))

  return {
    ...messaging,
    plan: (to, what, options) => checkDraft(what, messaging.plan(to, what, options)),
    send: (to, what, options) => checkDraft(what, messaging.send(to, what, options)),
    react: (message, reaction, options) =>
      checkUrl(
        "react",
        reaction._tag === "Sticker" && "url" in reaction ? reaction.url : undefined,
        ["reaction", "url"],
        messaging.react(message, reaction, options)
      ),
    sendVoiceMemo: (to, audio) => checkUrl("sendVoiceMemo", fetchedUrl(audio), ["audio", "url"], messaging.sendVoiceMemo(to, audio)),
    updateChat: (chat, change) => checkUrl("updateChat", change.icon, ["change", "icon"], messaging.updateChat(chat, change)),
    setContactCard: (line, card) => checkUrl("setContactCard", card.imageUrl, ["card", "imageUrl"], messaging.setContactCard(line, card)),
    createWebhook: (subscription) =>
      checkUrl("createWebhook", subscription.url, ["subscription", "url"], messaging.createWebhook(subscription)),
    updateWebhook: (id, change) => checkUrl("updateWebhook", change.url, ["change", "url"], messaging.updateWebhook(id, change))
  }
}

/**
 * The same layer, with its `Messaging` service checked. Other services of the layer stay as they are.
 *
 * @category layers
 */
export const layer = <A, E, R>(unguarded: Layer.Layer<A | Messaging, E, R>): Layer.Layer<A | Messaging, E, R | OutboundHttp> =>
  Layer.flatMap(unguarded, (context) =>
    Layer.effectContext(
      Effect.map(OutboundHttp, (outboundHttp) => Context.add(context, Messaging, make(Context.get(context, Messaging), outboundHttp)))
    ))
