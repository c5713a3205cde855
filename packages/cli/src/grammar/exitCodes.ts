/** The exit codes of the command, and what each means. */

export const exitCodes = {
  0: "the command ended well",
  1: "the command failed, or could not do a part of it. Of `doctor`: something does not work",
  2: "what was typed, a file or variable that it needs, or a name or id in it cannot be meant. Nothing was done",
  3: "refused: a rule or the key forbids it, so that the same command fails again. Nothing was sent. A report or a check found what makes it fail",
  4: "not sent: certainly nothing went out. The same command may be given again",
  5: "held: the message, or a part of it, may have gone out. Do not send it again",
  130:
    "the command was stopped before its end. A command that has no end of its own ends with 0, and so does a list of which nobody reads the rest, as behind `| head`"
} as const satisfies Readonly<Record<number, string>>

/** The codes of a failure. */
export type FailureCode = 1 | 2 | 3 | 4 | 5
