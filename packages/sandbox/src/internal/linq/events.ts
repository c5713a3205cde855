/** Placeholder until webhooks are wired. */
import type { Chat, LinqState } from "./state.ts"

export const announceChat = (_state: LinqState, _chat: Chat): void => undefined
