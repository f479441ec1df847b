import { randomUUID } from 'node:crypto'
import { link, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readIfThere } from './files.ts'
import { isAlive, readStart } from './processes.ts'

const FILE = 'lock.json'

/** Who holds a directory. */
interface Holder {
  readonly pid: number
  /** Tells a process from a later one with the same pid; empty where the system does not say. */
  readonly started: string
  /** Tells apart two locks of one process. */
  readonly id: string
}

/** As JSON.stringify writes it. */
const HOLDER = /^\{"pid":(\d+),"started":"(\w*)","id":"([\w-]+)"\}$/

/** Locks held by this process: a lock of our own pid that is not among them was left by a forerunner. */
const held = new Set<string>()

/** A takeover is a matter of microseconds; one that lasts longer than this died in the middle. */
const TAKEOVER_TIMEOUT_MS = 2_000

/**
 * Makes the directory if need be and takes it for this process. A lock whose process has ended is taken over.
 * @returns what gives the directory back; idempotent.
 * @throws {Error} naming the pid when a living process holds it.
 */
export async function lockDirectory(dir: string): Promise<() => Promise<void>> {
  await mkdir(dir, { recursive: true })
  const path = join(dir, FILE)
  const mine: Holder = { pid: process.pid, started: await readStart(process.pid), id: randomUUID() }
  const draft = `${path}.${mine.id}`
  await writeFile(draft, JSON.stringify(mine))
  held.add(mine.id)
  try {
    // A link is made whole or not at all: nobody ever reads half a lock, and only one can win.
    while (!(await tryLink(draft, path))) await removeStale(path, draft)
  } catch (error) {
    held.delete(mine.id)
    throw error
  } finally {
    await rm(draft, { force: true })
  }
  return async () => {
    if (!held.has(mine.id)) return
    await rm(path, { force: true })
    held.delete(mine.id)
  }
}

/**
 * Removes a lock that nobody alive holds. Of several who find it, the one with the ticket removes it, and only after
 * another look: else a slow one would remove the lock that a quick one has made in the meantime.
 * @throws {Error} when somebody does hold it.
 */
async function removeStale(path: string, draft: string): Promise<void> {
  const found = await readHolder(path)
  if (!found) return
  if (await isHeld(found)) {
    throw new Error(`${dirname(path)} is in use by the process with pid ${found.pid} (its lock is ${path})`)
  }
  const ticket = `${path}.${found.id}.takeover`
  const deadline = Date.now() + TAKEOVER_TIMEOUT_MS
  while (!(await tryLink(draft, ticket))) {
    if (Date.now() > deadline)
      throw new Error(`a takeover of ${dirname(path)} was interrupted: delete ${ticket}`)
    await sleep(10)
  }
  try {
    if ((await readHolder(path))?.id === found.id) await rm(path)
  } finally {
    await rm(ticket)
  }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Undefined when there is no lock (any more). @throws {Error} when the file is something else. */
async function readHolder(path: string): Promise<Holder | undefined> {
  const text = await readIfThere(path)
  if (text === undefined) return undefined
  const [, pid, started, id] = HOLDER.exec(text) ?? []
  if (id === undefined) throw new Error(`${path} is no lock file: delete it if nobody uses the directory`)
  return { pid: Number(pid), started: started ?? '', id }
}

async function isHeld({ pid, started, id }: Holder): Promise<boolean> {
  if (pid === process.pid) return held.has(id)
  return isAlive(pid) && (await readStart(pid)) === started
}
