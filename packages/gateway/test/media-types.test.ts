import { describe, expect, it } from "vitest"
import * as MediaTypes from "../src/fronts/kit/mediaTypes.ts"

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

const png = bytes("\x89PNG\r\n\x1a\n....")

describe("the type of a file", () => {
  it.each([
    ["is what is said", { fileName: "a.pdf", mimeType: "image/png", bytes: png }, "image/png"],
    ["is what is said, by the name that carriers know", { fileName: "a", mimeType: "image/jpg; x=1", bytes: png }, "image/jpeg"],
    ["is told by the name where nothing is said", { fileName: "a.PNG", mimeType: "", bytes: bytes("") }, "image/png"],
    [
      "is told by the name where nothing is known",
      { fileName: "memo.m4a", mimeType: "application/octet-stream", bytes: bytes("") },
      "audio/x-m4a"
    ],
    [
      "is told by the first bytes where the name says nothing",
      { fileName: "upload", mimeType: "application/octet-stream", bytes: png },
      "image/png"
    ],
    ["is told by bytes that come later", { fileName: "blob", mimeType: "", bytes: bytes("\0\0\0\x18ftypheic\0\0") }, "image/heic"],
    ["is nothing where nobody knows", { fileName: "constructor", mimeType: "", bytes: bytes("???") }, "application/octet-stream"],
    [
      "is nothing for a name that the language knows",
      { fileName: "a.constructor", mimeType: "binary/octet-stream", bytes: bytes("") },
      "binary/octet-stream"
    ]
  ])("%s", (_, upload, type) => {
    expect(MediaTypes.infer(upload)).toBe(type)
  })
})
