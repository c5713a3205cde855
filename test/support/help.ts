/** What the command line prints for help, without a process of its own. */
import { vi } from "vitest"

export const help = async (words: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const { argv } = process
  const pieces: Array<string> = []
  const write = vi.spyOn(process.stdout, "write").mockImplementation((piece) => pieces.push(String(piece)) > 0)
  // it waits for the end of its reader, once for each page
  const on = vi.spyOn(process.stdout, "on").mockReturnThis()
  try {
    process.argv = [...argv.slice(0, 1), "interline", ...words, "--help"]
    vi.resetModules()
    await import("@interline/cli/main")
    return pieces.join("").trimEnd().split("\n")
  } finally {
    process.argv = argv
    write.mockRestore()
    on.mockRestore()
  }
}
