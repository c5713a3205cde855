/**
 * Finds proof that a request failed before its connection was ready: the name was not found, there was no route, the connection was
 * refused, or the TLS handshake failed. No application data leaves before the connection is ready, so the vendor certainly got nothing.
 */
import * as PlatformGlobals from "../runtime/platformGlobals.ts"

/** What failed, by code. */
export const codes: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ENOTFOUND", "host name not found"],
  ["EAI_AGAIN", "host name lookup failed"],
  ["UND_ERR_CONNECT_TIMEOUT", "connect timeout"]
])

/**
 * System calls that come before a connection. Every error of these calls is a proof: `ETIMEDOUT` of `connect` is a proof, but `ETIMEDOUT`
 * of `read` is not.
 */
const calls = new Set(["connect", "bind", "getaddrinfo", "queryA", "queryAaaa"])

/** Codes for a refused certificate of the vendor: OpenSSL's codes, as Node's TLS page lists them (read 2026-11), and Node's own codes. */
const verdicts = new Set([
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_CRL",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "CERT_SIGNATURE_FAILURE",
  "CRL_SIGNATURE_FAILURE",
  "CERT_NOT_YET_VALID",
  "CERT_HAS_EXPIRED",
  "CRL_NOT_YET_VALID",
  "CRL_HAS_EXPIRED",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "ERROR_IN_CRL_LAST_UPDATE_FIELD",
  "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_CHAIN_TOO_LONG",
  "CERT_REVOKED",
  "INVALID_CA",
  "PATH_LENGTH_EXCEEDED",
  "INVALID_PURPOSE",
  "CERT_UNTRUSTED",
  "CERT_REJECTED",
  "HOSTNAME_MISMATCH",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_TLS_CERT_ALTNAME_FORMAT",
  "ERR_TLS_CERT_SIGNATURE_ALGORITHM_UNSUPPORTED"
])

/**
 * Ends of a TLS handshake that come at no other time: the server's alerts about what we offered, and our own about what it
 * offered. A server that ends its handshake so takes no request, even where ours was over. Other alerts also end connections.
 */
const handshakes = new Set([
  "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
  "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
  "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  "ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY",
  "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
  "ERR_SSL_TLSV1_UNRECOGNIZED_NAME",
  "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
  "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
  "ERR_SSL_NO_PROTOCOLS_AVAILABLE",
  "ERR_SSL_WRONG_SSL_VERSION",
  "ERR_SSL_DH_KEY_TOO_SMALL",
  "ERR_SSL_EE_KEY_TOO_SMALL",
  "ERR_SSL_CERTIFICATE_VERIFY_FAILED",
  "ERR_TLS_INVALID_PROTOCOL_VERSION",
  "ERR_TLS_PROTOCOL_VERSION_CONFLICT"
])

/** The same alerts by number (RFC 8446, section 6), as the error of a request that waited for the handshake names them. */
const alerts = new Set(["40", "48", "70", "71", "112", "116", "120"])

const alertOf = (error: object): string | undefined => {
  const message = textAt(error, "message")
  return message === undefined ? undefined : /SSL alert number (\d+)/.exec(message)?.[1]
}

// Node's message if the other side ended the handshake. The code is ECONNRESET, and the code alone proves nothing
const cutOff = "Client network socket disconnected before secure TLS connection was established"

// Deno's `fetch` has no codes; its HTTP client names the stage that failed
const stage = /^error sending request for url \(.*\): client error \(Connect\)/s

/**
 * Errors that a connector gave before its connection was ready. Their content does not differ from later errors, so they are kept here.
 */
const marked = new WeakSet<object>()

const noted = new WeakSet<object>()

/**
 * Records the errors of undici's connectors. Node's `fetch` uses the same connectors. Without this record, a reset during a handshake
 * looks the same as a reset after a request.
 */
export const listen = (): void => {
  const channels = PlatformGlobals.builtin("node:diagnostics_channel")
  if (channels === undefined || noted.has(channels)) return
  noted.add(channels)
  channels.subscribe("undici:client:connectError", (message) => {
    if (
      typeof message === "object" && message !== null && "error" in message && typeof message.error === "object" && message.error !== null
    ) {
      marked.add(message.error)
    }
  })
}

const deepest = 5

const textAt = (error: object, name: string): string | undefined => {
  const value: unknown = Reflect.get(error, name)
  return typeof value === "string" ? value : undefined
}

const isOwn = (code: string): boolean => !code.startsWith("ERR_")

/** The errors of several addresses that were tried (happy eyeballs). Node gives the whole error the code of the first address. */
const attempts = (error: object): ReadonlyArray<unknown> | undefined =>
  "errors" in error && Array.isArray(error.errors) && error.errors.length > 0 ? error.errors : undefined

/** The proof that this error gives by itself, as a sentence; undefined if it gives none. */
const proofBy = (error: object): string | undefined => {
  const code = textAt(error, "code")
  if (code !== undefined) {
    const known = codes.get(code)
    if (known !== undefined) return known
    if (verdicts.has(code)) return `the certificate is not valid (${code})`
    if (handshakes.has(code)) return `the TLS handshake failed (${code})`
    const alert = code === "EPROTO" ? alertOf(error) : undefined
    if (alert !== undefined && alerts.has(alert)) return `the TLS handshake failed (alert ${alert})`
    const call = textAt(error, "syscall")
    if (call !== undefined && calls.has(call)) return `no connection (${code})`
  }
  const message = textAt(error, "message")
  if (message === cutOff) return "the TLS handshake was cut off"
  if (message !== undefined && stage.test(message)) return "no connection"
  return marked.has(error) ? `no connection${code === undefined ? "" : ` (${code})`}` : undefined
}

const find = (error: unknown, depth: number): string | undefined => {
  if (typeof error !== "object" || error === null || depth === 0) return undefined
  if ("_tag" in error && error._tag === "NotConnected") {
    const inner = "cause" in error ? error.cause : undefined
    return find(inner, depth - 1) ?? `no connection${suffix(codeOf(inner))}`
  }
  const members = attempts(error)
  if (members !== undefined) {
    const proofs = members.map((member) => find(member, depth - 1))
    // it is a proof only if all attempts failed before a connection
    return proofs.every((proof) => proof !== undefined) ? proofs[0] : undefined
  }
  const proof = proofBy(error)
  if (proof !== undefined) return proof
  const code = textAt(error, "code")
  // if the error has its own code and this code proves nothing, the causes are not searched
  return (code === undefined || !isOwn(code)) && "cause" in error ? find(error.cause, depth - 1) : undefined
}

const suffix = (code: string | undefined): string => code === undefined ? "" : ` (${code})`

/** Why no connection was ready for the request, or undefined where it may have left. */
export const proofOf = (error: unknown): string | undefined => find(error, deepest)

const search = (error: unknown, depth: number): string | undefined => {
  if (typeof error !== "object" || error === null || depth === 0) return undefined
  // the code of the whole error is only the code of the first address
  if (attempts(error) !== undefined) return undefined
  const code = textAt(error, "code")
  if (code !== undefined && isOwn(code)) return code
  return ("cause" in error ? search(error.cause, depth - 1) : undefined) ?? code
}

/** The code of a failure, from the error or from its causes. */
export const codeOf = (error: unknown): string | undefined => search(error, deepest)
