/** What Sendblue can do: features, limits and operations. */

import { anyService, type Capabilities, everywhere } from "@interline/core/Capabilities"
import * as Record from "effect/Record"
import { limits } from "./convert/lowerDraft.ts"
import * as SendblueWords from "./wire/SendblueWords.ts"

const native = everywhere("native")
const emulated = everywhere("emulated")
const unsupported = everywhere("unsupported")
const directOnly = { direct: "native", group: "unsupported" } as const
const groupOnly = { direct: "unsupported", group: "native" } as const
const iMessageOnly = { iMessage: "native", RCS: "unsupported", SMS: "unsupported" } as const

const noPolls = "Sendblue has no polls (sendblue 3.17.0 and the changelog up to 3.23.1, read 2026-11)"
const noStoredFiles = "Sendblue has no request that reads or deletes a stored file (sendblue 3.17.0, read 2026-11)"
const noBlocks =
  "Sendblue's security page names `POST /api/v2/block`, and shows neither its body nor a list nor an end of a block (read 2026-11)"

// Sendblue docs and the sendblue 3.17.0 client, read 2026-11-21
export const capabilities: Capabilities = {
  operations: {
    send: native,
    sendVoiceMemo: emulated,
    sendPoll: unsupported,
    getPoll: unsupported,
    addPollOptions: unsupported,
    voteInPoll: unsupported,
    getMessage: native,
    listMessages: native,
    listThread: unsupported,
    deleteRecord: native,
    edit: unsupported,
    react: directOnly,
    unreact: directOnly,
    moveSticker: unsupported,
    listChats: unsupported,
    getChat: groupOnly,
    updateChat: groupOnly,
    markRead: directOnly,
    leaveChat: unsupported,
    shareContactCard: directOnly,
    // sendblue 3.17.0: a dedicated line asks one person by iMessage. It lists who shares with the line, not by group. Nothing ends a sharing
    requestLocation: directOnly,
    getLocations: { direct: "native", group: "emulated" },
    stopLocation: unsupported,
    addParticipant: groupOnly,
    removeParticipant: groupOnly,
    startTyping: directOnly,
    stopTyping: directOnly,
    uploadAttachment: native,
    getAttachment: unsupported,
    deleteAttachment: unsupported,
    lookupService: native,
    listLines: native,
    listLineUsage: native,
    getContactStatus: native,
    setForwarding: native,
    getContactCard: native,
    setContactCard: native,
    setOptOut: native,
    listBlocked: unsupported,
    block: unsupported,
    unblock: unsupported,
    listWebhooks: native,
    createWebhook: native,
    updateWebhook: emulated,
    deleteWebhook: native
  },
  features: {
    text: anyService("native"),
    media: anyService("native"),
    attachment: anyService("native"),
    link: anyService("emulated"),
    effect: iMessageOnly,
    decorations: anyService("unsupported"),
    mentions: anyService("unsupported"),
    sticker: anyService("unsupported"),
    reply: iMessageOnly,
    multipart: anyService("emulated"),
    preferredService: anyService("unsupported")
  },
  effects: Record.map(SendblueWords.effectToStyle, ({ support }) => support),
  reactions: { love: "native", like: "native", dislike: "native", laugh: "native", emphasize: "native", question: "native" },
  emojiReactions: "native",
  // nothing of the kind in the docs and in the sendblue 3.17.0 client, read 2026-11
  stickerReactions: "unsupported",
  idempotent: false,
  // two programs that use Sendblue name its page "limits" for this, and one of them the numbers (read 2026-11). The page itself was not read
  beforeReply: { messages: 6, textLength: 300, links: false, media: false },
  limits,
  reasons: {
    sendPoll: noPolls,
    getPoll: noPolls,
    addPollOptions: noPolls,
    voteInPoll: noPolls,
    listThread: "Sendblue lists no replies of a message (sendblue 3.17.0, read 2026-11)",
    edit: "Sendblue has no request that changes a message (sendblue 3.17.0, read 2026-11)",
    moveSticker: "Sendblue has no stickers (sendblue 3.17.0, read 2026-11)",
    listChats: "Sendblue lists neither chats nor groups (sendblue 3.17.0, read 2026-11)",
    leaveChat: "Sendblue has no request by which a line leaves a group (sendblue 3.17.0, read 2026-11)",
    shareContactCard: "Sendblue shares it in a direct conversation by iMessage only (its docs, and programs that use it, read 2026-11)",
    requestLocation: "at Sendblue a dedicated line asks one person (sendblue 3.17.0, read 2026-11)",
    stopLocation: "Sendblue has no request that ends a sharing (sendblue 3.17.0, read 2026-11)",
    getAttachment: noStoredFiles,
    deleteAttachment: noStoredFiles,
    listBlocked: noBlocks,
    block: noBlocks,
    unblock: noBlocks
  }
}
