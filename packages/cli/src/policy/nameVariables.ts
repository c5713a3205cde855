/** Fits the sentences about a configuration to the command. */

/** A sentence of the library about a setting, without the option of a program: who types a command has variables only. */
export const nameVariables = (sentence: string): string =>
  sentence.replace(/the option [a-z]+, or the variable ([A-Z_]+),?/gi, "the variable $1")
