import * as Option from "effect/Option"
import { describe, expect, it } from "vitest"
import * as PathTable from "../src/fronts/kit/pathTable.ts"
import * as KeyAccess from "../src/http/KeyAccess.ts"

const paramsOf = (pattern: string, path: string) => Option.map(PathTable.match(pattern, path), ({ params }) => params)

describe("a path", () => {
  it("is compared letter by letter where the pattern has a word", () => {
    expect(paramsOf("/chats", "/chats")).toEqual(Option.some({}))
    for (const path of ["/Chats", "/chats/", "//chats", "/%63hats", "/chats/a"]) {
      expect(paramsOf("/chats", path)).toEqual(Option.none())
    }
  })

  it("gives the text in place of a name, decoded once", () => {
    expect(paramsOf("/chats/:id/messages/:part", "/chats/a%20b/messages/%252F")).toEqual(Option.some({ id: "a b", part: "%2F" }))
  })

  it.each(["/chats/", "/chats/%", "/chats/%C3", "/chats/%zz"])(
    "is another one where the text is missing or cannot be decoded: %s",
    (path) => {
      expect(paramsOf("/chats/:id", path)).toEqual(Option.none())
    }
  )

  it.each(["a%2Fb", "%2f", "a%5Cb", "a\\b", "%00", ".", "..", "%2E", "%2e%2E"])(
    "keeps back a text that could be another path: %s",
    (text) => {
      expect(PathTable.match("/files/:id/:name", `/files/1/${text}`)).toEqual(Option.some({ params: { id: "1" }, isWhole: false }))
    }
  )

  it.each(["...", "a.b", "%3F", "%23", "%E2%82%AC"])("gives any other text: %s", (text) => {
    expect(PathTable.match("/files/:id/:name", `/files/1/${text}`)).toEqual(
      Option.some({ params: { id: "1", name: decodeURIComponent(text) }, isWhole: true })
    )
  })
})

describe("a table of routes", () => {
  const routes = [
    PathTable.read("GET", "/chats/count", "the count"),
    PathTable.read("GET", "/chats/:id", "a chat"),
    PathTable.once(KeyAccess.send, "DELETE", "/chats/:id", "a removal"),
    PathTable.keyed("POST", "/chats", "a send")
  ]
  const found = (method: string, path: string) =>
    Option.map(PathTable.find(routes, method, path), ({ route: { kind, run } }) => [kind, run])

  it("finds the first route of the method that fits", () => {
    expect(found("GET", "/chats/count")).toEqual(Option.some(["read", "the count"]))
    expect(found("GET", "/chats/1")).toEqual(Option.some(["read", "a chat"]))
    expect(found("DELETE", "/chats/count")).toEqual(Option.some(["once", "a removal"]))
    expect(found("POST", "/chats")).toEqual(Option.some(["keyed", "a send"]))
  })

  it("finds none for a method or a path that is not in it", () => {
    expect(found("PUT", "/chats/1")).toEqual(Option.none())
    expect(found("GET", "/chats")).toEqual(Option.none())
  })
})
