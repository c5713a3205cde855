/** `interline conversations list`. */
import { Chat } from "@interline/core/Chat"
import * as MessageRef from "@interline/core/MessageRef"
import { present } from "@interline/core/Optional"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Connect from "../../gateway/connect.ts"
import * as Input from "../../gateway/input.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

const page = (chats: ReadonlyArray<Chat>, columns: number): string =>
  Table.toTable(
    ["chat", "people", "name", "service", "changed"],
    chats.map(({ name, participants, ref, service, updatedAt }) => [
      MessageRef.format(ref),
      participants.filter(({ isMine }) => !isMine).map(({ peer }) => peer).join(", "),
      name ?? "-",
      service?.raw ?? "-",
      updatedAt ?? "-"
    ]),
    "No chat matches.",
    columns
  )

export const command = MakeVerb.makeVerb("conversations list", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const filters = present({
      with: yield* Input.readOption(flags.with, Input.readPerson("with")),
      line: yield* Input.readOption(flags.line, Input.readLine)
    })
    const { ask, client } = yield* Connect.connect(flags)
    const limit = Option.getOrElse(flags.limit, () => 20)
    const pages = Output.readPages(limit, flags.cursor, (page) => ask(client.chats.listChats({ urlParams: { ...filters, ...page } })))
    yield* Output.printPages(flags, Chat, pages, page)
  })))
