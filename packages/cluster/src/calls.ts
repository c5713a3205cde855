/**
 * The calls between processes. Processes of different versions call each other during a deployment, so names and fields never change. A new field is
 * optional.
 */
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import type * as Backend from "@interline/core/Backend"
import { Delivery } from "@interline/core/Delivery"
import { DeliveryId } from "@interline/core/DeliveryId"
import { optional } from "@interline/core/Optional"
import * as SendError from "@interline/core/SendError"
import { Fact } from "@interline/router/Fact"
import * as Ledger from "@interline/router/Ledger"
import * as LineAuthority from "@interline/router/LineAuthority"
import * as Runner from "@interline/router/Runner"
import * as Schema from "effect/Schema"

/** Only who can read the database knows the secret of the cluster. The socket between processes has no other protection. */
const secret = Schema.Redacted(Schema.String)

/**
 * What a call carries. The engine validates it once more when a call is made, if its schema can make values, and builds the parts of that validation
 * anew each time. That costs as much as the rest of the call. The values were validated before, and the other process reads all fields.
 */
const carry = <Fields extends Schema.Struct.Fields>(fields: Fields) => {
  const struct = Schema.Struct(fields)
  return Schema.make<typeof struct.Type, typeof struct.Encoded, typeof struct.Context>(struct.ast)
}

/** A send as one process passes it to another. */
export const Prepared = Schema.Struct({
  ...Ledger.Content.fields,
  key: optional(Schema.String),
  after: optional(DeliveryId),
  confirmsOptOut: optional(Schema.Literal(true))
})

/** A send in the form of a call. */
export const toPrepared = (
  { after, confirmsOptOut, conversation, draft, fidelity, key, replyTo }: Backend.Prepared
): typeof Prepared.Type => ({
  conversation,
  draft,
  fidelity,
  ...(replyTo === undefined ? {} : { replyTo }),
  ...(key === undefined ? {} : { key }),
  ...(after === undefined ? {} : { after }),
  ...(confirmsOptOut === undefined ? {} : { confirmsOptOut })
})

const SendFailure = Schema.Union(SendError.Invalid, SendError.NotSent, SendError.Partial, SendError.Held, Runner.NotOwner)

/**
 * Runs a delivery. `within`: how long it may take from the arrival of the call on, in milliseconds. Clocks of machines differ, so it is no time of day.
 * `follows`: the delivery that the same process passed on before it, if that has not ended.
 */
export const Send = Rpc.make("Send", {
  payload: carry({ secret, deliveryId: DeliveryId, within: Schema.Number, follows: optional(DeliveryId), prepared: Prepared }),
  success: Delivery,
  error: SendFailure
})

/** Tells a delivery a fact. */
export const Tell = Rpc.make("Tell", {
  payload: carry({ secret, deliveryId: DeliveryId, fact: Fact }),
  success: Runner.TellResult,
  error: Runner.NotOwner
})

/** What a call that goes past the engine says beside its content. `span`: the caller's, so that what the owner does shows below it. */
const direct = {
  secret,
  shard: Schema.Number,
  span: optional(Schema.Struct({ traceId: Schema.String, spanId: Schema.String, sampled: Schema.Boolean }))
}

/** `Send`, past the engine. */
export const DirectSend = Rpc.make("DirectSend", {
  payload: carry({ ...direct, deliveryId: DeliveryId, within: Schema.Number, follows: optional(DeliveryId), prepared: Prepared }),
  success: Delivery,
  error: SendFailure
})

/** `Tell`, past the engine. */
export const DirectTell = Rpc.make("DirectTell", {
  payload: carry({ ...direct, deliveryId: DeliveryId, fact: Fact }),
  success: Runner.TellResult,
  error: Runner.NotOwner
})

/** The calls that go past the engine. */
export const Direct = RpcGroup.make(DirectSend, DirectTell)

/** Makes the process that owns the shard take it, and take up what earlier owners left behind. */
export const Wake = Rpc.make("Wake", { payload: carry({ secret }), error: Runner.NotOwner })

/** Tells a line what happened, and asks for places at it. `null`: the line cannot answer now. */
export const Exchange = Rpc.make("Exchange", {
  payload: carry({ secret, request: LineAuthority.Request }),
  success: Schema.NullOr(LineAuthority.Answer)
})

/** One line at one carrier. Its id is `carrier/line`. */
export const Line = Entity.make("Line", [Exchange])

/**
 * One shard. Its id is the shard's number. There is no entity for each conversation, because an entity costs memory long after its last call, and one
 * campaign reaches a million conversations.
 */
export const Shard = Entity.make("Shard", [Send, Tell, Wake])
