/** The closed set of iMessage effects, and whether each fills the screen or animates the bubble. */
import * as Schema from "effect/Schema"

/**
 * The effects that at least one vendor has, in our words.
 *
 * @category models
 */
export const MessageEffect = Schema.Literal(
  "confetti",
  "fireworks",
  "lasers",
  "sparkles",
  "celebration",
  "hearts",
  "love",
  "balloons",
  "happy_birthday",
  "echo",
  "spotlight",
  "shooting_star",
  "slam",
  "loud",
  "gentle",
  "invisible"
)

/** @category models */
export type MessageEffect = typeof MessageEffect.Type

/**
 * Every effect's kind. Apple's four bubble effects are slam, loud, gentle and invisible ink; the rest fill the screen.
 *
 * @category models
 */
export const kinds = {
  confetti: "screen",
  fireworks: "screen",
  lasers: "screen",
  sparkles: "screen",
  celebration: "screen",
  hearts: "screen",
  love: "screen",
  balloons: "screen",
  happy_birthday: "screen",
  echo: "screen",
  spotlight: "screen",
  shooting_star: "screen",
  slam: "bubble",
  loud: "bubble",
  gentle: "bubble",
  invisible: "bubble"
} as const satisfies Record<MessageEffect, "screen" | "bubble">

/**
 * Every effect, in the order of the schema.
 *
 * @category models
 */
export const all: ReadonlyArray<MessageEffect> = MessageEffect.literals
