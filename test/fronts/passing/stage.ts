/** A gateway over an account with a past: what the gateway does not carry is passed on to the account. */
import * as Serve from "@interline/cli/Serve"
import type { LoggedRequest } from "@interline/sandbox/Network"
import LinqAPIV3 from "@linqapp/sdk"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import SendblueAPI from "sendblue"
import * as Account from "../../migration/account.ts"
import { file } from "../../sql/databases.ts"
import { quiet } from "../../support/router.ts"

export const apiKey = "a-key-for-the-tests"

export interface Setup {
  readonly vendor: Account.Vendor
  /** The groups that are passed on, of the vendor. */
  readonly groups: ReadonlyArray<string>
  /** Whether the account was imported before (default: true). */
  readonly isImported?: boolean
  /** The carriers in the order of preference. Default: the vendor first. */
  readonly prefer?: string
  readonly variables?: Readonly<Record<string, string>>
  /** A database that another process has, too. */
  readonly database?: string
  readonly account?: Account.Account
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

const read = async (answer: Response): Promise<Answer> => {
  const text = await answer.text()
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: (text.startsWith("{") ? JSON.parse(text) : {}) as Readonly<Record<string, unknown>>
  }
}

export const credentials: Readonly<Record<string, string>> = {
  authorization: `Bearer ${apiKey}`,
  "sb-api-key-id": "tests",
  "sb-api-secret-key": apiKey
}

/** Starts a process. Everything ends with the scope. */
export const open = ({ account: given, database, groups, isImported = true, prefer, variables = {}, vendor }: Setup) =>
  Effect.gen(function*() {
    const account = given ?? (yield* Account.openAccount(vendor))
    const url = database ?? (yield* file)
    if (isImported) yield* Effect.scoped(Account.importInto(url, account.sandbox, vendor, { apply: true }))
    const environment = {
      ...Account.variables(account.sandbox),
      INTERLINE_PREFER: prefer ?? (vendor === "linq" ? "linq, sendblue" : "sendblue, linq"),
      INTERLINE_API_KEYS: `tests=${apiKey}`,
      INTERLINE_DRAIN: "1 seconds",
      INTERLINE_DRAIN_NOTICE: "0 seconds",
      INTERLINE_CATCH_UP: "off",
      INTERLINE_PASS_THROUGH: groups.map((group) => `${vendor}:${group}`).join(","),
      ...variables
    }
    const { origin } = yield* Serve.start({
      port: Option.some(0),
      host: Option.none(),
      database: Option.some(url.startsWith("file:") ? url.slice("file:".length) : url),
      embedded: false
    }).pipe(quiet, Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))))
    const before = (yield* account.sandbox.network.requests({ vendor })).length
    const call = (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
      Effect.promise(async () =>
        read(
          await fetch(`${origin}${path}`, {
            method,
            headers: { "content-type": "application/json", ...credentials, ...headers },
            ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
          })
        )
      )
    /** What reached the vendor at a path since the process started. */
    const reached = (path: string): Effect.Effect<ReadonlyArray<LoggedRequest>> =>
      Effect.map(
        account.sandbox.network.requests({ vendor }),
        (found) => found.slice(before).filter((request) => request.path.includes(path))
      )
    const phone = (handle: string) => Effect.map(account.sandbox.network.phone(handle), ({ messages }) => messages)
    return {
      ...account,
      url: origin,
      database: url,
      call,
      reached,
      phone,
      sendblue: new SendblueAPI({ apiKey: "tests", apiSecret: apiKey, baseURL: `${origin}/sendblue`, maxRetries: 0 }),
      linq: new LinqAPIV3({ apiKey, baseURL: `${origin}/linq`, maxRetries: 0 })
    }
  })
