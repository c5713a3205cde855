/** Linq's closed lists (@linqapp/sdk 0.28.2, read 2026-11-21). */

/** File extensions that a media URL may have, and the type Linq infers. */
export const mediaTypes: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  heic: "image/heic",
  heif: "image/heif",
  tif: "image/tiff",
  tiff: "image/tiff",
  bmp: "image/bmp",
  mp4: "video/mp4",
  mov: "video/quicktime",
  m4v: "video/x-m4v",
  mpeg: "video/mpeg",
  mpg: "video/mpeg",
  "3gp": "video/3gpp",
  m4a: "audio/x-m4a",
  mp3: "audio/mpeg",
  aac: "audio/aac",
  caf: "audio/x-caf",
  wav: "audio/x-wav",
  aiff: "audio/x-aiff",
  amr: "audio/amr",
  pdf: "application/pdf",
  txt: "text/plain",
  rtf: "text/rtf",
  csv: "text/csv",
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xls: "application/vnd.ms-excel",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  ppt: "application/vnd.ms-powerpoint",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  pages: "application/x-iwork-pages-sffpages",
  numbers: "application/x-iwork-numbers-sffnumbers",
  key: "application/x-iwork-keynote-sffkey",
  epub: "application/epub+zip",
  zip: "application/zip",
  html: "text/html",
  htm: "text/html",
  vcf: "text/vcard",
  ics: "text/calendar"
}

export const voiceMemoExtensions = ["mp3", "m4a", "aac", "caf", "wav", "aiff", "amr"]

/** What an upload may declare. */
export const contentTypes: ReadonlySet<string> = new Set([
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/heic",
  "image/heif",
  "image/tiff",
  "image/bmp",
  "image/svg+xml",
  "image/webp",
  "image/x-icon",
  "video/mp4",
  "video/quicktime",
  "video/mpeg",
  "video/mpeg2",
  "video/x-m4v",
  "video/x-msvideo",
  "video/3gpp",
  "audio/mpeg",
  "audio/mp3",
  "audio/x-m4a",
  "audio/mp4",
  "audio/x-caf",
  "audio/x-wav",
  "audio/x-aiff",
  "audio/aiff",
  "audio/aac",
  "audio/midi",
  "audio/amr",
  "application/pdf",
  "text/plain",
  "text/markdown",
  "text/vcard",
  "text/rtf",
  "text/csv",
  "text/html",
  "text/calendar",
  "application/msword",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  "application/vnd.ms-excel",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  "application/vnd.ms-powerpoint",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  "application/x-iwork-pages-sffpages",
  "application/x-iwork-numbers-sffnumbers",
  "application/x-iwork-keynote-sffkey",
  "application/epub+zip",
  "text/xml",
  "application/json",
  "application/zip",
  "application/x-gzip"
])

export const services = ["iMessage", "SMS", "RCS"] as const

export const styles: ReadonlySet<string> = new Set(["bold", "italic", "strikethrough", "underline"])

export const animations: ReadonlySet<string> = new Set([
  "big",
  "small",
  "shake",
  "nod",
  "explode",
  "ripple",
  "bloom",
  "jitter"
])

export const reactions: ReadonlySet<string> = new Set([
  "love",
  "like",
  "dislike",
  "laugh",
  "emphasize",
  "question",
  "custom"
])

export const webhookEvents: ReadonlyArray<string> = [
  "message.sent",
  "message.received",
  "message.read",
  "message.delivered",
  "message.failed",
  "message.edited",
  "reaction.added",
  "reaction.removed",
  "participant.added",
  "participant.removed",
  "chat.created",
  "chat.group_name_updated",
  "chat.group_icon_updated",
  "chat.group_name_update_failed",
  "chat.group_icon_update_failed",
  "chat.typing_indicator.started",
  "chat.typing_indicator.stopped",
  "phone_number.status_updated",
  "call.initiated",
  "call.ringing",
  "call.answered",
  "call.ended",
  "call.failed",
  "call.declined",
  "call.no_answer",
  "location.sharing.started",
  "location.sharing.stopped"
]

/** Texts that opt a person out when they are the whole message, in any case. */
export const optOutWords: ReadonlySet<string> = new Set([
  "STOP",
  "UNSUBSCRIBE",
  "OPTOUT",
  "OPT OUT",
  "OPT-OUT",
  "CANCEL",
  "END",
  "QUIT"
])
