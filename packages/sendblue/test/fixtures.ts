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

const filesOf = (kind: string): ReadonlyArray<readonly [name: string, json: unknown]> => {
  const folder = new URL(`./fixtures/${kind}/`, import.meta.url)
  return readdirSync(folder).sort().map((file) => [file.replace(/\.json$/, ""), JSON.parse(readFileSync(new URL(file, folder), "utf8"))])
}

/** The examples of one kind, by file name; those of `made` are ours, where the vendor shows none. */
export const fixtures = (kind: "requests" | "responses" | "errors" | "webhooks" | "made"): ReadonlyArray<Fixture> =>
  filesOf(kind).map(([name, json]) => {
    const status = field(json, "status")
    return {
      name,
      method: String(field(json, "method")),
      path: String(field(json, "path")),
      status: typeof status === "number" ? status : undefined,
      body: field(json, "body")
    }
  })

/** What is made of each webhook, by the webhook's file name. */
export const events: ReadonlyMap<string, unknown> = new Map(filesOf("events"))
