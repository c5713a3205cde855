/** The texts of the messages that are sent: each says its conversation and its number in it. */

export interface Message {
  readonly conversation: number
  /** From 0, in the order in which the client sends. */
  readonly number: number
}

export const text = ({ conversation, number }: Message): string => `chaos ${conversation}.${number}.`

/** The message in a text that may be longer. */
export const find = (said: string): Message | undefined => {
  const [, conversation, number] = /chaos (\d+)\.(\d+)\./.exec(said) ?? []
  return conversation === undefined || number === undefined ? undefined : { conversation: Number(conversation), number: Number(number) }
}

/** Whose phone it goes to: each conversation has a person of its own. */
export const handle = (conversation: number): string => `+1202${5_560_000 + conversation}`

export const ofHandle = (given: string): number => Number(given.slice(5)) - 5_560_000

export const name = ({ conversation, number }: Message): string => `${conversation}.${number}`
