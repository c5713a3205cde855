/** A folder for what the test files of one run share, and what is left of it ended and deleted afterwards. */
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    /** Empty at first. Every user of the machine can get to it, whatever folder is private. */
    readonly folder: string
  }
}

const others = 0o001

const reachable = (folder: string): boolean =>
  (Fs.statSync(folder).mode & others) !== 0 && (Path.dirname(folder) === folder || reachable(Path.dirname(folder)))

/** More bytes than the tests write at one time. */
const mostWritten = 6 * 1024 ** 3

/** Whether a folder is there, has room for what a run writes, and allows programs to run from it. */
const isFit = (folder: string): boolean => {
  try {
    const { bavail, bsize } = Fs.statfsSync(folder)
    if (Math.min(bavail * bsize, Os.freemem()) < mostWritten) return false
    const script = Path.join(Fs.mkdtempSync(Path.join(folder, "interline-run-")), "script")
    try {
      Fs.writeFileSync(script, "#!/bin/sh\n", { mode: 0o755 })
      return ChildProcess.spawnSync(script).status === 0
    } finally {
      Fs.rmSync(Path.dirname(script), { recursive: true })
    }
  } catch {
    return false
  }
}

// Linux keeps this one in memory. To make a PostgreSQL database is to make hundreds of files, which a disk does much slower.
const memory = "/dev/shm"

// root's TMPDIR may be in its home, where the user that a server runs as cannot go
const parent = (): string => {
  const usual = Fs.realpathSync(Os.tmpdir())
  const folders = isFit(memory) ? [memory, usual] : [usual]
  return process.getuid?.() === 0
    ? [...folders, "/tmp", "/var/tmp"].find((folder) => Fs.existsSync(folder) && reachable(Fs.realpathSync(folder))) ?? usual
    : folders[0] ?? usual
}

/** Kills a server that its test file could not stop, because the process of the file was killed. */
const end = (folder: string) => {
  const file = Path.join(folder, "postmaster.pid")
  if (!Fs.existsSync(file)) return
  const pid = Number.parseInt(Fs.readFileSync(file, "utf8"), 10)
  try {
    if (pid > 0) process.kill(pid, "SIGQUIT")
  } catch {
    // it has ended by itself
  }
}

export default ({ provide }: TestProject) => {
  const folder = Fs.mkdtempSync(Path.join(parent(), "interline-run-"))
  // `umask 077` must not lock the server's user out
  Fs.chmodSync(folder, 0o755)
  // what the tests make is in it too
  process.env["TMPDIR"] = folder
  provide("folder", folder)
  return () => {
    for (const name of Fs.readdirSync(folder)) end(Path.join(folder, name))
    Fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
