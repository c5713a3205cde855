/** What was answered to each route: statuses, names of headers, and the word for what is wrong. */
import { sorted, sortedRecord } from "./golden.ts"
import type { Said } from "./tour.ts"

const fieldsOf = (body: string): Readonly<Record<string, unknown>> => {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed !== "object" || parsed === null) return {}
    return "error" in parsed && typeof parsed.error === "object" && parsed.error !== null ? { ...parsed.error } : { ...parsed }
  } catch {
    return {}
  }
}

/** Our own type of a problem, or a vendor's code. */
export const wordOf = (body: string): string => {
  const { code, error_code, type } = fieldsOf(body)
  return [type, code, error_code].filter((one) => typeof one === "string" || typeof one === "number").join(" ")
}

/** The same with its sentence; the body where there is none. */
export const sentenceOf = (body: string): string => {
  const { message, title } = fieldsOf(body)
  const sentence = [message, title].find((one) => typeof one === "string")
  return `${wordOf(body)} ${typeof sentence === "string" ? sentence : body.slice(0, 200)}`.trim()
}

// those that every answer has, told once
const usual = [
  "connection",
  "content-security-policy",
  "date",
  "referrer-policy",
  "strict-transport-security",
  "x-content-type-options",
  "x-frame-options"
]

const headersOf = (headers: Readonly<Record<string, string>>): string => {
  const missing = usual.filter((name) => !(name in headers))
  const more = sorted(Object.keys(headers).filter((name) => !usual.includes(name)))
  return [...more, ...missing.map((name) => `no ${name}`)].join(", ")
}

export const answersOf = (said: ReadonlyArray<Said>) => {
  const answers = new Map<string, ReadonlyArray<string>>()
  for (const { answer: { body, headers, status }, route } of said) {
    const word = status < 400 ? "" : wordOf(body)
    const told = `${status}${word === "" ? "" : ` ${word}`}; ${headers["content-type"] ?? "-"}; ${headersOf(headers)}`
    answers.set(route, sorted([...(answers.get(route) ?? []), told]))
  }
  return { "every answer": usual.join(", "), ...sortedRecord(answers) }
}
