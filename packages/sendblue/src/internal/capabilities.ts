import type { Capabilities } from "@interline/core/Capabilities"
import * as Support from "@interline/core/Capabilities"
import { MessageEffect } from "@interline/core/MessageEffect"
import * as Schema from "effect/Schema"
import * as Words from "../SendblueWords.ts"
import * as Lower from "./lower.ts"

const native = Support.everywhere("native")
const emulated = Support.everywhere("emulated")
const unsupported = Support.everywhere("unsupported")
const directOnly = { direct: "native", group: "unsupported" } as const
const groupOnly = { direct: "unsupported", group: "native" } as const
const iMessageOnly = { iMessage: "native", RCS: "unsupported", SMS: "unsupported" } as const

// every effect of the union is a key of the table, so this decodes
const effects = Schema.decodeUnknownSync(Schema.Record({ key: MessageEffect, value: Support.Support }))(
  Object.fromEntries(Object.entries(Words.effectToStyle).map(([effect, { support }]) => [effect, support]))
)

// Sendblue docs and the sendblue 3.17.0 client, read 2026-11-21
export const capabilities: Capabilities = {
  operations: {
    send: native,
    sendVoiceMemo: emulated,
    getMessage: native,
    listMessages: native,
    listThread: unsupported,
    deleteRecord: native,
    edit: unsupported,
    react: directOnly,
    unreact: directOnly,
    listChats: unsupported,
    getChat: groupOnly,
    updateChat: groupOnly,
    markRead: directOnly,
    leaveChat: unsupported,
    shareContactCard: unsupported,
    addParticipant: groupOnly,
    removeParticipant: groupOnly,
    startTyping: directOnly,
    stopTyping: directOnly,
    uploadAttachment: native,
    getAttachment: unsupported,
    deleteAttachment: unsupported,
    lookupService: native,
    listLines: native,
    setForwarding: native,
    getContactCard: unsupported,
    setContactCard: unsupported,
    setOptOut: native,
    listWebhooks: native,
    createWebhook: native,
    updateWebhook: emulated,
    deleteWebhook: native
  },
  features: {
    text: Support.anyService("native"),
    media: Support.anyService("native"),
    attachment: Support.anyService("native"),
    link: Support.anyService("emulated"),
    effect: iMessageOnly,
    decorations: Support.anyService("unsupported"),
    reply: iMessageOnly,
    multipart: Support.anyService("emulated"),
    preferredService: Support.anyService("unsupported")
  },
  effects,
  reactions: {
    love: "native",
    like: "native",
    dislike: "native",
    laugh: "native",
    emphasize: "native",
    question: "native"
  },
  emojiReactions: "native",
  idempotent: false,
  limits: {
    textLength: Lower.maxTextLength,
    recipients: Lower.maxRecipients,
    attachmentBytes: Lower.maxUploadBytes,
    voiceMemoFormats: ["caf"]
  }
}
