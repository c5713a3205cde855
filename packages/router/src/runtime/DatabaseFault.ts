/** Says in words why a database cannot be used, and what to do. A sentence holds no password, and nothing that a driver said. */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/**
 * Where a database is: the parts of its URL that are no secret.
 *
 * @category models
 */
export interface Place {
  /** The host, with its port. */
  readonly host: string
  readonly pathname: string
  readonly username: string
}

const codePattern = /^[A-Z0-9_]{1,40}$/

/**
 * The code of an error of a database or a socket, at any place in a chain of causes.
 *
 * @category getters
 */
export const codeOf = (error: unknown, depth = 4): string | undefined => {
  if (!Predicate.isRecord(error)) return undefined
  const { cause, code } = error
  if (typeof code === "string" && codePattern.test(code)) return code
  return depth === 0 ? undefined : codeOf(cause, depth - 1)
}

/** What is wrong, and what to do. */
type Reason = readonly [wrong: string, remedy: string]

const silent: Reason = ["it does not answer in time", "look whether the server runs, and whether a firewall is in the way"]
const unreachable: Reason = ["no network leads there", "correct the host in the URL, or connect this machine to its network"]
const untrusted: Reason = [
  "its certificate is not trusted",
  "give the certificate of its authority with sslrootcert in the URL, or correct the host there"
]
const unknownSetting: Reason = [
  "it does not take a setting that this connection needs",
  "use PostgreSQL 14 or later; a pooler has to let the setting pass (ignore_startup_parameters of PgBouncer)"
]

const reasons: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: ["nothing answers there", "start the server, or correct the host and the port in the URL"],
  ENOTFOUND: ["there is no such host", "correct the host in the URL"],
  EAI_AGAIN: ["the host's name cannot be looked up", "look whether the name service works, or correct the host in the URL"],
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: silent,
  ECONNRESET: ["it ended the connection", "look into the server's log"],
  "08P01": unknownSetting,
  "25006": ["it takes no writes, as a standby does", "give the address of the primary server"],
  "28000": ["it does not let this user in from here", "correct the user in the URL, or allow it in the server's pg_hba.conf"],
  "28P01": ["it refuses the user or the password", "correct the user and the password in the URL"],
  "3D000": ["there is no database of that name", "create it, or correct the name in the URL"],
  "42501": ["the user may not create tables there", "give the user that right, or name another user in the URL"],
  "42704": unknownSetting,
  "53300": ["it has no connection left", "raise max_connections of the server, or run fewer processes"],
  "57P03": ["it is starting or stopping", "start this process again in a moment"],
  "57014": ["a statement took too long there", "look for what keeps the server busy"],
  CERT_HAS_EXPIRED: ["its certificate has expired", "give the server a new one"],
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  SQLITE_BUSY: ["another program writes to the file for too long", "end that program"],
  SQLITE_CANTOPEN: ["the file cannot be opened", "look whether its folder is there, and who may read and write it"],
  SQLITE_CORRUPT: ["the file is damaged", "restore it from a backup"],
  SQLITE_FULL: ["the disk is full", "make room on it"],
  SQLITE_IOERR: ["the disk cannot be read or written", "look whether it is there and has room"],
  SQLITE_READONLY: ["the file may not be written", "look who may write it and its folder"],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted
}

/**
 * Codes of a database that cannot work now, whatever the statement: of SQLSTATE the classes of connections, read-only transactions, users, names,
 * resources, operators and the system; of SQLite its files; and all codes of the network.
 */
const general =
  /^(08...|25006|28...|3D...|53...|57...|58...|SQLITE_(BUSY|CANTOPEN|CORRUPT|FULL|IOERR|LOCKED|NOMEM|NOTADB|PROTOCOL|READONLY).*|E[A-Z]{3,}|CERT.*|.*_CERT.*)$/

/**
 * Whether an error says that the database cannot work now, and not that it refuses one statement. A driver's error without a code is about its
 * connection.
 *
 * @category refinements
 */
export const isGeneral = (error: unknown): boolean => {
  const code = codeOf(error)
  return code === undefined || general.test(code)
}

/** Reasons without a code, by what the driver says. */
const spoken: ReadonlyArray<readonly [pattern: RegExp, reason: Reason]> = [
  [/time(d )?out|timeout/i, silent],
  [/password must be a (non-empty )?string/i, ["it wants a password", "put the password into the URL"]],
  [/not support SSL/i, ["it does not encrypt connections", "remove sslmode from the URL, or turn encryption on at the server"]],
  [/terminated|ECONNRESET/i, ["it ended the connection", "look into the server's log"]]
]

const messagesOf = (error: unknown, depth = 4): string =>
  !Predicate.isRecord(error) || depth === 0 ? "" : `${String(error["message"])} ${messagesOf(error["cause"], depth - 1)}`

const reasonOf = (error: unknown): Reason => {
  const code = codeOf(error)
  // SQLite's codes have a general word, and some have a special one behind it
  if (code !== undefined) {
    return reasons[code] ?? reasons[/^SQLITE_[A-Z]+/.exec(code)?.[0] ?? code] ?? [`its error code is ${code}`, "look into the server's log"]
  }
  const said = messagesOf(error)
  return spoken.find(([pattern]) => pattern.test(said))?.[1] ?? ["no reason is known", "look into the server's log"]
}

/**
 * What is wrong and what to do, as the second half of a sentence.
 *
 * @category getters
 */
export const explain = (error: unknown): string => reasonOf(error).join("; ")

const decode = (text: string): string => Option.getOrElse(Option.liftThrowable(decodeURIComponent)(text), () => text)

/**
 * Names a database without its password. A `URL` is such a place.
 *
 * @category getters
 */
export const nameOf = ({ host, pathname, username }: Place): string => {
  const name = decode(pathname.slice(1))
  return `the database ${name === "" ? "without a name" : name} at ${host === "" ? "no host" : host}${
    username === "" ? "" : ` as user ${decode(username)}`
  }`
}
