/** Finds the media type of a file if its sender does not name it. */
import type { Upload } from "@interline/core/Attachment"

// By the ending of the name: the types that a phone shows or plays. Where Linq has a word of its own, it is Linq's (docs, read 2026-11)
const byExtension: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  heic: "image/heic",
  heif: "image/heif",
  tif: "image/tiff",
  tiff: "image/tiff",
  bmp: "image/bmp",
  webp: "image/webp",
  ico: "image/x-icon",
  mp4: "video/mp4",
  m4v: "video/x-m4v",
  mov: "video/quicktime",
  mpg: "video/mpeg",
  mpeg: "video/mpeg",
  avi: "video/x-msvideo",
  "3gp": "video/3gpp",
  mp3: "audio/mpeg",
  m4a: "audio/x-m4a",
  caf: "audio/x-caf",
  wav: "audio/x-wav",
  aif: "audio/x-aiff",
  aiff: "audio/x-aiff",
  aac: "audio/aac",
  mid: "audio/midi",
  midi: "audio/midi",
  amr: "audio/amr",
  pdf: "application/pdf",
  txt: "text/plain",
  md: "text/markdown",
  vcf: "text/vcard",
  rtf: "text/rtf",
  csv: "text/csv",
  html: "text/html",
  htm: "text/html",
  ics: "text/calendar",
  xml: "text/xml",
  json: "application/json",
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
  gz: "application/x-gzip"
}

// By the first bytes, in Latin 1, from a position on; the registries of the formats
const bySignature: ReadonlyArray<readonly [at: number, bytes: string, type: string]> = [
  [0, "\x89PNG\r\n\x1a\n", "image/png"],
  [0, "\xff\xd8\xff", "image/jpeg"],
  [0, "GIF8", "image/gif"],
  [0, "II*\0", "image/tiff"],
  [0, "MM\0*", "image/tiff"],
  [0, "BM", "image/bmp"],
  [8, "WEBP", "image/webp"],
  [8, "WAVE", "audio/x-wav"],
  [8, "AVI ", "video/x-msvideo"],
  [8, "AIFF", "audio/x-aiff"],
  [4, "ftypheic", "image/heic"],
  [4, "ftypheix", "image/heic"],
  [4, "ftypmif1", "image/heif"],
  [4, "ftypqt  ", "video/quicktime"],
  [4, "ftypM4A ", "audio/x-m4a"],
  [4, "ftypM4V ", "video/x-m4v"],
  [4, "ftyp3gp", "video/3gpp"],
  [4, "ftyp", "video/mp4"],
  [0, "caff", "audio/x-caf"],
  [0, "#!AMR", "audio/amr"],
  [0, "ID3", "audio/mpeg"],
  [0, "\xff\xfb", "audio/mpeg"],
  [0, "\xff\xf3", "audio/mpeg"],
  [0, "\xff\xf1", "audio/aac"],
  [0, "\xff\xf9", "audio/aac"],
  [0, "MThd", "audio/midi"],
  [0, "%PDF-", "application/pdf"],
  [0, "BEGIN:VCARD", "text/vcard"],
  [0, "BEGIN:VCALENDAR", "text/calendar"],
  [0, "{\\rtf", "text/rtf"],
  [0, "PK\x03\x04", "application/zip"],
  [0, "\x1f\x8b", "application/x-gzip"]
]

// the types that a program names if it does not know the type
const nothing: ReadonlySet<string> = new Set([
  "",
  "application/octet-stream",
  "binary/octet-stream",
  "application/x-binary",
  "application/unknown"
])

// other names of a type for which carriers know one name
const aliases: Readonly<Record<string, string>> = {
  "image/jpg": "image/jpeg",
  "image/pjpeg": "image/jpeg",
  "image/x-png": "image/png",
  "image/vnd.microsoft.icon": "image/x-icon",
  "audio/m4a": "audio/x-m4a",
  "audio/wav": "audio/x-wav",
  "audio/wave": "audio/x-wav",
  "audio/vnd.wave": "audio/x-wav",
  "text/x-vcard": "text/vcard",
  "application/rtf": "text/rtf",
  "application/xml": "text/xml",
  "application/gzip": "application/x-gzip"
}

const own = (table: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

const extensionOf = (fileName: string): string => fileName.slice(fileName.lastIndexOf(".") + 1).trim().toLowerCase()

/** By the ending of a name alone; undefined if the ending tells nothing. */
export const ofName = (fileName: string): string | undefined => own(byExtension, extensionOf(fileName))

/** By the type that is given, then by the name, then by the first bytes; else the given type. */
export const infer = ({ bytes, fileName, mimeType }: Upload): string => {
  const [said = ""] = mimeType.toLowerCase().split(";").map((each) => each.trim())
  if (!nothing.has(said)) return own(aliases, said) ?? said
  const start = Array.from(bytes.subarray(0, 16), (byte) => String.fromCharCode(byte)).join("")
  return ofName(fileName)
    ?? bySignature.find(([at, signature]) => start.startsWith(signature, at))?.[2]
    ?? (said === "" ? "application/octet-stream" : said)
}
