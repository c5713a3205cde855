/** Which webhooks at the carriers lead to this gateway. */
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as GatewayConfig from "./GatewayConfig.ts"

/** By the public address. Without a configuration it goes by the path of a webhook. */
export class OwnWebhooks extends Context.Reference<OwnWebhooks>()("@interline/gateway/internal/OwnWebhooks", {
  defaultValue: () => GatewayConfig.isOwnWebhook({ publicUrl: Option.none() })
}) {}
