import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as ConsentWords from "../src/language/ConsentWords.ts"

const { read } = ConsentWords

describe("the tables", () => {
  it("hold the words that the lists have", () => {
    expect(ConsentWords.optOutWords).toEqual([
      "stop",
      "stop all",
      "unsubscribe",
      "cancel",
      "end",
      "quit",
      "revoke",
      "opt out",
      "remove",
      "arret",
      "td"
    ])
    expect(ConsentWords.optInWords).toEqual(["start", "unstop", "opt in"])
    expect(ConsentWords.helpWords).toEqual(["help", "info"])
  })

  it("are read in texts up to 1,000 units", () => {
    expect(read(`STOP${" ".repeat(996)}`)).toBe("opt-out")
    expect(read(`STOP${" ".repeat(997)}`)).toBeUndefined()
  })
})

describe("a person opts out", () => {
  it.each([
    ...[
      "Stop\nInviato da iPhone",
      "stop\nInviato dal mio Galaxy",
      "STOP\nVerzonden vanaf mijn iPhone",
      "STOP\nVerstuurd vanaf mijn iPad",
      "stop\nGesendet von meinem Galaxy",
      "stop\nGesendet mit der Mail-App"
    ],
    ...[
      "stop\u2028Sent from my iPhone",
      "stop\u2029Sent via Mail",
      "stop\u0085Sent using Mail",
      "stop\rSent with Mail",
      "stop\nEnviado do meu iPhone",
      "stop\nEnvoyé à partir de Mail"
    ],
    ...ConsentWords.optOutWords,
    ...["STOP", "Stop.", "  stop\n", "STOPALL", "stop-all", "OPTOUT", "Opt-Out", "opt_out", "REVOKE", "ARRÊT", "ARRE\u0302T"],
    ...["*STOP*", "\"STOP!\"", "“Stop”", "(stop)", "#stop", "S.T.O.P.", "Cancel?", "STOP STOP STOP", "stop!stop!"],
    ...["STOP 🛑", "🚫STOP🚫", "STOP👍🏽", "STOP\ufe0f", "STOP\u200b", "\u200eSTOP", "S\u00adT\u2060OP", "\ufeffSTOP\u3164", "STOP\u20e0"],
    ...[
      "ＳＴＯＰ",
      "𝐒𝐓𝐎𝐏",
      "Ⓢⓣⓞⓟ",
      "ŞTÖP",
      "STOP\u3000ALL",
      "𝓢𝓽𝓸𝓹",
      "𝚂𝚃𝙾𝙿",
      "𝖲𝖳𝖮𝖯",
      "⒮⒯⒪⒫",
      "ˢᵗᵒᵖ",
      "ﬆop",
      "🅂🅃🄾🄿",
      "S\u0489T\u0489O\u0489P",
      "s\u0336t\u0336o\u0336p"
    ],
    ...["ꜱᴛᴏᴘ", "ꜱᴛᴏᴘ ᴀʟʟ", "ᴜɴꜱᴜʙꜱᴄʀɪʙᴇ", "ᴄᴀɴᴄᴇʟ", "ꞯᴜɪᴛ!", "ʀᴇᴠᴏᴋᴇ", "🆂🆃🅾🅿", "🅢🅣🅞🅟", "🆁🅴🅼🅾🆅🅴", "STOP 🅿\ufe0f", "STOP 🇦🇹"],
    ...[
      "stop thanks",
      "Stop, thank you!",
      "STOP - thx",
      "stop please",
      "STOP PLEASE THANKS",
      "stop all pls",
      "unsubscribe plz",
      "opt-out, thank u",
      "STOP STOP please"
    ],
    ...[
      "STOP - Ann",
      "Stop – Ann Example",
      "stop — José",
      "Stop—Zoë",
      "Stop, thanks! - Ann",
      "stop\n- Ann",
      "unsubscribe -- Ann Q. O’Hara.",
      "Opt out ~ Ann",
      "STOP all - Ann Mary Lee"
    ],
    ...["🛑", "🛑🛑🛑", "🛑!", " 🛑\ufe0f\n", "🛑?", "🛑 🛑", "🛑\nSent from my iPhone"],
    ...["stop.\nSent from my iPhone", "STOP\r\n\r\nSent from my Galaxy S24", "Stop\n-- \nAna Example", "stop sent from my iPhone"],
    ...[
      "Stop\n\nEnvoyé de mon iPhone",
      "stop\nEnviado desde mi iPhone",
      "STOP\nGet Outlook for iOS",
      "stop\n\n\niPhoneから送信",
      "-- \nSTOP",
      "\nSTOP\nVon meinem iPhone gesendet"
    ]
  ])("%j", (text) => {
    expect(read(text)).toBe("opt-out")
  })
})

