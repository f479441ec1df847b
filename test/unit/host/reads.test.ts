import { describe, expect, test } from 'vitest'
import type { Connection } from '../../../src/engines/connection.ts'
import { Reads } from '../../../src/host/reads.ts'
import { Problem, type ProblemCode } from '../../../src/problem.ts'
import type { Tenant } from '../../../src/tenants/tenant.ts'
import { fakeOf } from '../support/engine.ts'
import { FakeHost, problemOf } from '../support/host.ts'

const ACME: Tenant = { id: 'acme', tier: 'free', engine: 'postgres' }

/** Reads on pools of fake connections; the pool's key says where one ran. */
function reading({ replicas = 1, tenant = ACME }: { replicas?: 0 | 1; tenant?: Tenant } = {}) {
  const host = new FakeHost()
  const changes: string[] = []
  const reads = new Reads({
    host: 'h',
    replicas: replicas === 1 ? ['postgres-replica'] : [],
    writePinMs: 5_000,
    clock: host.clock,
    random: () => 0,
    onChange: (cluster) => changes.push(cluster),
  })
  /** Where leases are asked for, in order. */
  const asked: string[] = []
  const world = { admission: undefined as Problem | undefined, replica: undefined as Problem | undefined }
  const leases = {
    async admit() {
      if (world.admission) throw world.admission
    },
    primary() {
      asked.push('primary')
      return host.lease('primary')
    },
    async replica() {
      asked.push('replica')
      if (world.replica) throw world.replica
      return host.lease('replica')
    },
  }
  const run = <T>(consistency: 'strong' | 'eventual', work: (connection: Connection) => Promise<T>) =>
    reads.run(tenant, consistency, leases, work)
  return { host, reads, changes, asked, world, run }
}

const nothing = async () => 'found'

/** Fails the first time with `code`. */
function failsOnce(code: ProblemCode): () => Promise<string> {
  let calls = 0
  return async () => {
    if (calls++ === 0) throw new Problem(code)
    return 'found'
  }
}

describe('a read', () => {
  test('that is strong runs on the primary', async () => {
    const { run, asked } = reading()
    expect(await run('strong', nothing)).toEqual({ value: 'found', servedBy: 'primary' })
    expect(asked).toEqual(['primary'])
  })

  test('that is eventual runs on a replica, and on the primary where there is none', async () => {
    expect(await reading().run('eventual', nothing)).toEqual({ value: 'found', servedBy: 'replica' })
    expect(await reading({ replicas: 0 }).run('eventual', nothing)).toMatchObject({ servedBy: 'primary' })
  })

  test('of a tenant that wrote a moment ago runs on the primary, and of another on a replica', async () => {
    const { host, reads, run } = reading()
    reads.noteWrite({ ...ACME, id: 'globex' })
    expect(await run('eventual', nothing)).toMatchObject({ servedBy: 'replica' })
    reads.noteWrite(ACME)
    expect(await run('eventual', nothing)).toMatchObject({ servedBy: 'primary' })
    await host.clock.advance(5_000)
    expect(await run('eventual', nothing)).toMatchObject({ servedBy: 'replica' })
  })

  test('of a tenant with a database of its own runs there', async () => {
    const { run, asked } = reading({ tenant: { ...ACME, connection: 'sealed' } })
    expect(await run('eventual', nothing)).toMatchObject({ servedBy: 'primary' })
    expect(asked).toEqual(['primary'])
  })

  test('that is not admitted is refused, and asks no database', async () => {
    const { run, asked, world } = reading()
    world.admission = new Problem('paused')
    expect((await problemOf(run('eventual', nothing))).code).toBe('paused')
    expect(asked).toEqual([])
  })

  test('gives its connections back, however it ends', async () => {
    const { host, run } = reading()
    await run('eventual', failsOnce('connection_lost'))
    await problemOf(
      run('strong', async () => {
        throw new Problem('conflict')
      }),
    )
    expect(host.cache.statistics().map(({ key, used }) => [key, used])).toEqual([
      ['replica', 0],
      ['primary', 0],
    ])
  })
})

describe('a read that fails on a replica', () => {
  test.each(['connection_lost', 'database_unavailable', 'database_refused', 'pool_timeout'] as const)(
    'with %s runs on the primary, and the replica is banned',
    async (code) => {
      const { host, reads, run, asked, changes } = reading()
      expect(await run('eventual', failsOnce(code))).toEqual({ value: 'found', servedBy: 'primary' })
      expect(reads.bannedUntil('postgres-replica')).toBe(host.clock.now() + 1_000)
      await run('eventual', nothing)
      expect(asked).toEqual(['replica', 'primary', 'primary'])
      await host.clock.advance(1_000)
      expect(await run('eventual', nothing)).toMatchObject({ servedBy: 'replica' })
      expect(changes).toEqual(['postgres-replica', 'postgres-replica'])
    },
  )

  test.each([
    'transaction_conflict',
    'query_failed',
    'budget_exhausted',
    'pool_queue_full',
    'pool_cache_full',
    'pool_closed',
  ] as const)('with %s runs on the primary, and the replica is not banned', async (code) => {
    const { reads, run } = reading()
    expect(await run('eventual', failsOnce(code))).toMatchObject({ servedBy: 'primary' })
    expect(reads.bannedUntil('postgres-replica')).toBeUndefined()
  })

  test.each(['unprocessable', 'read_only', 'client_closed_request', 'internal_error'] as const)(
    'with %s has failed: the primary would not do better, or must not hide it',
    async (code) => {
      const { run, asked } = reading()
      expect((await problemOf(run('eventual', failsOnce(code)))).code).toBe(code)
      expect(asked).toEqual(['replica'])
    },
  )

  test('in a lease that is not to be had runs on the primary', async () => {
    const { run, world } = reading()
    world.replica = new Problem('database_unavailable')
    expect(await run('eventual', nothing)).toMatchObject({ servedBy: 'primary' })
  })

  test('by its own slowness has failed; where nobody answered in time the replica is banned', async () => {
    const { reads, run } = reading()
    expect((await problemOf(run('eventual', failsOnce('database_timeout')))).code).toBe('database_timeout')
    expect(reads.bannedUntil('postgres-replica')).toBeUndefined()
    let calls = 0
    const silent = async (connection: Connection) => {
      if (calls++ > 0) return 'found'
      Object.assign(connection, { engine: 'postgres', isBroken: true })
      throw new Problem('database_timeout')
    }
    expect(await run('eventual', silent)).toMatchObject({ servedBy: 'primary' })
    expect(reads.bannedUntil('postgres-replica')).toBeDefined()
  })

  test('and on the primary too ends with what the primary said', async () => {
    const { run } = reading()
    const codes: ProblemCode[] = ['connection_lost', 'database_timeout']
    const failing = async () => {
      throw new Problem(codes.shift() ?? 'internal_error')
    }
    expect((await problemOf(run('eventual', failing))).code).toBe('database_timeout')
  })
})

test('an eventual read on MongoDB prefers secondaries, a strong one does not', async () => {
  const { host, run } = reading({ tenant: { ...ACME, engine: 'mongo' } })
  let preferred = 0
  {
    await using lease = await host.lease('primary')
    Object.assign(fakeOf(lease), { engine: 'mongo', preferSecondaries: () => preferred++ })
  }
  expect(await run('strong', nothing)).toMatchObject({ servedBy: 'primary' })
  expect(preferred).toBe(0)
  expect(await run('eventual', nothing)).toMatchObject({ servedBy: 'secondary-preferred' })
  expect(preferred).toBe(1)
})
