import { randomBytes } from 'node:crypto'
import { CommandError } from './errors.ts'
import { MAX_DOCUMENT_BYTES } from './values/codec.ts'

/** An open cursor: documents that a client may still fetch. */
interface Cursor {
  namespace: string
  rest: Rest
  usedAt: number
}

/** The documents that are left, with one looked at ahead. */
export class Rest {
  readonly #docs: Iterator<Uint8Array>
  #ahead: Uint8Array | undefined

  constructor(docs: Iterable<Uint8Array>) {
    this.#docs = docs[Symbol.iterator]()
  }

  /** Up to `count` documents, and together no more than fit one answer. */
  take(count: number): Uint8Array[] {
    const batch: Uint8Array[] = []
    let bytes = 0
    while (batch.length < count) {
      const doc = this.#peek()
      if (!doc) break
      bytes += doc.length
      // The first document goes out whatever its size.
      if (bytes > MAX_DOCUMENT_BYTES && batch.length > 0) break
      batch.push(doc)
      this.#ahead = undefined
    }
    return batch
  }

  hasMore(): boolean {
    return this.#peek() !== undefined
  }

  /** Reads everything that is left, so that it no longer depends on the collection. */
  drain(): Rest {
    const docs = this.#ahead ? [this.#ahead] : []
    for (let next = this.#docs.next(); !next.done; next = this.#docs.next()) docs.push(next.value)
    return new Rest(docs)
  }

  #peek(): Uint8Array | undefined {
    if (!this.#ahead) {
      const next = this.#docs.next()
      if (!next.done) this.#ahead = next.value
    }
    return this.#ahead
  }
}

const NO_CURSOR = 0n

/** The open cursors of a server. One that no client asks for goes after its timeout. */
export class Cursors {
  /** Milliseconds; `cursorTimeoutMillis` of mongod, same default. */
  timeout = 600_000
  readonly #cursors = new Map<bigint, Cursor>()
  #nextId = BigInt(`0x${randomBytes(6).toString('hex')}`) + 1n
  #sweeper: NodeJS.Timeout | undefined

  get count(): number {
    return this.#cursors.size
  }

  /** Keeps the rest of a result and gives its cursor's id. */
  open(namespace: string, rest: Rest): bigint {
    const id = this.#nextId++
    this.#cursors.set(id, { namespace, rest, usedAt: Date.now() })
    // mongod looks every four seconds (clientCursorMonitorFrequencySecs).
    this.#sweeper ??= setInterval(() => this.#sweep(), 4000).unref()
    return id
  }

  /** The next batch, and the id to ask on with: 0 when there is nothing left. */
  next(id: bigint, namespace: string, count: number): { docs: Uint8Array[]; id: bigint } {
    const cursor = this.#cursors.get(id)
    if (!cursor || Date.now() - cursor.usedAt > this.timeout) {
      throw new CommandError('CursorNotFound', `cursor id ${id} not found`)
    }
    if (cursor.namespace !== namespace) {
      throw new CommandError(
        'Unauthorized',
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
      )
    }
    const docs = cursor.rest.take(count)
    cursor.usedAt = Date.now()
    if (cursor.rest.hasMore()) return { docs, id }
    this.#delete(id)
    return { docs, id: NO_CURSOR }
  }

  /** True if there was such a cursor. */
  kill(id: bigint): boolean {
    return this.#delete(id)
  }

  /** Kills the cursors of a collection that goes away. */
  killAll(namespace: string): void {
    for (const [id, cursor] of this.#cursors) if (cursor.namespace === namespace) this.#delete(id)
  }

  close(): void {
    for (const id of this.#cursors.keys()) this.#delete(id)
  }

  #sweep(): void {
    const oldest = Date.now() - this.timeout
    for (const [id, cursor] of this.#cursors) if (cursor.usedAt < oldest) this.#delete(id)
  }

  #delete(id: bigint): boolean {
    const deleted = this.#cursors.delete(id)
    if (this.#cursors.size === 0) {
      clearInterval(this.#sweeper)
      this.#sweeper = undefined
    }
    return deleted
  }
}
