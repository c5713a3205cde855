/** What carriers say of our accounts, as the API shows it. */
import * as AccountNotice from "@interline/core/AccountNotice"
import type { MessagingService } from "@interline/core/MessagingService"
import { present } from "@interline/core/Optional"
import type { NoticeRecord } from "../ApiSchema.ts"

/** Adds our sentences, and our name of the number. */
export const show = ({ carriers }: Pick<MessagingService, "carriers">) => (notice: AccountNotice.AccountNotice): NoticeRecord => {
  const { carrierId, number, what } = notice
  const lines = carriers.find(({ id }) => id === carrierId)?.lines ?? []
  const line = Array.from(lines).find(([, own]) => own === number)?.[0]
  return { ...notice, ...present({ line }), ...AccountNotice.meaningOf(what) }
}
