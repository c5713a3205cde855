/** Handles a message that a person writes to a Sendblue line. */
import * as Effect from "effect/Effect"
import { NetworkError } from "../../server/Network.ts"
import type { Inbound } from "../../server/people.ts"
import type { Part } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as People from "./people.ts"
import type { SendblueState } from "./state.ts"

// A message with only one of these texts opts a person out (Sendblue support article 2516992885, read 2026-11-21).
const outWords: ReadonlySet<string> = new Set([
  "stop",
  "unsubscribe",
  "cancel",
  "opt out",
  "revoke",
  "end",
  "quit"
])

export const make = (state: SendblueState): Inbound => ({
  receive: (input, line) =>
    Effect.gen(function*() {
      const group = input.group === undefined ? undefined : state.groups.get(input.group)
      if (input.group !== undefined && group === undefined) {
        return yield* Effect.fail(new NetworkError({ reason: "not-found", message: `No such group: ${input.group}` }))
      }
      const media = input.media ?? []
      if (input.text === undefined && media.length === 0) {
        return yield* Effect.fail(new NetworkError({ reason: "invalid", message: "A message needs text or media" }))
      }
      const parts: ReadonlyArray<Part> = [
        ...(input.text === undefined ? [] : [{ type: "text", value: input.text, decorations: null } as const]),
        ...media.map((url): Part => ({
          type: "media",
          id: state.world.ids.uuid(),
          url,
          filename: url.split("/").at(-1) ?? "file",
          mimeType: "",
          sizeBytes: 0
        }))
      ]
      const word = input.text?.trim().toLowerCase()
      const { optedOutOf } = World.person(state.world, input.from)
      if (group === undefined && word !== undefined) {
        if (outWords.has(word)) optedOutOf.add("sendblue")
        if (word === "start") optedOutOf.delete("sendblue")
      }
      if (group === undefined) People.noteWritten(state, input.from, line.number)
      return World.receive(state.world, {
        vendor: "sendblue",
        line: line.number,
        from: input.from,
        thread: group?.id ?? null,
        group: group !== undefined,
        parts,
        effect: input.effect === undefined ? null : { type: null, name: input.effect },
        replyTo: input.replyTo === undefined ? null : { id: input.replyTo, partIndex: 0 }
      })
    })
})
