/** Makes the page of part one, with one block for each scenario. */
import * as Loss from "@interline/core/Loss"
import * as VisibleText from "@interline/core/VisibleText"
import type { Entry } from "./failover.ts"
import type { Scenario } from "./scenarios.ts"
import type { PhoneMessage, Request } from "./world.ts"

export interface Run {
  readonly carrier: string
  readonly scenarios: ReadonlyArray<Scenario>
}

/** The services that made a conditional loss happen: the phone got a message of the scenario by them. Empty if the loss did not happen. */
const servicesOf = (scenario: Scenario, { condition }: Loss.Loss): ReadonlyArray<string> =>
  scenario.phone
    .map(({ service }) => service)
    .filter((service, index, all) => all.indexOf(service) === index)
    .filter((service) => condition === "SMS" ? service === "SMS" : condition === "not-iMessage" && service !== "iMessage")

const mark = (scenario: Scenario): string =>
  scenario.outcome === "accepted" || scenario.outcome === "done"
    ? (scenario.losses.some((loss) => Loss.isCertain(loss) || servicesOf(scenario, loss).length > 0) ? "~" : "+")
    : "-"

const sentOf = (request: Request): string => {
  const body = VisibleText.shorten(request.body, 160)
  return `${request.method} ${request.path}${body === "" ? "" : ` ${body}`}`
}

/** The requests that change something. For a scenario that only reads, the number of reads. */
const sentIn = ({ reads, sent }: Scenario): ReadonlyArray<string> =>
  sent.length > 0 ? sent.map(sentOf) : [reads === 0 ? "nothing" : reads === 1 ? "1 read" : `${reads} reads`]

const conditionOf = (loss: Loss.Loss, services: ReadonlyArray<string>): string => {
  if (loss.condition === undefined) return ""
  if (services.length > 0) return `; happened: it went by ${services.join(" and ")}`
  return ` if it goes by ${loss.condition === "SMS" ? "SMS" : "anything but iMessage"}`
}

const lossOf = (scenario: Scenario) => (loss: Loss.Loss): string =>
  `${loss.kind}${loss.from === undefined ? "" : ` ${loss.from}${loss.to === undefined ? "" : ` -> ${loss.to}`}`}: ${
    Loss.sentences[loss.kind]
  }` +
  `${conditionOf(loss, servicesOf(scenario, loss))} (${loss.reason})`

const partOf = ({ type, value }: PhoneMessage["parts"][number]): string => {
  switch (type) {
    case "text":
      return JSON.stringify(value)
    case "link":
      return `[link card ${value}]`
    default:
      return `[${type} ${value}]`
  }
}

const bubble = (message: PhoneMessage): string =>
  [
    ...message.parts.map(partOf),
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
  ...row("sent", sentIn(scenario)),
  ...(scenario.losses.length === 0 ? [] : row("lost", scenario.losses.map(lossOf(scenario)))),
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
    "+ carried whole   ~ carried with a loss   - not carried, nothing sent",
    "Losses with \"if\" did not happen here; they would if the phone could not take iMessage."
  ].join("\n")

/** One JSON document: `{"runs":[{"carrier","scenarios":[…]}],"failover":[{"case","first","outcome","route","phone"}]}`. */
export const asJson = (runs: ReadonlyArray<Run>, failover: ReadonlyArray<Entry>): string => JSON.stringify({ runs, failover })