describe("a text stays a message", () => {
  it.each([
    ...["🛑😂", "🛑✋", "🛑 12", "✋", "🚫", "⛔", "🔚", "🔕", "🙅", "🇹🇩", "🇹🇩🇹🇩", "🅿\ufe0f"],
    ...[
      "stop by at 5",
      "stop by at 5, thanks",
      "don't stop thanks",
      "end of story",
      "end, thanks",
      "cancel please",
      "cancel, thanks",
      "quit thanks",
      "remove please"
    ],
    ...[
      "Cancel - Ann",
      "End - Ann",
      "stop - wait",
      "STOP - WAIT",
      "STOP - OK",
      "stop - ann",
      "STOP - 5",
      "Stop, Ann!",
      "Stop Ann",
      "stop Ty",
      "Stop-Ann",
      "stop it - Ann",
      "- Ann",
      "Stop - Ann is driving me mad"
    ],
    ...[
      "stop it thanks",
      "nonstop thanks",
      "thanks",
      "please",
      "Thanks - Ann",
      "stop thanksgiving",
      "start please",
      "start thanks",
      "START - Ann",
      "help please"
    ],
    ...[
      "",
      " ",
      "…",
      "\u200b",
      "STOP 12345",
      "STOP 1️⃣",
      "stop2",
      "please stop by at noon",
      "stop it",
      "don't stop",
      "the end",
      "the end."
    ],
    ...[
      "weekend",
      "endstop",
      "stopstart",
      "can cel me",
      "Loved “STOP”",
      "Liked \"stop\"",
      "nonstop",
      "I quit my job",
      "quit\nplease call me"
    ],
    ...["Start?", "START\u061f", "restart", "let us start", "yes", "Sent from my iPhone", "stop\nby at noon\nSent from my iPhone"],
    ...["ALTO", "PARAR", "STOPP", `STOP${" ".repeat(2_000)}`]
  ])("%j", (text) => {
    expect(read(text)).toBeUndefined()
  })
})

describe("a person opts in", () => {
  it.each([
    ...ConsentWords.optInWords,
    "Start.",
    "START!",
    "opt in",
    "OPT-IN",
    "optin",
    "UNSTOP",
    "start 👍",
    "start\nSent from my iPhone"
  ])("%j", (text) => {
    expect(read(text)).toBe("opt-in")
  })
})

describe("a person asks for help", () => {
  it.each(["HELP", "help?", "Info", " info! "])("%j", (text) => {
    expect(read(text)).toBe("help")
  })
})

describe("words of one's own", () => {
  const own = ConsentWords.make({ optOut: ["Alto", "parar", "Leave me alone!", "…", "बंद", "сто́п"], optIn: ["yes", "stop"] })

  it("are read as the others are, and leave those in force", () => {
    for (const text of ["ALTO", "alto!", "Párar", "leave  me alone", "leave-me-alone", "बंद", "СТОП", "stop"]) {
      expect([text, own(text)]).toEqual([text, "opt-out"])
    }
    expect(own("Yes!")).toBe("opt-in")
    expect(own("yes?")).toBeUndefined()
  })

  it("are nothing where no letter is left of them", () => {
    for (const text of ["…", "!", "", "leave me alone please", "बद"]) expect([text, own(text)]).toEqual([text, undefined])
  })
})

describe("a phrase opts out", () => {
  it.each([...ConsentWords.optOutPhrases])("%j", (phrase) => {
    for (const text of [phrase, phrase.toUpperCase(), `${phrase}!`, `Please ${phrase}.`, `${phrase}, thanks`, `${phrase} - Ann`]) {
      expect([text, read(text)]).toEqual([text, "opt-out"])
    }
  })

  it.each([
    ...["Unsubscribe me", "Opt-out now", "Stop/Cancel", "STOP / UNSUBSCRIBE", "stop, quit", "STOP TEXT", "I revoke my consent."],
    ...["please stop", "pls stop", "thanks, stop", "Thank you. STOP", "Please unsubscribe", "please stop, thanks", "Please stop - Ann"]
  ])("%j", (text) => {
    expect(read(text)).toBe("opt-out")
  })

  it("unless there is more to it", () => {
    const before = ["don't", "never", "why", "they told me:", "I won't say", "5", "Ann said", "nonstop", "start"]
    const after = [
      "by at 5",
      "the car",
      "from the guest list of Saturday",
      "until Monday",
      "12345",
      "Ann",
      "or not",
      "if it rains",
      "start"
    ]
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom(...ConsentWords.optOutPhrases, "please stop", "stop, thanks", "stop cancel"),
        FastCheck.option(FastCheck.constantFrom(...before), { nil: "" }),
        FastCheck.option(FastCheck.constantFrom(...after), { nil: "" }),
        (phrase, before, after) => {
          if (before === "" && after === "") return
          const text = `${before} ${phrase} ${after}`
          expect([text, read(text)]).toEqual([text, undefined])
        }
      )
    )
  })

  it("unless a word of it is another one", () => {
    const one = FastCheck.constantFrom("car", "it", "party", "bus", "him", "noise", "by", "tomorrow")
    FastCheck.assert(
      FastCheck.property(FastCheck.constantFrom(...ConsentWords.optOutPhrases), FastCheck.nat(), one, (phrase, position, word) => {
        const words = phrase.split(" ")
        words[position % words.length] = word
        const text = words.join(" ")
        expect([text, read(text)]).toEqual([text, undefined])
      })
    )
  })

  it.each([
    ...["remove me from the guest list of Saturday", "remove me from the list", "please stop the car", "stop it", "cancel now", "end now"],
    ...[
      "please cancel",
      "thanks, end",
      "please remove",
      "cancel/end",
      "endstop",
      "stopstart",
      "please start",
      "stop texting Ann",
      "reply end"
    ],
    ...["please", "please thanks", "I revoke", "consent", "stop to", "stop me", "don't text me at night", "stop messaging and call me"]
  ])("%j is a message", (text) => {
    expect(read(text)).toBeUndefined()
  })
})

