/** Leads to the conversation with a person. A masked number names nobody, so then it says how to get there. */
import { Link } from "@tanstack/react-router"
import type { Conversation } from "../api/wire.ts"
import { isMasked } from "./words.ts"

export const ConversationLink = ({ conversation }: { readonly conversation: Conversation }) => {
  if (conversation._tag !== "Direct") return null
  return isMasked(conversation.handle)
    ? <span className="faint" title="Turn on Show people to open the conversation.">(hidden)</span>
    : <Link to="/conversation" search={{ line: conversation.line, peer: conversation.handle }}>Open the conversation</Link>
}
