/** The pages that only put the code's tables side by side. */
import * as Capabilities from "@interline/core/Capabilities"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as Health from "@interline/core/Health"
import * as MessageEffect from "@interline/core/MessageEffect"
import * as Operation from "@interline/core/Operation"
import * as Reaction from "@interline/core/Reaction"
import * as Service from "@interline/core/Service"
import * as LinqWords from "@interline/linq/LinqWords"
import * as Fault from "@interline/sandbox/Fault"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import { code, page, table } from "../markdown.ts"
import { carriers, names } from "./carriers.ts"

const coverage = ({ direct, group }: Capabilities.Coverage): string => direct === group ? direct : `direct ${direct}, groups ${group}`

const effects = {
  read: "`read`: may be repeated freely",
  settle: "`settle`: sets a state; setting it twice changes nothing",
  act: "`act`: never repeated without a key that the vendor honours"
} as const satisfies Record<Operation.Row["effect"], string>

// The vendors' pages and the official clients' newest releases, read 2026-11. A row goes when an adapter carries it
const notCarried: ReadonlyArray<readonly [vendor: string, what: string]> = [
  ["Sendblue", "removing the name and photo of a line (`DELETE /api/v2/contact-sharing/profile`)"],
  [
    "Sendblue",
    "the stream of a person's positions (`GET /api/location/{number}/watch`): its answer does not end, and `getLocations` reads the same"
  ],
  ["Sendblue", "seats, codes for logging in and the verification of numbers: none of them is a message"],
  ["Linq", "stickers inside a text, the background of a chat"],
  ["Linq", "audits of a line's reputation, deleting a contact card"]
]

export const operationsPage = (): string =>
  page(
    "Operations",
    "Every operation of `Messaging` and how each carrier supports it. *Unsupported* is said of the adapter: the vendor may have it, see below. An unsupported one fails with the reason `Unsupported` before a " +
      "request leaves. *Reaches*: it shows or sends something to a person, so the suppression fence stands in front of it. *Effect*: " +
      `${Object.values(effects).join("; ")}.`,
    table(
      ["Operation", "Does", "Effect", "Reaches", ...names],
      Operation.all.map((operation) => {
        const { effect, reaches, summary } = Operation.operations[operation]
        return [
          code(operation),
          summary,
          code(effect),
          reaches ? "yes" : "",
          ...carriers.map(({ capabilities }) => coverage(capabilities.operations[operation]))
        ]
      })
    ),
    "## Why a carrier does not support an operation",
    "The refusal says it, too: the detail of the problem in the API, and the message of the error in the library.",
    table(
      ["Operation", "Carrier", "Why"],
      Operation.all.flatMap((operation) =>
        carriers.flatMap(({ capabilities, name }) => {
          const reason = capabilities.reasons?.[operation]
          return reason === undefined ? [] : [[code(operation), name, reason]]
        })
      )
    ),
    "## What the vendors have and no operation carries",
    "As of November 2026. Through a front, such a request is refused with a sentence that says so.",
    table(["Vendor", "What"], notCarried)
  )

/** The operations without a dated reason, of those that a carrier does not support at all. */
export const unexplained = (): ReadonlyArray<string> =>
  carriers.flatMap(({ capabilities, name }) =>
    Operation.all.flatMap((operation) =>
      Capabilities.supports(capabilities, operation) || /read 20\d\d-\d\d/.test(capabilities.reasons?.[operation] ?? "")
        ? []
        : [`${name}: ${operation}`]
    )
  )

const limitNames: Record<keyof Capabilities.Limits, string> = {
  textLength: "text, UTF-16 code units",
  linkLength: "link, UTF-16 code units",
  parts: "parts of a message",
  mediaUrls: "media by URL in a message",
  mediaUrlBytes: "media by URL, bytes",
  attachmentBytes: "uploaded file, bytes",
  voiceMemoBytes: "voice memo, bytes",
  recipients: "people in a new group",
  decorations: "decorations of a text",
  mentions: "mentions in a text",
  idempotencyKeyLength: "idempotency key, characters",
  mediaFormats: "media file extensions",
  voiceMemoFormats: "voice memo file extensions"
}

const limit = (value: Capabilities.Limits[keyof Capabilities.Limits] | undefined): string =>
  value === undefined ? "" : typeof value === "number" ? value.toLocaleString("en") : value.join(", ")

const limitKeys = Object.keys(limitNames).filter((key): key is keyof Capabilities.Limits => key in limitNames)

export const capabilitiesPage = (): string =>
  page(
    "Capabilities",
    "What each carrier declares. `native`: the vendor does it; `emulated`: the adapter does it with other means of the vendor; `unsupported`: " +
      "not at all. The conformance suite tests every declaration in both directions. Operations are on [a page of their own](operations.md).",
    "## Features of a draft, by service",
    table(
      ["Feature", ...carriers.flatMap(({ name }) => Service.Service.literals.map((service) => `${name}, ${service}`))],
      Capabilities.Feature.literals.map((feature) => [
        code(feature),
        ...carriers.flatMap(({ capabilities }) => Service.Service.literals.map((service) => capabilities.features[feature][service]))
      ])
    ),
    "## Reactions and keys",
    table(["", ...names], [
      ["custom emoji as a reaction", ...carriers.map(({ capabilities }) => capabilities.emojiReactions)],
      ["sticker on a message", ...carriers.map(({ capabilities }) => capabilities.stickerReactions)],
      ["the vendor honours a key on a send", ...carriers.map(({ capabilities }) => capabilities.idempotent ? "yes" : "no")]
    ]),
    "## Limits",
    "Empty: the vendor documents none.",
    table(
      ["Limit", ...names],
      limitKeys.map((key) => [limitNames[key], ...carriers.map(({ capabilities }) => limit(capabilities.limits[key]))])
    )
  )

