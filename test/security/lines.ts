/** The threat model, line by line. */
import type { Line } from "./line.ts"
import { webhooks } from "./webhooks.ts"

export const lines: ReadonlyArray<Line> = [...webhooks]
