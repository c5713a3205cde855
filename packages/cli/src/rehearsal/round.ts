/** One round of the program: a text to everybody whom it knows, to its groups, and to some people whom it never wrote to. */
import * as Effect from "effect/Effect"
import type * as Cast from "./cast.ts"
import type { Answer, Job } from "./program.ts"
import * as Stage from "./stage.ts"

/** A job with the people who have to get its text. Nobody: the job has to fail. */
export interface Planned {
  readonly job: Job
  readonly isTaken: boolean
}

const texts = [
  "Your table is ready",
  "See you tonight at seven",
  "We have oysters today",
  "Shall we keep your usual table?",
  "Thank you for your visit"
]

const textAt = (place: number): string => texts[place % texts.length] ?? "Hello"

const picture = "https://images.example.com/menu.jpg"

/** Plans a text to one person, who does not get it after an opt-out. */
export const toPerson = (stage: Stage.Stage, to: string, place: number, text = textAt(place)): Planned => {
  const isTaken = !stage.hasStopped(to)
  return {
    isTaken,
    job: {
      to,
      text: stage.intend(text, isTaken ? [to] : []),
      ...(place % 7 === 3 ? { picture } : {}),
      ...(place % 11 === 5 ? { festive: true } : {})
    }
  }
}

/** Plans a text to a group. */
export const toGroup = (stage: Stage.Stage, { members, name }: Cast.Group): Planned => ({
  isTaken: true,
  job: { group: name, members, text: stage.intend("Dear all, your table is ready", members) }
})

/** Gives jobs to the program. Fails unless it is answered as planned. */
export const work = (
  stage: Stage.Stage,
  planned: ReadonlyArray<Planned>
): Effect.Effect<ReadonlyArray<Answer>, Stage.Unproved> =>
  Effect.tap(stage.work(planned.map(({ job }) => job)), (answers) => {
    const place = planned.findIndex(({ isTaken }, place) => answers[place]?.ok !== isTaken)
    const answer = answers[place]
    return place < 0
      ? Effect.void
      : Effect.fail(
        new Stage.Unproved({
          message: answer?.ok === true
            ? "the program was told that a text was sent, which had to be refused"
            : `the program was told that a text was not sent: ${answer?.why ?? "no reason"}`
        })
      )
  })

const newcomersInARound = 2

/** A round. `isLinked`: the first texts of some people hold a URL. Gives how many texts were sent. */
export const play = (
  stage: Stage.Stage,
  { isLinked = false }: { readonly isLinked?: boolean } = {}
): Effect.Effect<{ readonly sent: number }, Stage.Unproved> =>
  Effect.suspend(() => {
    const { groups, linked, people } = stage.cast
    const known = people.map((person, place) =>
      toPerson(
        stage,
        person,
        place,
        isLinked && linked.some((one) => one === person) ? "Our menu: https://menu.example.com/tonight" : undefined
      )
    )
    const unknown = stage.meet(newcomersInARound).map((person, place) => toPerson(stage, person, place))
    const planned = [...known, ...unknown, ...groups.map((group) => toGroup(stage, group))]
    return Effect.as(work(stage, planned), { sent: planned.filter(({ isTaken }) => isTaken).length })
  })

/** Opens a group. */
export const open = (stage: Stage.Stage, group: Cast.Group): Effect.Effect<void, Stage.Unproved> =>
  Effect.asVoid(work(stage, [toGroup(stage, group)]))

/** Reads messages of before by the official client. */
export const look = (stage: Stage.Stage, ids: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Answer>, Stage.Unproved> =>
  work(stage, ids.map((look) => ({ job: { look }, isTaken: true })))

/** Fails unless the official client reads the same about messages of before as it did before the move. */
export const lookAgain = (stage: Stage.Stage): Effect.Effect<void, Stage.Unproved> =>
  Effect.flatMap(look(stage, stage.old.flatMap(({ message }) => message ?? [])), (now) => {
    const isSame = now.length === stage.old.length && stage.old.every(({ message, status, text, to }, place) => {
      const answer = now[place]
      return answer !== undefined && answer.message === message && answer.status === status && answer.text === text && answer.to === to
    })
    return isSame
      ? Effect.void
      : Effect.fail(new Stage.Unproved({ message: "the program reads its old messages otherwise than before the move" }))
  })
