import { findRecords } from './query/find.ts'
import type { Store } from './store/store.ts'
import { type Doc, isDoc } from './values/codec.ts'
import { isNumeric, toNumeric } from './values/compare.ts'

/** Deletes the documents that TTL indexes say have expired, every minute as mongod does. */
export class TtlMonitor {
  readonly #store: Store
  #timer: NodeJS.Timeout | undefined
  #seconds = 60

  constructor(store: Store) {
    this.#store = store
  }

  get seconds(): number {
    return this.#seconds
  }

  start(): void {
    this.stop()
    this.#timer = setInterval(() => this.sweep(), this.#seconds * 1000).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** `ttlMonitorSleepSecs` of mongod. */
  setInterval(seconds: number): void {
    this.#seconds = seconds
    this.start()
  }

  sweep(now = Date.now()): void {
    for (const db of this.#store.databaseNames()) {
      for (const collection of this.#store.collections(db)) {
        for (const { spec } of collection.indexes.values()) {
          const seconds = lifetimeOf(spec)
          if (seconds === undefined) continue
          // Of a list of dates the earliest decides; what is no date never expires.
          const filter = {
            [Object.keys(spec.key as Doc)[0] as string]: { $lte: new Date(now - seconds * 1000) },
          }
          for (const record of [...findRecords(collection, { filter }).records]) collection.delete(record)
        }
      }
    }
  }
}

/** Seconds until the documents of a TTL index expire; a compound index is none. */
function lifetimeOf(spec: Doc): number | undefined {
  const { expireAfterSeconds, key } = spec
  if (!isNumeric(expireAfterSeconds)) return undefined
  return isDoc(key) && Object.keys(key).length === 1 ? Number(toNumeric(expireAfterSeconds)) : undefined
}
