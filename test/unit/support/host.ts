import { PoolCache, type PoolCacheOptions, type PoolEvent } from '../../../src/pools/cache.ts'
import type { LeaseRequest } from '../../../src/pools/candidate.ts'
import type { LeaseNotice } from '../../../src/pools/command-meter.ts'
import type { PoolSpec } from '../../../src/pools/pool-spec.ts'
import type { Quota } from '../../../src/pools/quota.ts'
import { Problem } from '../../../src/problem.ts'
import { FakeClock } from './clock.ts'
import type { FakeEngine } from './engine.ts'
import { FakePostgres } from './postgres-engine.ts'

export function specOf(key: string, overrides: Partial<PoolSpec> = {}): PoolSpec {
  return {
    key,
    tenant: key,
    cluster: 'postgres',
    isBudgeted: true,
    target: { engine: 'postgres', url: 'postgres://app@db.test/app' },
    minSize: 1,
    maxSize: 2,
    weight: 1,
    commandTimeoutMs: 5_000,
    maxIdleMs: 300_000,
    maxUses: 1_000,
    appName: 'rockpool/test',
    ...overrides,
  }
}

/** What a tenant asks for that has its pool to itself. */
export function requestOf(tenant: string, overrides: Partial<LeaseRequest> = {}): LeaseRequest {
  return { tenant, share: 1_000, weight: 1, maxWaiting: 1_000, timeoutMs: 30_000, ...overrides }
}

/** Grants every pool all that it wants. */
export const UNLIMITED: Quota = {
  claim: async ({ spec }) => spec.maxSize,
  askForMore: () => {},
  giveBack: () => {},
}

/** A pool cache with everything around it faked. */
export class FakeHost {
  readonly clock: FakeClock
  readonly engine: FakeEngine
  readonly events: PoolEvent[] = []
  readonly notices: LeaseNotice[] = []
  readonly cache: PoolCache
  changes = 0

  constructor(
    { clock = new FakeClock(), ...options }: Partial<PoolCacheOptions> & { clock?: FakeClock } = {},
    engine: FakeEngine = new FakePostgres(),
  ) {
    this.clock = clock
    this.engine = engine
    this.cache = new PoolCache({
      engine: async () => engine,
      quota: UNLIMITED,
      maxPools: 10,
      drainMs: 30_000,
      lifetimeMs: 840_000,
      slowQueryMs: 1_000,
      clock: this.clock,
      random: () => 0.5,
      onEvent: (event) => this.events.push(event),
      onNotice: (notice) => this.notices.push(notice),
      onChange: () => {
        this.changes++
      },
      ...options,
    })
  }

  lease(key: string, overrides: Partial<PoolSpec> = {}, request: Partial<LeaseRequest> = {}) {
    return this.cache.lease(specOf(key, overrides), requestOf(key, request))
  }

  /** What happened to which pool, and why. */
  story(): string[] {
    return this.events.map(({ event, pool, ...rest }) =>
      [event.slice('pool.'.length), pool.key, ...Object.values(rest)].join(' '),
    )
  }
}

/** The problem that `promise` ends with. */
export async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error
  throw error
}
