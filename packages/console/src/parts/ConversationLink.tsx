/** Leads to the conversation with a person. A masked number names nobody, so people are shown first. */
import { Link } from "@tanstack/react-router"
import type { Conversation } from "../api/wire.ts"
import { ShowPeople } from "./HiddenPeople.tsx"
import { isMasked } from "./words.ts"

export const ConversationLink = ({ conversation }: { readonly conversation: Conversation }) => {
  if (conversation._tag !== "Direct") return null
  return isMasked(conversation.handle)
    ? <ShowPeople>Show people to open the conversation</ShowPeople>
    : <Link to="/conversation" search={{ line: conversation.line, peer: conversation.handle }}>Open the conversation</Link>
}
