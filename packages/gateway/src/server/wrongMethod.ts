/** Answers the methods that an address does not take. */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as Effect from "effect/Effect"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import { respond } from "../http/problemResponse.ts"

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS"

// A HEAD is answered like a GET without its body, wherever there is a GET.
const methods: ReadonlyArray<Method> = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

/** The answer 405, with the allowed methods. */
export const refusal = (taken: ReadonlyArray<string>) => {
  const allow = taken.join(", ")
  return respond(ProblemDetails.make("method-not-allowed", { certainty: "not-sent", next: "fix", detail: `it takes ${allow}` }), { allow })
}

/** Routes that refuse every method except the allowed ones. */
export const refusals = (path: string, taken: ReadonlyArray<Method>) =>
  methods.filter((method) => !taken.includes(method)).map((method) =>
    HttpLayerRouter.route(
      method,
      path as HttpLayerRouter.PathInput, // every path of ours begins with a slash
      Effect.sync(() => refusal(taken))
    )
  )
