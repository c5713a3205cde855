/** Finds the groups that an answer of Sendblue shows. A chat with one person has no id there. */
import * as Handle from "@interline/core/Handle"
import * as Predicate from "effect/Predicate"
import type { ShownChat } from "../../kit/RequestReader.ts"

const readNumbers = (given: unknown): ReadonlyArray<Handle.Handle> => Array.isArray(given) ? given.filter(Handle.isHandle) : []

const readGroup = (given: unknown): ReadonlyArray<ShownChat> => {
  if (!Predicate.isRecord(given)) return []
  const { from_number, group_id, is_outbound, participants, sendblue_number } = given
  if (typeof group_id !== "string" || group_id === "") return []
  const number = sendblue_number ?? (is_outbound === false ? undefined : from_number)
  return [{
    id: group_id,
    isGroup: true,
    people: readNumbers(participants).filter((handle) => handle !== number),
    ...(Handle.isHandle(number) ? { number } : {})
  }]
}

/** The group of a message, alone or in a list. */
export const read = (answer: unknown): ReadonlyArray<ShownChat> => {
  if (!Predicate.isRecord(answer)) return []
  const { data } = answer
  return Array.isArray(data) ? data.flatMap(readGroup) : [...readGroup(answer), ...readGroup(data)]
}