describe("letters that look like ours", () => {
  it.each(["ЅТОР", "SТОР", "ѕтор!", "STΟP", "SΤΟΡ", "ΕΝD", "еnd", "сancel", "ԛuіt", "rеvоkе", "SТОР\nSent from my iPhone", "STOP SТОP"])(
    "%j opts out",
    (text) => {
      expect(read(text)).toBe("opt-out")
    }
  )

  it("are read in any mixture", () => {
    const letter = { s: "sSѕЅ", t: "tTтТτΤ", o: "oOоОοΟ", p: "pPрРρΡ" }
    const letters = [letter.s, letter.t, letter.o, letter.p].map((some) => FastCheck.constantFrom(...some))
    FastCheck.assert(FastCheck.property(FastCheck.tuple(...letters), (word) => {
      expect([word, read(word.join(""))]).toEqual([word, "opt-out"])
    }))
  })

  it.each(["стоп", "стор", "сто", "тор", "ЅТОР 5", "не стоп", "SТАRТ", "HЕLP", "Στοπ", "ένα", "τέλος", "конец", "СТОР"])(
    "%j is a message",
    (text) => {
      expect(read(text)).toBeUndefined()
    }
  )
})

describe("a quoted mail below the word does not count", () => {
  it.each([
    "STOP\n\nOn Mon, Nov 23, 2026 at 10:00 AM Ann Example <ann@example.com> wrote:\n> Hello\n> there",
    "STOP\n\nOn Mon, Nov 23, 2026 at 10:00 AM Ann Example\n<ann@example.com> wrote:\n\nHello",
    "Unsubscribe\r\n> We have news",
    "Please stop\n-----Original Message-----\nFrom: Ann",
    "stop\nAm 23.11.2026 um 10:00 schrieb Ann <ann@example.com>:\n> Hallo",
    "stop\nLe lun. 23 nov. 2026 à 10:00, Ann a écrit :\n> Salut",
    "stop\nEl lun, 23 nov 2026 a las 10:00, Ann escribió:\n> Hola",
    `STOP\n> ${"news ".repeat(1_000)}`,
    "STOP - Ann\n> news",
    "STOP - Ann\nSent from my iPhone",
    "> STOP"
  ])("%j", (text) => {
    expect(read(text)).toBe("opt-out")
  })

  it.each([
    "> We have news\nfine",
    "see you\n> STOP",
    "On Monday Ann wrote:\nstop by",
    "STOP\nOn Monday I can come",
    "stop\nat 5 > 4",
    `STOP ${"x".repeat(1_000)}`
  ])("%j is a message", (text) => {
    expect(read(text)).toBeUndefined()
  })
})

it("reads the same with whatever trifles people and programs put around a word", () => {
  const trifle = FastCheck.constantFrom(
    " ",
    ".",
    "!",
    "*",
    "\"",
    "“",
    "”",
    "\n",
    "\u200b",
    "\u200e",
    "\ufe0f",
    "\u00a0",
    "🛑",
    "🙏🏽",
    "’",
    "-",
    "\u0301",
    "\ufffc"
  )
  const around = FastCheck.array(trifle, { maxLength: 6 }).map((trifles) => trifles.join(""))
  const word = FastCheck.constantFrom(...ConsentWords.optOutWords, ...ConsentWords.optInWords)
  FastCheck.assert(FastCheck.property(around, word, around, FastCheck.boolean(), (before, word, after, loud) => {
    expect(read(`${before}${loud ? word.toUpperCase() : word}${after}`)).toBe(read(word))
  }))
})

it("ends in time on any text", () => {
  FastCheck.assert(FastCheck.property(FastCheck.fullUnicodeString({ maxLength: 1_000 }), (text) => {
    expect(["opt-out", "opt-in", "help", undefined]).toContain(read(text))
  }))
  for (const text of ["sent ".repeat(200), " - ".repeat(333), "—".repeat(1_000), "\n".repeat(1_000), "i".repeat(999)]) {
    expect(read(text)).toBeUndefined()
  }
})

it("reads small capitals, and white letters in black circles and squares, as the letters they are", () => {
  const alphabet = "abcdefghijklmnopqrstuvwxyz"
  expect(ConsentWords.normalize("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ")).toBe(alphabet.replace("x", ""))
  for (const first of [0x1f130, 0x1f150, 0x1f170]) {
    expect(ConsentWords.normalize(Array.from(alphabet, (_, index) => String.fromCodePoint(first + index)).join(""))).toBe(alphabet)
  }
})
