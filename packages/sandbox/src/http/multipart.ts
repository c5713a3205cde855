/** Reads a named file from multipart/form-data. The vendors use nothing else of this format. */
import type { HttpRequest } from "./http.ts"

export interface UploadedFile {
  readonly filename: string
  readonly contentType: string
  readonly bytes: Buffer
}

const boundaryOf = (contentType: string): string | undefined => /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(contentType)?.[1]

const split = (body: Buffer, delimiter: Buffer): ReadonlyArray<Buffer> => {
  const pieces: Array<Buffer> = []
  let start = body.indexOf(delimiter)
  while (start !== -1) {
    const next = body.indexOf(delimiter, start + delimiter.length)
    if (next === -1) break
    pieces.push(body.subarray(start + delimiter.length + 2, next - 2))
    start = next
  }
  return pieces
}

/** The file in the field `name`. Undefined if the request is no form or has no such file. */
export const file = (request: HttpRequest, name: string): UploadedFile | undefined => {
  const boundary = boundaryOf(request.headers["content-type"] ?? "")
  if (boundary === undefined) return undefined
  for (const piece of split(request.body, Buffer.from(`--${boundary}`))) {
    const end = piece.indexOf("\r\n\r\n")
    const head = piece.subarray(0, end).toString("utf8")
    if (end === -1 || !new RegExp(`\\bname="${name}"`).test(head)) continue
    return {
      filename: /filename="([^"]*)"/.exec(head)?.[1] ?? "file",
      contentType: /content-type:\s*(\S+)/i.exec(head)?.[1] ?? "application/octet-stream",
      bytes: piece.subarray(end + 4)
    }
  }
  return undefined
}