const sendblueEffect = (effect: MessageEffect.MessageEffect): string => {
  const { style, support } = SendblueWords.effectToStyle[effect]
  return support === "native" ? code(style) : `${code(style)}, reported as ${code("effect-approximated")}`
}

const linqEffect = (effect: MessageEffect.MessageEffect): string => {
  const word = LinqWords.effectFromNeutral[effect]
  return word === undefined ? `none, reported as ${code("effect-dropped")}` : code(`${word.type}/${word.name}`)
}

export const effectsPage = (): string =>
  page(
    "Effects",
    `${MessageEffect.all.length} effects. The vendor's own word is in the last columns: Linq's \`effect.type/effect.name\`, Sendblue's \`send_style\`.`,
    table(
      ["Effect", "Fills", ...names, "Linq's word", "Sendblue's word"],
      MessageEffect.all.map((effect) => [
        code(effect),
        MessageEffect.kinds[effect],
        ...carriers.map(({ capabilities }) => capabilities.effects[effect]),
        linqEffect(effect),
        sendblueEffect(effect)
      ])
    )
  )

const rows = (meanings: Readonly<Record<string, unknown>>): ReadonlyArray<ReadonlyArray<string>> =>
  Object.entries(meanings).map(([word, meaning]) => [code(word), typeof meaning === "string" ? meaning : JSON.stringify(meaning)])

export const statusesPage = (): string =>
  page(
    "Statuses",
    "## Delivery",
    "Of two facts about one message the higher rank holds, in whatever order they arrive. The last columns are the vendor's word for a " +
      "neutral status.",
    table(
      ["Status", "Rank", ...names],
      [...DeliveryStatus.DeliveryStatus.literals].sort((left, right) => DeliveryStatus.ranks[left] - DeliveryStatus.ranks[right]).map((
        status
      ) => [
        code(status),
        String(DeliveryStatus.ranks[status]),
        code(LinqWords.statusFromNeutral[status]),
        code(SendblueWords.statusFromNeutral[status])
      ])
    ),
    "What the vendors' words mean:",
    table(["Linq", "Means"], rows(LinqWords.statusToNeutral)),
    table(["Sendblue", "Means"], rows(SendblueWords.statusToNeutral)),
    "## Health of lines and chats",
    `Neutral words: ${Health.HealthStatus.literals.map(code).join(", ")}.`,
    table(["Linq, chat and line health", "Means"], rows(LinqWords.healthToNeutral)),
    table(
      ["Linq, line status by webhook", "Can send"],
      Object.entries(LinqWords.lineStatusToAvailable).map(([word, available]) => [code(word), available ? "yes" : "no"])
    ),
    table(
      ["Sendblue, line", "Means", "Can send"],
      Object.entries(SendblueWords.lineStatusToNeutral).map((
        [word, { available, status }]
      ) => [code(word), status, available ? "yes" : "no"])
    )
  )

export const reactionsPage = (): string =>
  page(
    "Reactions",
    "The six tapbacks, one custom emoji at a time, and stickers.",
    table(
      ["Reaction", ...names, "Linq's word", "Sendblue's word"],
      [
        ...Reaction.Tapback.literals.map((tapback) => [
          code(tapback),
          ...carriers.map(({ capabilities }) => capabilities.reactions[tapback]),
          code(LinqWords.reactionFromNeutral[tapback]),
          code(SendblueWords.reactionFromNeutral[tapback])
        ]),
        [
          "an emoji",
          ...carriers.map(({ capabilities }) => capabilities.emojiReactions),
          "`custom` with `custom_emoji`",
          "the emoji itself"
        ],
        ["a sticker", ...carriers.map(({ capabilities }) => capabilities.stickerReactions), "`sticker` with `attachment_id` or `url`", ""]
      ]
    ),
    "What the vendors' words mean:",
    table(["Linq", "Means"], rows(LinqWords.reactionToNeutral)),
    table(["Sendblue", "Means"], rows(SendblueWords.reactionToNeutral))
  )

export const faultsPage = (): string =>
  page(
    "Faults of the sandbox",
    "*Accepted*: whether the vendor takes a valid request that meets the fault. How faults are added is in the " +
      "[sandbox's README](../../packages/sandbox/README.md).",
    table(
      ["Fault", "Accepted", "The client sees", "Parameters"],
      Object.entries(Fault.faults).map(([kind, { accepted, clientSees, params }]) => [
        code(kind),
        accepted === "param" ? "by the parameter `accepted`" : accepted,
        clientSees,
        params
      ])
    )
  )
