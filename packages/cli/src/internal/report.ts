/** The demo for people: one block per scenario, readable at a glance. */
import * as Losses from "@interline/core/Loss"
import type { Scenario } from "./scenarios.ts"
import type { PhoneMessage, Request } from "./world.ts"

export interface Run {
  readonly carrier: string
  readonly scenarios: ReadonlyArray<Scenario>
}

const mark = (scenario: Scenario): string =>
  scenario.outcome === "accepted" || scenario.outcome === "done" ? (scenario.losses.some(Losses.isCertain) ? "~" : "+") : "-"

const sentOf = (request: Request): string => {
  const body = request.body.length > 160 ? `${request.body.slice(0, 157)}...` : request.body
  return `${request.method} ${request.path}${body === "" ? "" : ` ${body}`}`
}

const lossOf = (loss: Losses.Loss): string =>
  `${loss.kind}${loss.from === undefined ? "" : ` ${loss.from}${loss.to === undefined ? "" : ` -> ${loss.to}`}`}: ${Losses.sentences[loss.kind]}` +
  `${loss.condition === undefined ? "" : ` if it goes by ${loss.condition === "SMS" ? "SMS" : "anything but iMessage"}`} (${loss.reason})`

const bubble = (message: PhoneMessage): string =>
  [
    ...(message.text === null ? [] : [JSON.stringify(message.editedText ?? message.text)]),
    ...message.media.map((url) => `[media ${url}]`),
    ...(message.link === null ? [] : [`[link card ${message.link}]`]),
    ...(message.effect === null ? [] : [`with ${message.effect}`]),
    ...(message.decorations.length === 0 ? [] : [`${message.decorations.length} decorations`]),
    ...(message.replyTo === null ? [] : ["as a reply"]),
    ...(message.editedText === null ? [] : ["(edited)"]),
    ...message.reactions.map((reaction) => `(${reaction.emoji ?? reaction.type})`),
    ...(message.group === null ? [] : ["in the group"]),
    message.service === "iMessage" ? "" : `by ${message.service}`
  ].filter((piece) => piece !== "").join(" ")

const row = (label: string, values: ReadonlyArray<string>): ReadonlyArray<string> =>
  values.map((value, index) => `    ${(index === 0 ? label : "").padEnd(7)} ${value}`)

const block = (scenario: Scenario): ReadonlyArray<string> => [
  `  ${mark(scenario)} ${scenario.name.padEnd(24)} ${scenario.outcome}` +
  (scenario.statuses.length === 0 ? "" : `: ${scenario.statuses.join(" -> ")}`) +
  (scenario.detail === null ? "" : ` (${scenario.detail})`),
  ...row("asked", [scenario.asked]),
  ...row("sent", scenario.sent.length === 0 ? ["nothing"] : scenario.sent.map(sentOf)),
  ...(scenario.losses.length === 0 ? [] : row("lost", scenario.losses.map(lossOf))),
  ...(scenario.phone.length === 0 ? [] : row("phone", scenario.phone.map(bubble))),
  ""
]

export const forPeople = (runs: ReadonlyArray<Run>): string =>
  [
    ...runs.flatMap((run) => [
      `== the program under ${run.carrier} ${"=".repeat(Math.max(0, 56 - run.carrier.length))}`,
      "",
      ...run.scenarios.flatMap(block)
    ]),
    "+ carried whole   ~ carried with a certain loss   - not carried, nothing sent",
    "Losses with \"if\" happen only when the phone cannot take iMessage."
  ].join("\n")

/** One JSON document: `{"runs":[{"carrier","scenarios":[…]}]}`. */
export const asJson = (runs: ReadonlyArray<Run>): string => JSON.stringify({ runs })
