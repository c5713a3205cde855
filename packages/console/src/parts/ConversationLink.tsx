/** Leads to the conversation with a person. A masked number names nobody, so then there is no link. */
import { Link } from "@tanstack/react-router"
import type { Conversation } from "../api/wire.ts"
import { isMasked } from "./words.ts"

export const ConversationLink = ({ conversation }: { readonly conversation: Conversation }) =>
  conversation._tag === "Direct" && !isMasked(conversation.handle)
    ? <Link to="/conversation" search={{ line: conversation.line, peer: conversation.handle }}>Open the conversation</Link>
    : null
