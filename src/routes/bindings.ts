import type { Consistency, ReadName } from '../consistency.ts'
import type { Connection } from '../engines/connection.ts'
import type { Problem } from '../problem.ts'
import type { Caller } from '../tenants/caller.ts'
import type { Tenant } from '../tenants/tenant.ts'

/** A connection for the time of one request; `await using` gives it back. */
export interface RouteLease extends AsyncDisposable {
  readonly connection: Connection
}

/** What is asked of the cache. */
export interface CacheQuery {
  /** What a write to it makes out of date: all answers with the same resource. */
  readonly resource: string
  /** Everything else that the answer depends on, the tenant apart. */
  readonly key: string
  /** Whether only a reading of its own will do. */
  readonly fresh: boolean
}

export interface CachedAnswer {
  /** JSON in UTF-8. */
  readonly body: Uint8Array
  readonly outcome: 'hit' | 'miss' | 'bypass'
  /** Time since its reading began. */
  readonly ageMs: number
}

/** The tenant's answers, as far as they are kept where the route runs. */
export interface RouteCache {
  /** The answer to a query, kept or loaded. Throws what `load` throws. */
  read(query: CacheQuery, load: () => Promise<CachedAnswer['body']>): Promise<CachedAnswer>
  /** Does `work`, which changes `resource`: no request that begins after it is answered from before it. */
  write<T>(resource: string, work: () => Promise<T>): Promise<T>
}

/** What a route finds around it, wherever it runs. Routes do not know whether that is a pool host or the edge. */
export interface RouteBindings {
  readonly tenant: Tenant
  /** Which of the tenant's users is calling. */
  readonly caller: Caller
  readonly requestId: string
  /** Told of the pattern of the route that answered, once. */
  readonly onRoute: (pattern: string) => void
  /** Told of the problem that a route ended in; the answer is the one to answer with. */
  readonly onProblem: (problem: Problem) => Problem
  /** A connection to the tenant's database, with its schema or database prepared. Throws a `Problem`. */
  lease(): Promise<RouteLease>
  /** Runs `work`, which only reads and may run twice, on a connection as fresh as asked for. Throws a `Problem`. */
  read<T>(consistency: Consistency, work: (connection: Connection) => Promise<T>): Promise<RouteRead<T>>
  /** The reads that are eventual where a request does not say. */
  readonly eventualReads: ReadonlySet<ReadName>
  /** Not kept from one request to the next where no pool host runs them. */
  readonly cache: RouteCache
}

/** What a read found, and the name of what it was read from. */
export interface RouteRead<T> {
  readonly value: T
  readonly servedBy: string
}

export interface RouteEnv {
  Bindings: RouteBindings
  Variables: {
    /** What the answer was read from. */
    servedBy: string | undefined
  }
}
