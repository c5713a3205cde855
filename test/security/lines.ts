/** The threat model, line by line. */
import { addresses } from "./addresses.ts"
import { bodies } from "./bodies.ts"
import { doors } from "./doors.ts"
import type { Line } from "./line.ts"
import { passing } from "./passing.ts"
import { sessions } from "./sessions.ts"
import { webhooks } from "./webhooks.ts"
import { words } from "./words.ts"

export const lines: ReadonlyArray<Line> = [...webhooks, ...doors, ...sessions, ...addresses, ...passing, ...bodies, ...words]
