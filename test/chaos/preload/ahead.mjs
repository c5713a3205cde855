// Runs before a process: its clock is two minutes ahead.
import { shift } from "./shift.mjs"

shift(120_000)
