// Runs before a process: its clock is two minutes behind.
import { shift } from "./shift.mjs"

shift(-120_000)
