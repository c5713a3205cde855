/** Folders that several processes may make at once. */
import * as Fs from "node:fs"

/** Gives a folder its name when it is complete. Another test file may have been at it too, and may have been faster. */
export const rename = (mine: string, name: string): void => {
  try {
    Fs.renameSync(mine, name)
  } catch (error) {
    Fs.rmSync(mine, { recursive: true, force: true })
    if (!Fs.existsSync(name)) throw error
  }
}
