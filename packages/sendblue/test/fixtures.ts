import { readdirSync, readFileSync } from "node:fs"

export interface Fixture {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly status: number | undefined
  readonly body: unknown
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined

/** The examples of one kind, by file name. */
export const fixtures = (kind: "requests" | "responses" | "errors" | "webhooks"): ReadonlyArray<Fixture> => {
  const folder = new URL(`./fixtures/${kind}/`, import.meta.url)
  return readdirSync(folder).sort().map((file) => {
    const json: unknown = JSON.parse(readFileSync(new URL(file, folder), "utf8"))
    const status = field(json, "status")
    return {
      name: file.replace(/\.json$/, ""),
      method: String(field(json, "method")),
      path: String(field(json, "path")),
      status: typeof status === "number" ? status : undefined,
      body: field(json, "body")
    }
  })
}
