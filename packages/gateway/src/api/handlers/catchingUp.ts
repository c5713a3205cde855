/** Reading back what was missed. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import { CatchUp } from "../../catchup/CatchUp.ts"
import { GatewayApi } from "../Api.ts"

export const catchingUp = HttpApiBuilder.group(GatewayApi, "catchingUp", (handlers) =>
  Effect.map(CatchUp, ({ progress, run }) =>
    handlers
      .handle("progress", () => Effect.map(progress, (items) => ({ items })))
      .handle("catchUp", ({ payload: { carrier, since } }) =>
        Effect.map(
          run({ ...(carrier === undefined ? {} : { carrierId: carrier }), ...(since === undefined ? {} : { since }) }),
          (items) => ({ items })
        ))))
