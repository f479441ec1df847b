import { lockDirectory } from '../directory-lock.ts'
import type { Backend } from './backend.ts'
import { openEngine } from './memory/engine.ts'
import { Journal } from './memory/journal.ts'

/** Ten sweeps see every key with a deadline: what has expired is out of memory after about a second. */
const SWEEP_EVERY_MS = 100
/** A kill loses at most what came after the last flush. */
const FLUSH_EVERY_MS = 250

interface MemoryOptions {
  /** Where the data survives the process; without it nothing does. */
  readonly dir?: string
  readonly log: (line: string) => void
}

/**
 * Opens Redis' commands inside this process.
 * @throws {Error} when another process uses the directory, or its journal cannot be read.
 */
export async function openMemory({ dir, log }: MemoryOptions): Promise<Backend> {
  const unlock = dir === undefined ? undefined : await lockDirectory(dir)
  const engine = await openEngine({ log })
  engine.tick()
  let journal: Journal | undefined
  try {
    if (dir !== undefined) journal = await Journal.open(dir, engine.keys)
  } catch (error) {
    engine.close()
    await unlock?.()
    throw error
  }
  const sweeping = setInterval(() => {
    engine.tick()
    engine.keys.sweep()
  }, SWEEP_EVERY_MS)
  const flushing = setInterval(() => {
    engine.tick()
    journal?.flush().catch((error: unknown) => log(`the journal could not be written: ${String(error)}`))
  }, FLUSH_EVERY_MS)
  let closing: Promise<void> | undefined

  async function shut(): Promise<void> {
    clearInterval(sweeping)
    clearInterval(flushing)
    try {
      await journal?.close()
    } finally {
      engine.close()
      await unlock?.()
    }
  }

  return {
    kind: 'memory',
    run: (command) => engine.run(command),
    transaction: (commands) => engine.transaction(commands),
    close() {
      closing ??= shut()
      return closing
    },
  }
}
