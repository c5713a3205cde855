/** Provides the helpers that all decisions use. */
import type { MessagingError } from "@interline/core/MessagingError"
import type { Receipt } from "@interline/core/Outcome"
import type { AttemptRecord, Behind, Candidate, Command, State, Step } from "./Decision.ts"
import type { RouterEvent } from "./RouterEvent.ts"

export const stay = (state: State): Step => ({ state, commands: [] })

/** Puts commands before those of a step. */
export const after = (commands: ReadonlyArray<Command>, { commands: rest, state }: Step): Step => ({
  state,
  commands: [...commands, ...rest]
})

export const note = (event: RouterEvent): Command => ({ _tag: "Note", event })

export const inHand = (state: State): Candidate => state.route[state.position] ?? state.route[0]

export const named = ({ carrierId, line }: Candidate): Pick<Candidate, "carrierId" | "line"> => ({ carrierId, line })

export const rest = (state: State, until: number, next: "admit" | "send" | "look"): Step => ({
  state: { ...state, phase: { _tag: "Resting", until, next } },
  commands: [{ _tag: "Rest", until }]
})

export const withoutDoubt = ({ doubt: _, ...state }: State): State => state

// --- the record of the carriers that were asked ---

export const isAsked = ({ generation }: AttemptRecord): boolean => generation > 0

export const recordSkipped = (state: State, at: number, why: string, error: MessagingError | undefined): State => ({
  ...state,
  attempts: [...state.attempts, {
    ...named(inHand(state)),
    outcome: "skipped",
    why,
    startedAt: at,
    millis: 0,
    generation: 0,
    moved: false,
    ...(error === undefined ? {} : { error })
  }]
})

interface Entry {
  readonly outcome: AttemptRecord["outcome"]
  readonly why: string
  readonly error?: MessagingError | undefined
  readonly moved?: boolean
}

/** Records the result of the current attempt. Each asked carrier has one entry, and every answer replaces it. */
export const record = (state: State, at: number, { error, moved = false, outcome, why }: Entry): State => ({
  ...state,
  attempts: [...state.attempts.filter(({ generation }) => generation !== state.generation), {
    ...named(inHand(state)),
    outcome,
    why,
    startedAt: state.triedAt,
    millis: at - state.triedAt,
    generation: state.generation,
    moved,
    ...(error === undefined ? {} : { error })
  }]
})

/** Changes the record of an attempt after a later fact. Its duration does not change. */
export const amend = (state: State, generation: number, { error: said, ...change }: Partial<Entry>): State => ({
  ...state,
  attempts: state.attempts.map((attempt) => {
    if (attempt.generation !== generation) return attempt
    const { error, ...known } = { ...attempt, ...change }
    return change.outcome === "accepted" || error === undefined ? known : { ...known, error: said ?? error }
  })
})

// --- attempts that are over ---

/** Marks the current attempt as over. If it was over already, its first record stays. */
export const leave = (state: State, why: Behind["why"]): State =>
  state.generation === 0 || state.behind.some(({ generation }) => generation === state.generation)
    ? state
    : {
      ...state,
      behind: [...state.behind, {
        position: state.position,
        generation: state.generation,
        why,
        steps: state.steps,
        losses: state.losses,
        ...(state.doubt === undefined ? {} : { doubt: state.doubt })
      }]
    }

/** Makes an earlier attempt the current one again. */
export const resume = (state: State, { doubt, generation, losses, position, steps }: Behind): State => ({
  ...withoutDoubt(state),
  position,
  generation,
  losses,
  steps,
  step: 0,
  taken: [],
  proofs: [],
  behind: state.behind.filter((entry) => entry.generation !== generation),
  ...(doubt === undefined ? {} : { doubt })
})

/** The carrier took the current step. */
export const withReceipt = (state: State, receipt: Receipt): State => ({
  ...withoutDoubt(state),
  taken: [...state.taken, receipt],
  step: state.step + 1
})
