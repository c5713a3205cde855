/** Files. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Messaging } from "@interline/core/Messaging"
import { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as MediaTypes from "../../fronts/kit/mediaTypes.ts"
import { toProblem } from "../../http/toProblem.ts"
import { GatewayApi } from "../Api.ts"
import { UploadedBytes } from "../endpoint.ts"
import * as ResolveAddress from "../resolveAddress.ts"

const octets = "application/octet-stream"

export const attachments = HttpApiBuilder.group(GatewayApi, "attachments", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const resolve = ResolveAddress.make(yield* IdMap, ResolveAddress.linesOf(messaging.carriers))
    return handlers
      // The body is read as bytes, whatever its type is.
      .handleRaw("uploadAttachment", ({ request, urlParams: { fileName, mimeType } }) =>
        Effect.flatMap(UploadedBytes, (bytes) =>
          Effect.suspend(() => {
            const file = { fileName, mimeType: mimeType ?? request.headers["content-type"] ?? octets, bytes }
            return toProblem(messaging.uploadAttachment({ ...file, mimeType: MediaTypes.infer(file) }))
          })))
      .handle("getAttachment", ({ path }) =>
        Effect.flatMap(resolve.attachment(path.attachment), (ref) =>
          toProblem(messaging.getAttachment(ref))))
      .handle("deleteAttachment", ({ path }) =>
        Effect.flatMap(resolve.attachment(path.attachment), (ref) =>
          toProblem(messaging.deleteAttachment(ref))))
  }))
