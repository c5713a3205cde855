/** Makes the HTTP response of a reply. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { Reply } from "@interline/sql/RequestLog"

/** A reply without a body has no content type. Default: JSON. */
export const toResponse = ({ body, headers, status }: Reply): HttpServerResponse.HttpServerResponse => {
  const { "content-type": contentType = "application/json; charset=utf-8", ...others } = headers
  return body === ""
    ? HttpServerResponse.empty({ status, headers: others })
    : HttpServerResponse.text(body, { status, contentType, headers: others })
}
