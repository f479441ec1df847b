import { LRUCache } from 'lru-cache'
import type { Clock } from '../../pools/clock.ts'
import { Problem, type ProblemCode } from '../../problem.ts'
import type { CachedAnswer, CacheQuery } from '../../routes/bindings.ts'

export interface TenantCacheOptions {
  readonly tenant: string
  readonly clock: Pick<Clock, 'now'>
  /** Of all bodies and their keys together. */
  readonly maxBytes: number
  readonly maxEntries: number
  /** How long a statement may run on after nobody heard how it ended, in ms. */
  readonly doubtMs: number
  /** Called with what was added to the bytes that are kept, or taken off them. */
  readonly onBytes: (change: number) => void
}

/** Which of a tenant's data, and how long an answer about them is good. */
export interface DataScope {
  /** Tells apart what one id stands for: another life of the tenant, another database. */
  readonly data: string
  /** How old an answer may become, in ms; 0 when nothing may be kept. */
  readonly ttlMs: number
}

/** What is kept. */
interface Entry {
  readonly resource: string
  readonly body: Uint8Array
  /** When its reading began: from then on it may be out of date. */
  readonly at: number
  readonly bytes: number
}

/** A reading that is under way. */
interface Flight {
  readonly resource: string
  readonly at: number
  readonly body: Promise<Uint8Array>
}

/** Ends of a write that leave open whether it was made, or will be. */
const IN_DOUBT: ReadonlySet<ProblemCode> = new Set([
  'connection_lost',
  'database_timeout',
  'database_unavailable',
  'internal_error',
])

/**
 * What one host keeps of one tenant. Whatever was read before a write had ended is neither kept nor given to who asks
 * later: a write takes the readings under way out of the map of flights, and only what is still in there is kept.
 */
export class TenantCache {
  readonly #options: TenantCacheOptions
  readonly #entries: LRUCache<string, Entry>
  readonly #flights = new Map<string, Flight>()
  /** Writes under way, by resource. */
  readonly #writes = new Map<string, number>()
  /** Until when a resource may change although nobody writes, by resource. */
  readonly #doubts = new Map<string, number>()
  /** Requests that read or wait for a reading. */
  #readers = 0

  constructor(options: TenantCacheOptions) {
    const { clock, maxBytes, onBytes } = options
    this.#options = options
    // Not `max`: for that many the library would take the memory at once, for every tenant.
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ bytes }) => bytes,
      // The library would remember the time with a timer, and a timer keeps the object in memory.
      ttlResolution: 0,
      perf: clock,
      onInsert: ({ bytes }) => onBytes(bytes),
      dispose: ({ bytes }) => onBytes(-bytes),
    })
  }

  get size(): number {
    return this.#entries.size
  }

  /** Makes room: keeps nothing any more, and goes on with what is under way. */
  clear(): void {
    this.#entries.clear()
  }

  /** Whether it knows nothing that would be missed, and nobody is about to tell it something. */
  isIdle(): boolean {
    const now = this.#options.clock.now()
    for (const [resource, until] of this.#doubts) if (until <= now) this.#doubts.delete(resource)
    return this.#entries.size + this.#readers + this.#writes.size + this.#doubts.size === 0
  }

  /** The answer to a query, kept or loaded. Who asks for what is being loaded gets that; a failure is not kept. */
  async read(scope: DataScope, query: CacheQuery, load: () => Promise<Uint8Array>): Promise<CachedAnswer> {
    this.#readers++
    try {
      return await this.#find(scope, query, load)
    } finally {
      this.#readers--
    }
  }

  /** Changes a resource. Nothing that was read before it ended answers a request that begins after it. */
  async write<T>(resource: string, work: () => Promise<T>): Promise<T> {
    this.#writes.set(resource, (this.#writes.get(resource) ?? 0) + 1)
    this.drop(resource)
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Problem) || IN_DOUBT.has(error.code)) {
        this.#doubts.set(resource, this.#options.clock.now() + this.#options.doubtMs)
      }
      throw error
    } finally {
      const others = (this.#writes.get(resource) ?? 1) - 1
      if (others > 0) this.#writes.set(resource, others)
      else this.#writes.delete(resource)
      this.drop(resource)
    }
  }

  /** Forgets what is kept and being read of a resource, or of all. */
  drop(resource?: string): void {
    const isMeant = (one: { readonly resource: string }) =>
      resource === undefined || one.resource === resource
    for (const [id, flight] of this.#flights) if (isMeant(flight)) this.#flights.delete(id)
    for (const [id, entry] of [...this.#entries.entries()]) if (isMeant(entry)) this.#entries.delete(id)
  }

  async #find(scope: DataScope, query: CacheQuery, load: () => Promise<Uint8Array>): Promise<CachedAnswer> {
    const { resource, key, fresh } = query
    const id = JSON.stringify([this.#options.tenant, scope.data, resource, key])
    if (fresh) return { ...(await this.#load(id, scope, resource, load)), outcome: 'bypass' }
    for (;;) {
      const entry = this.#entries.get(id)
      if (entry) return { body: entry.body, outcome: 'hit', ageMs: this.#age(entry) }
      const flight = this.#flights.get(id)
      if (!flight) return { ...(await this.#load(id, scope, resource, load)), outcome: 'miss' }
      try {
        return { body: await flight.body, outcome: 'miss', ageMs: this.#age(flight) }
      } catch (error) {
        // The one whose reading it was went away; somebody who is still here reads.
        if (!(error instanceof Problem && error.code === 'client_closed_request')) throw error
      }
    }
  }

  async #load(
    id: string,
    { ttlMs }: DataScope,
    resource: string,
    load: () => Promise<Uint8Array>,
  ): Promise<{ body: Uint8Array; ageMs: number }> {
    const flight: Flight = { resource, at: this.#options.clock.now(), body: load() }
    this.#flights.set(id, flight)
    const isCurrent = () => this.#flights.get(id) === flight
    try {
      const body = await flight.body
      if (isCurrent() && this.#isSettled(resource)) this.#keep(id, flight, body, ttlMs)
      return { body, ageMs: 0 }
    } finally {
      if (isCurrent()) this.#flights.delete(id)
    }
  }

  #keep(id: string, { resource, at }: Flight, body: Uint8Array, ttlMs: number): void {
    if (this.#options.clock.now() - at >= ttlMs) return
    // An id is a string of 16-bit units at worst.
    const bytes = body.byteLength + 2 * id.length
    this.#entries.set(id, { resource, body, at, bytes }, { ttl: ttlMs, start: at })
    if (this.#entries.size > this.#options.maxEntries) this.#entries.pop()
  }

  /** Whether nobody changes the resource now. */
  #isSettled(resource: string): boolean {
    return !this.#writes.has(resource) && (this.#doubts.get(resource) ?? 0) <= this.#options.clock.now()
  }

  #age({ at }: { readonly at: number }): number {
    return this.#options.clock.now() - at
  }
}
