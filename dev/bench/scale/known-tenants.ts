import { PoolCache } from '../../../src/pools/cache.ts'
import type { LeaseRequest } from '../../../src/pools/candidate.ts'
import { systemClock } from '../../../src/pools/clock.ts'
import type { PoolSpec } from '../../../src/pools/pool-spec.ts'
import { RecordCache } from '../../../src/tenants/record-cache.ts'
import { FakePostgres } from '../../../test/unit/support/postgres-engine.ts'
import { recordOf } from '../../../test/unit/support/tenants.ts'

/** Something that a warm request asks for its tenant, by the tenant's number. */
export type Ask = (tenant: number) => unknown

/** What the variable `POOL_CACHE_MAX` may be at most. */
const MOST_POOLS = 10_000

/** The real parts of the hot path whose memory grows with the tenants that they know, without a network. */
export const PARTS: Readonly<Record<string, () => Ask>> = {
  'the record in the isolate': () => {
    const cache = new RecordCache({ clock: systemClock, onFailure() {} })
    return (n) => cache.find(nameOf(n), async () => recordOf(nameOf(n)))
  },
  'a lease of a pool for all': () => {
    const pools = poolCache()
    return (n) => leaseOnce(pools, nameOf(n), 'postgres')
  },
  'a lease of a pool of its own': () => {
    const pools = poolCache()
    return (n) => leaseOnce(pools, nameOf(n), `${nameOf(n)}/10`)
  },
}

const nameOf = (n: number) => `tenant-${n}`

function poolCache(): PoolCache {
  return new PoolCache({
    // One for each pool: it remembers those that it opened, and with it they would be kept when they are closed.
    engine: async () => new FakePostgres(),
    quota: { claim: async ({ spec }) => spec.maxSize, askForMore() {}, giveBack() {} },
    maxPools: MOST_POOLS,
    drainMs: 1_000,
    lifetimeMs: 840_000,
    slowQueryMs: 1_000,
    clock: systemClock,
    random: Math.random,
    onEvent() {},
    onNotice() {},
    onChange() {},
  })
}

async function leaseOnce(pools: PoolCache, tenant: string, key: string): Promise<void> {
  const spec: PoolSpec = {
    key,
    tenant: null,
    cluster: 'postgres',
    isBudgeted: false,
    target: { engine: 'postgres', url: '' },
    minSize: 1,
    maxSize: 10,
    weight: 1,
    commandTimeoutMs: 60_000,
    maxIdleMs: 300_000,
    maxUses: Number.MAX_SAFE_INTEGER,
    appName: 'rockpool/scale',
  }
  const request: LeaseRequest = { tenant, share: 10, weight: 1, maxWaiting: 100, timeoutMs: 30_000 }
  await using _ = await pools.lease(spec, request)
}
