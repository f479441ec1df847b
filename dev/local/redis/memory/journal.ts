import { type FileHandle, open, readFile, rename, rm, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ifThere } from '../../files.ts'
import type { Keyspace } from './keyspace.ts'
import { applyRecord, type JournalRecord, recordOf } from './record.ts'

const FILE = 'redis.jsonl'
const HEADER = `${JSON.stringify({ format: 'rockpool-redis', version: 1 })}\n`
/** Below this many bytes a rewrite is not worth it. */
const REWRITE_AT_LEAST = 4 * 1024 * 1024
/** Keys written between two looks at the event loop. */
const CHUNK = 1_000

/**
 * The keys on disk. Each line is one flush: a JSON array of the changed keys, each with its whole new state, so that
 * the last word about a key wins and a line that a kill tore off takes nothing but its own flush with it. The file is
 * rewritten, beside itself and then renamed over itself, when it has grown to several times its content.
 */
export class Journal {
  readonly #path: string
  readonly #keys: Keyspace
  #file: FileHandle
  #bytes: number
  #rewriteAt: number
  #flushing: Promise<void> | undefined

  /** Reads the journal of a directory into the keys and records their changes from then on. */
  static async open(dir: string, keys: Keyspace): Promise<Journal> {
    const path = join(dir, FILE)
    // What a rewrite that was killed has left behind.
    await rm(draftOf(path), { force: true })
    const bytes = await load(path, keys)
    keys.recordChanges()
    const file = await open(path, 'a')
    if (bytes === 0) await file.write(HEADER)
    return new Journal(path, keys, file, Math.max(bytes, HEADER.length))
  }

  private constructor(path: string, keys: Keyspace, file: FileHandle, bytes: number) {
    this.#path = path
    this.#keys = keys
    this.#file = file
    this.#bytes = bytes
    this.#rewriteAt = Math.max(REWRITE_AT_LEAST, 2 * bytes)
  }

  /** Writes what has changed since the last flush. One at a time: a second call joins the one under way. */
  flush(): Promise<void> {
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  /** Writes everything, down to the disk. */
  async close(): Promise<void> {
    await this.#flushing
    await this.flush()
    await this.#file.datasync()
    await this.#file.close()
  }

  async #write(): Promise<void> {
    try {
      if (this.#keys.hasChanged) this.#bytes += await append(this.#file, this.#changes())
      if (this.#bytes > this.#rewriteAt) await this.#rewrite()
    } catch (error) {
      // The file may end in half a line now, and the changes are out of the list: the next flush writes all anew.
      this.#rewriteAt = 0
      throw error
    }
  }

  #changes(): JournalRecord[] {
    return [...this.#keys.takeChanged()].map((key) => {
      const entry = this.#keys.entry(key)
      return entry ? recordOf(entry) : [key]
    })
  }

  async #rewrite(): Promise<void> {
    const draft = await open(draftOf(this.#path), 'w')
    try {
      let bytes = (await draft.write(HEADER)).bytesWritten
      let chunk: JournalRecord[] = []
      for (const entry of this.#keys.live()) {
        chunk.push(recordOf(entry))
        if (chunk.length < CHUNK) continue
        bytes += await append(draft, chunk)
        chunk = []
      }
      // Commands ran between the chunks. Their changes come last, before the file becomes the journal.
      bytes += await append(draft, [...chunk, ...this.#changes()])
      await draft.datasync()
      await rename(draftOf(this.#path), this.#path)
      await syncDirectory(dirname(this.#path))
      this.#bytes = bytes
      this.#rewriteAt = Math.max(REWRITE_AT_LEAST, 4 * bytes)
    } catch (error) {
      await draft.close()
      throw error
    }
    await this.#file.close()
    this.#file = draft
  }
}

const draftOf = (path: string) => `${path}.new`

async function append(file: FileHandle, records: readonly JournalRecord[]): Promise<number> {
  const line = Buffer.from(`${JSON.stringify(records)}\n`)
  await file.appendFile(line)
  return line.length
}

/** A rename is on disk when its directory is. */
async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Applies every whole line and cuts a torn last one off.
 * @returns the length of the file in bytes, 0 when there is none.
 * @throws {Error} for a file of another format, or one that is broken before its end.
 */
async function load(path: string, keys: Keyspace): Promise<number> {
  const file = (await ifThere(readFile(path))) ?? Buffer.alloc(0)
  const end = file.lastIndexOf('\n') + 1
  if (end < file.length) await truncate(path, end)
  if (end === 0) return 0
  const headerEnd = file.indexOf('\n') + 1
  if (file.toString('utf8', 0, headerEnd) !== HEADER) throw new Error(`${path} is no journal of this version`)
  for (let from = headerEnd; from < end; ) {
    const to = file.indexOf('\n', from)
    for (const record of parseLine(path, from, file.toString('utf8', from, to))) applyRecord(keys, record)
    from = to + 1
  }
  return end
}

function parseLine(path: string, at: number, line: string): JournalRecord[] {
  try {
    return JSON.parse(line) as JournalRecord[]
  } catch (error) {
    throw new Error(`${path} is damaged at byte ${at}: delete it to start empty`, { cause: error })
  }
}
