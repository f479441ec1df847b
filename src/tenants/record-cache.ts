import { LruMap } from '../lru-map.ts'
import type { Clock } from '../pools/clock.ts'
import { Problem } from '../problem.ts'
import type { TenantRecord } from './record.ts'

/** Tenants that one isolate remembers. */
const MAX_ENTRIES = 10_000
/** How long a record is used without asking: a change is known everywhere within it. */
const FRESH_MS = 30_000
/** From this age on a record is read anew in the background, so that a busy tenant never waits for it. */
const REFRESH_MS = 20_000
/** How long it is believed that there is no record. */
const ABSENT_MS = 5_000
/** After a failed reading nobody tries again for so long. */
const RETRY_MS = 1_000
/**
 * When who waits for another request's reading looks whether it is there: after so long, then after twice as long, up
 * to the longest. Hundreds may wait for one reading, and each look costs them all.
 */
const FIRST_LOOK_MS = 5
const LONGEST_LOOK_MS = 80
/** A reading that took longer is given up: its request may have been cancelled. Longer than Redis may take, twice. */
const READING_MS = 2_500

type Found = TenantRecord | null

interface Entry {
  /** `undefined` before the first reading. */
  record: Found | undefined
  readAt: number
  readingSince: number
  failedAt: number
}

export interface RecordCacheOptions {
  readonly clock: Clock
  /** Called when a reading failed; `stale` when what was known before is used on. */
  readonly onFailure: (id: string, stale: boolean) => void
}

/**
 * What one isolate knows of the directory. Plain data, so that requests may share it. They never await another's
 * reading: a promise of a request that was cancelled would never settle, and the runtime cancels who waits for it. Who
 * finds a reading under way looks for its outcome with timers of its own.
 */
export class RecordCache {
  readonly #entries = new LruMap<string, Entry>(MAX_ENTRIES)
  readonly #options: RecordCacheOptions

  constructor(options: RecordCacheOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  /**
   * The record of `id`, at once when it is known, and its last known state when it cannot be read. Throws
   * `directory_unavailable` when nothing is known.
   * @param read asks the directory
   * @param inBackground keeps the request's context until a promise has settled (`ctx.waitUntil`)
   */
  find(
    id: string,
    read: () => Promise<Found>,
    inBackground?: (work: Promise<unknown>) => void,
  ): Found | Promise<Found> {
    const now = this.#options.clock.now()
    const entry = this.#entries.get(id)
    if (entry?.record === undefined || !isFresh(entry, now)) return this.#wait(id, read)
    const isDue = entry.record !== null && now - entry.readAt >= REFRESH_MS
    if (inBackground && isDue && !isReading(entry, now) && !hasFailed(entry, now)) {
      inBackground(this.#read(id, entry, read))
    }
    return entry.record
  }

  /** The last known record, however old. */
  peek(id: string): TenantRecord | undefined {
    return this.#entries.peek(id)?.record ?? undefined
  }

  /** Takes in what was just written, and makes readings that began before worthless. */
  put(record: TenantRecord): void {
    this.#entries.set(record.id, { ...unread(), record, readAt: this.#options.clock.now() })
  }

  forget(id: string): void {
    this.#entries.delete(id)
  }

  async #wait(id: string, read: () => Promise<Found>): Promise<Found> {
    for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(2 * lookMs, LONGEST_LOOK_MS)) {
      const now = this.#options.clock.now()
      const entry = this.#entryOf(id)
      if (entry.record !== undefined && isFresh(entry, now)) return entry.record
      if (hasFailed(entry, now)) return lastKnown(entry)
      if (!isReading(entry, now)) return this.#read(id, entry, read)
      await new Promise<void>((resolve) => this.#options.clock.after(lookMs, resolve))
    }
  }

  async #read(id: string, entry: Entry, read: () => Promise<Found>): Promise<Found> {
    const { clock, onFailure } = this.#options
    const startedAt = clock.now()
    entry.readingSince = startedAt
    try {
      const record = await read()
      entry.record = record
      entry.readAt = startedAt
      return record
    } catch {
      entry.failedAt = clock.now()
      onFailure(id, Boolean(entry.record))
      return lastKnown(entry)
    } finally {
      entry.readingSince = Number.NEGATIVE_INFINITY
    }
  }

  #entryOf(id: string): Entry {
    let entry = this.#entries.get(id)
    if (!entry) {
      entry = unread()
      this.#entries.set(id, entry)
    }
    return entry
  }
}

function unread(): Entry {
  const never = Number.NEGATIVE_INFINITY
  return { record: undefined, readAt: never, readingSince: never, failedAt: never }
}

function isFresh(entry: Entry, now: number): boolean {
  return now - entry.readAt < (entry.record === null ? ABSENT_MS : FRESH_MS)
}

function isReading(entry: Entry, now: number): boolean {
  return now - entry.readingSince < READING_MS
}

function hasFailed(entry: Entry, now: number): boolean {
  return now - entry.failedAt < RETRY_MS
}

/** That a tenant did not exist says nothing about now, so only a record is used past its time. */
function lastKnown(entry: Entry): TenantRecord {
  if (!entry.record) throw new Problem('directory_unavailable')
  return entry.record
}
