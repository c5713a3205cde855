/** What Linq can do: features, limits and operations. */

import { anyService, type Capabilities, everywhere } from "@interline/core/Capabilities"
import { limits } from "./convert/lowerDraft.ts"

const native = everywhere("native")
const unsupported = everywhere("unsupported")
const directOnly = { direct: "native", group: "unsupported" } as const
const groupOnly = { direct: "unsupported", group: "native" } as const
const iMessageOnly = { iMessage: "native", RCS: "unsupported", SMS: "unsupported" } as const

const noReport = "Linq has no report of the people who are new to a line (linq-go 0.38.3 and @linqapp/sdk 0.28.2, read 2026-11)"
const noGroupTyping = "Linq refuses it there (@linqapp/sdk 0.28.2, read 2026-11; later releases allow it)"

// Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21. Typing in groups is refused there (403); later releases allow it
export const capabilities: Capabilities = {
  operations: {
    send: native,
    sendVoiceMemo: native,
    // Linq's Go client 0.38.3, read 2026-11: iMessage only. A chat's service is Linq's to know
    sendPoll: native,
    getPoll: native,
    addPollOptions: native,
    voteInPoll: native,
    getMessage: native,
    listMessages: native,
    listThread: native,
    deleteRecord: native,
    edit: native,
    react: native,
    unreact: native,
    moveSticker: native,
    listChats: native,
    getChat: native,
    updateChat: groupOnly,
    markRead: native,
    leaveChat: groupOnly,
    shareContactCard: native,
    // Linq's Go client of September 2026, read 2026-11: only in direct chats by iMessage. A chat's service is Linq's to know
    requestLocation: directOnly,
    getLocations: native,
    stopLocation: native,
    addParticipant: groupOnly,
    removeParticipant: groupOnly,
    startTyping: directOnly,
    stopTyping: directOnly,
    uploadAttachment: native,
    getAttachment: native,
    deleteAttachment: native,
    lookupService: native,
    listLines: native,
    listLineUsage: unsupported,
    getContactStatus: unsupported,
    setForwarding: native,
    getContactCard: native,
    setContactCard: native,
    setOptOut: unsupported,
    listBlocked: native,
    block: native,
    unblock: native,
    listWebhooks: native,
    createWebhook: native,
    updateWebhook: native,
    deleteWebhook: native
  },
  features: {
    text: anyService("native"),
    media: anyService("native"),
    attachment: anyService("native"),
    link: { iMessage: "native", RCS: "native", SMS: "unsupported" },
    effect: iMessageOnly,
    decorations: iMessageOnly,
    // in groups only; linq-go 0.38.3, read 2026-11
    mentions: iMessageOnly,
    // linq-node 0.58 to 0.69, read 2026-11
    sticker: iMessageOnly,
    reply: iMessageOnly,
    multipart: anyService("native"),
    preferredService: anyService("native")
  },
  effects: {
    confetti: "native",
    fireworks: "native",
    lasers: "native",
    sparkles: "native",
    celebration: "native",
    hearts: "native",
    love: "native",
    balloons: "native",
    happy_birthday: "native",
    echo: "native",
    spotlight: "native",
    shooting_star: "unsupported",
    slam: "native",
    loud: "native",
    gentle: "native",
    invisible: "native"
  },
  reactions: { love: "native", like: "native", dislike: "native", laugh: "native", emphasize: "native", question: "native" },
  emojiReactions: "native",
  stickerReactions: "native",
  idempotent: true,
  // linq-go 0.38.3, read 2026-11-29: any later message that is no keyword lifts the opt-out, in any conversation with the account
  liftsOptOuts: true,
  limits,
  reasons: {
    requestLocation: "Linq refuses it there (409 with code 2016; linq-go 0.38.3, read 2026-11)",
    startTyping: noGroupTyping,
    stopTyping: noGroupTyping,
    listLineUsage: noReport,
    getContactStatus: noReport,
    setOptOut: "at Linq only the words of the person opt them out or in; its clients have no request for it (linq-go 0.38.3, read 2026-11)"
  }
}
