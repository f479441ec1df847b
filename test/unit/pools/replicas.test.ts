import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ReplicaCluster, replicaClusters } from '../../../src/pools/cluster.ts'
import { type ReplicaRead, Replicas } from '../../../src/pools/replicas.ts'

interface World {
  now: number
  random: number
  readonly told: string[]
  readonly replicas: Replicas
}

function world(count: number): World {
  const told: string[] = []
  const one: World = {
    now: 0,
    random: 0,
    told,
    replicas: new Replicas({
      clusters: replicaClusters(count),
      clock: { now: () => one.now },
      random: () => one.random,
      onBanned: (cluster, ms) => told.push(`${cluster} banned for ${ms}`),
      onRecovered: (cluster) => told.push(`${cluster} recovered`),
    }),
  }
  return one
}

function fail({ replicas }: World): void {
  using read = replicas.begin()
  read?.failed()
}

describe('a replica', () => {
  test('that fails is banned, and reads go elsewhere', () => {
    const one = world(1)
    fail(one)
    expect(one.replicas.begin()).toBeUndefined()
    expect(one.replicas.bannedUntil('postgres-replica')).toBe(1_000)
    expect(one.told).toEqual(['postgres-replica banned for 1000'])
  })

  test('gets one trial at the end of its ban, and the reads of everybody once that succeeds', () => {
    const one = world(1)
    fail(one)
    one.now = 1_000
    const trial = one.replicas.begin()
    expect(trial?.cluster).toBe('postgres-replica')
    expect(one.replicas.begin()).toBeUndefined()
    trial?.succeeded()
    expect(one.replicas.begin()).toBeDefined()
    expect(one.replicas.bannedUntil('postgres-replica')).toBeUndefined()
    expect(one.told.at(-1)).toBe('postgres-replica recovered')
  })

  test('is banned twice as long by each trial that fails, for a minute at most', () => {
    const one = world(1)
    for (let n = 0; n < 8; n++) {
      fail(one)
      one.now = one.replicas.bannedUntil('postgres-replica') ?? Number.NaN
    }
    expect(one.told.map((line) => Number(line.split(' ').at(-1)))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
    ])
  })

  test('is banned once by however many reads it failed, and not freed by one from before', () => {
    const one = world(1)
    const reads = Array.from({ length: 20 }, () => one.replicas.begin())
    for (const read of reads.slice(1)) read?.failed()
    reads[0]?.succeeded()
    expect(one.told).toEqual(['postgres-replica banned for 1000'])
    expect(one.replicas.begin()).toBeUndefined()
  })

  test('begins with a short ban again after it recovered', () => {
    const one = world(1)
    fail(one)
    one.now = 1_000
    fail(one)
    one.now = 3_000
    one.replicas.begin()?.succeeded()
    fail(one)
    expect(one.told.at(-1)).toBe('postgres-replica banned for 1000')
  })

  test('may be tried up to a fifth early, by chance', () => {
    const one = world(1)
    one.random = 0.5
    fail(one)
    expect(one.replicas.bannedUntil('postgres-replica')).toBe(900)
  })
})

describe('of several replicas', () => {
  test('the one on which fewer reads run is taken, and the others while it is banned', () => {
    const one = world(2)
    const first = one.replicas.begin()
    expect(first?.cluster).toBe('postgres-replica-1')
    const second = one.replicas.begin()
    expect(second?.cluster).toBe('postgres-replica-2')
    second?.failed()
    expect(one.replicas.begin()?.cluster).toBe('postgres-replica-1')
    expect(one.replicas.bannedUntil('postgres-replica-1')).toBeUndefined()
  })

  test('a read that has ended no longer counts', () => {
    const one = world(2)
    {
      using read = one.replicas.begin()
      expect(read?.cluster).toBe('postgres-replica-1')
    }
    expect(one.replicas.begin()?.cluster).toBe('postgres-replica-1')
  })
})

test('without replicas there is none to read from', () => {
  expect(world(0).replicas.begin()).toBeUndefined()
})

test('whatever happens, no banned replica is read from but once per ban, and no ban is longer than a minute', () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 70_000 }),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
    ends: fc.constantFrom('succeeded', 'failed', 'neither'),
    later: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (count, steps) => {
      const one = world(count)
      const late: ReplicaRead[] = []
      const until = (cluster: ReplicaCluster) => one.replicas.bannedUntil(cluster) ?? one.now
      for (const { waitMs, random, ends, later } of steps) {
        one.now += waitMs
        one.random = random
        const banned = replicaClusters(count).filter((cluster) => until(cluster) > one.now)
        const read = later ? (late.pop() ?? one.replicas.begin()) : one.replicas.begin()
        if (!later && read) expect(banned).not.toContain(read.cluster)
        if (!later && !read) expect(banned).toHaveLength(count)
        if (ends === 'neither') {
          if (read) late.push(read)
          continue
        }
        read?.[ends]()
        read?.[Symbol.dispose]()
        for (const cluster of replicaClusters(count)) {
          expect(until(cluster) - one.now).toBeLessThanOrEqual(60_000)
        }
      }
      one.now += 60_000
      expect(one.replicas.begin()).toBeDefined()
    }),
  )
})
