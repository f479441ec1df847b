import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { CommandError } from '../errors.ts'
import { bareEntry, encodeEntry, type LogEntry, OPERATION, type Operation, readEntries } from './log-entry.ts'

/** Where the changes of a store go. Each method takes the change at once; `flushed` tells when it is safe. */
export interface Journal {
  createCollection(namespace: string, options: Uint8Array): void
  dropCollection(namespace: string): void
  put(namespace: string, doc: Uint8Array): void
  remove(namespace: string, id: Uint8Array): void
  createIndex(namespace: string, spec: Uint8Array): void
  dropIndex(namespace: string, name: Uint8Array): void
  /** Settles when every change so far would survive the end of the process; undefined if they all do. */
  flushed(): Promise<void> | undefined
  close(): void
}

/** The journal of a store that lives in memory only. */
export const NO_JOURNAL: Journal = {
  createCollection() {},
  dropCollection() {},
  put() {},
  remove() {},
  createIndex() {},
  dropIndex() {},
  flushed: () => undefined,
  close() {},
}

/** What a journal needs of the store it belongs to. */
export interface JournalOwner {
  apply(entry: LogEntry): void
  /** The entries that make the present state from nothing. */
  snapshot(): Iterable<LogEntry>
  /** About how many bytes a snapshot has. */
  size(): number
}

const MIN_COMPACTION_BYTES = 4 * 1024 * 1024
const CHUNK_BYTES = 1024 * 1024

/**
 * An append-only log. Changes of one turn of the event loop, from all connections, go to the file in one write before
 * any of them is acknowledged: the operating system then has them, so that they survive `kill -9`. There is no fsync
 * per write, so a power cut may take the last ones.
 */
export class FileJournal implements Journal {
  readonly #path: string
  readonly #owner: JournalOwner
  readonly #log: (line: string) => void
  #file: number
  #size = 0
  /** The size at which compaction is worth a thought. */
  #checkAt = MIN_COMPACTION_BYTES
  #pending: Buffer[] = []
  #flush: Promise<void> | undefined
  #isLoading = true
  #isClosed = false
  #failure: CommandError | undefined

  /** Opens the log of a directory. Nothing is recorded before `load`. */
  constructor(dir: string, owner: JournalOwner, log: (line: string) => void) {
    this.#path = join(dir, 'data.log')
    this.#owner = owner
    this.#log = log
    this.#file = openSync(this.#path, 'a')
  }

  /** Gives the owner every entry of the log; from then on changes are recorded. */
  load(): void {
    this.#replay()
    this.#isLoading = false
    this.#compactIfWorthIt()
  }

  createCollection(namespace: string, options: Uint8Array): void {
    this.#append(OPERATION.createCollection, namespace, options)
  }

  dropCollection(namespace: string): void {
    this.#append(OPERATION.dropCollection, namespace)
  }

  put(namespace: string, doc: Uint8Array): void {
    this.#append(OPERATION.put, namespace, doc)
  }

  remove(namespace: string, id: Uint8Array): void {
    this.#append(OPERATION.remove, namespace, id)
  }

  createIndex(namespace: string, spec: Uint8Array): void {
    this.#append(OPERATION.createIndex, namespace, spec)
  }

  dropIndex(namespace: string, name: Uint8Array): void {
    this.#append(OPERATION.dropIndex, namespace, name)
  }

  flushed(): Promise<void> | undefined {
    if (this.#failure) return Promise.reject(this.#failure)
    return this.#flush
  }

  close(): void {
    if (this.#isClosed) return
    this.#write()
    fsyncSync(this.#file)
    closeSync(this.#file)
    this.#isClosed = true
  }

  #append(operation: Operation, namespace: string, payload?: Uint8Array): void {
    if (this.#isLoading || this.#isClosed) return
    const entry = payload ? { operation, namespace, payload } : bareEntry(operation, namespace)
    this.#pending.push(encodeEntry(entry))
    this.#flush ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#flush = undefined
        this.#write()
        if (this.#failure) reject(this.#failure)
        else resolve()
      })
    })
  }

  #write(): void {
    if (this.#pending.length === 0 || this.#isClosed) return
    const bytes = this.#pending.length === 1 ? (this.#pending[0] as Buffer) : Buffer.concat(this.#pending)
    this.#pending = []
    try {
      writeWhole(this.#file, bytes)
      this.#size += bytes.length
      this.#compactIfWorthIt()
    } catch (error) {
      // Memory is ahead of the file from here on: refuse every further change rather than lose it silently.
      this.#failure = new CommandError(
        'OutOfDiskSpace',
        `the log cannot be written: ${(error as Error).message}`,
      )
      this.#log(this.#failure.message)
    }
  }

  #replay(): void {
    const file = readFileSync(this.#path)
    const { soundBytes, isDamaged } = readEntries(file, (entry) => this.#owner.apply(entry))
    if (soundBytes < file.length) {
      const rest = file.length - soundBytes
      if (isDamaged) writeFileSync(`${this.#path}.damaged`, file.subarray(soundBytes))
      this.#log(
        isDamaged
          ? `data.log: ${rest} damaged bytes were set aside in data.log.damaged`
          : `data.log: an unfinished entry of ${rest} bytes was dropped`,
      )
      const writable = openSync(this.#path, 'r+')
      ftruncateSync(writable, soundBytes)
      closeSync(writable)
    }
    this.#size = soundBytes
  }

  #compactIfWorthIt(): void {
    if (this.#size < this.#checkAt) return
    this.#checkAt = this.#size + CHUNK_BYTES
    if (this.#size < 2 * this.#owner.size()) return
    const path = `${this.#path}.new`
    const file = openSync(path, 'w')
    let size = 0
    let chunk: Buffer[] = []
    let chunkBytes = 0
    const flush = () => {
      writeWhole(file, Buffer.concat(chunk))
      chunk = []
      chunkBytes = 0
    }
    for (const entry of this.#owner.snapshot()) {
      const bytes = encodeEntry(entry)
      size += bytes.length
      chunkBytes += bytes.length
      chunk.push(bytes)
      if (chunkBytes > CHUNK_BYTES) flush()
    }
    flush()
    fsyncSync(file)
    closeSync(file)
    // Whichever of the two files stands there after a crash is whole.
    renameSync(path, this.#path)
    closeSync(this.#file)
    this.#file = openSync(this.#path, 'a')
    this.#size = size
    this.#checkAt = Math.max(size, MIN_COMPACTION_BYTES)
  }
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}
