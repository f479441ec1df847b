import { describe, expect, test } from 'vitest'
import { FakeClock, settle } from '../support/clock.ts'
import { FakeHost, problemOf } from '../support/host.ts'
import { FakeQuota } from '../support/quota.ts'

/** A host whose quota the test decides on. */
function host() {
  const clock = new FakeClock()
  const quota = new FakeQuota(clock)
  const one = new FakeHost({ clock, quota })
  return Object.assign(one, { quota })
}

/** A pool of three connections, all of them open, and two of them lent. */
async function pool() {
  const one = host()
  one.quota.held = false
  const leases = await Promise.all([1, 2, 3].map(() => one.lease('a', { maxSize: 3 })))
  const [a, b, c] = leases
  if (!a || !b || !c) throw new Error('not leased')
  await c.release()
  return {
    ...one,
    cache: one.cache,
    engine: one.engine,
    quota: one.quota,
    clock: one.clock,
    story: () => one.story(),
    lease: one.lease.bind(one),
    a,
    b,
  }
}

describe('a pool without a grant', () => {
  test('opens nothing until it has one, and then no more than that', async () => {
    const one = host()
    const leases = [1, 2, 3].map(() => one.lease('a', { maxSize: 3 }))
    await settle()
    expect(one.engine.opened).toBe(0)
    expect(one.cache.statistics()).toMatchObject([
      { state: 'opening', max_size: 0, wanted_size: 3, waiting: 3 },
    ])
    one.quota.grant(0, 2)
    await Promise.all(leases.slice(0, 2))
    expect(one.engine.opened).toBe(2)
    expect([...one.quota.wantMore]).toHaveLength(1)
    one.quota.grantMore(one.cache)
    await leases[2]
    expect(one.engine.opened).toBe(3)
  })

  test('has more asked for by tenants too who may not have what is left, for the sake of others', async () => {
    const one = host()
    const ask = (tenant: string) => one.lease('pool', { maxSize: 50 }, { tenant, share: 3 })
    const leases = ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'].map(ask)
    await settle()
    one.quota.grant(0, 10)
    await Promise.all(leases.slice(0, 9))
    await settle()
    // The tenth is kept for a third tenant.
    expect(one.cache.statistics()).toMatchObject([{ size: 9, max_size: 10, waiting: 3 }])
    expect([...one.quota.wantMore]).toHaveLength(1)
    for (const late of leases.slice(9)) {
      one.quota.grantMore(one.cache)
      await late
    }
  })

  test('answers budget_exhausted when the time of who waits is up, and asks no more when nobody is left', async () => {
    const one = host()
    const problem = problemOf(one.lease('a', {}, { timeoutMs: 3_000 }))
    const later = problemOf(one.lease('a', {}, { timeoutMs: 30_000 }))
    await one.clock.advance(3_000)
    expect(await problem).toMatchObject({ code: 'budget_exhausted', status: 503, retryAfter: 1 })
    expect(one.quota.asked).toHaveLength(1)
    await one.clock.advance(30_000)
    expect(await later).toMatchObject({ code: 'budget_exhausted' })
    await one.clock.advance(20_000)
    expect(one.quota.asked).toHaveLength(0)
    expect(one.cache.isEmpty()).toBe(true)
    expect(one.clock.timers).toBe(0)
  })

  test('does not count as a failure of the database', async () => {
    const one = host()
    for (let n = 0; n < 5; n++) {
      const problem = problemOf(one.lease('a', {}, { timeoutMs: 1_000 }))
      await one.clock.advance(40_000)
      expect((await problem).code).toBe('budget_exhausted')
    }
    one.quota.held = false
    await (await one.lease('a')).release()
  })
})

test('more is asked for again while somebody waits and every connection is busy', async () => {
  const one = host()
  const first = one.lease('a', { maxSize: 2 })
  await settle()
  one.quota.grant(0, 1)
  await first
  const second = one.lease('a', { maxSize: 2 })
  await settle()
  one.quota.wantMore.clear()
  await one.clock.advance(1_000)
  one.quota.grantMore(one.cache)
  await (await second).release()
  await (await first).release()
  await one.clock.advance(5_000)
  expect(one.quota.wantMore.size).toBe(0)
})

describe('connections that are asked back', () => {
  test('are given back as they come free', async () => {
    const { a, b, cache, quota, engine } = await pool()
    expect(cache.recall('a#1', 1, false)).toBe('recalled')
    await settle()
    // The free one is closed, and two are lent.
    expect(engine.pools[0]?.connections.size).toBe(2)
    expect(quota.granted.get('a#1')).toBe(3)
    await a.release()
    expect(engine.pools[0]?.connections.size).toBe(1)
    expect(quota.granted.get('a#1')).toBe(1)
    await b.release()
    expect(cache.statistics()).toMatchObject([{ size: 1, max_size: 1, wanted_size: 3 }])
  })

  test('are all that a pool has: it serves who waits, closes with that reason, and gives everything back', async () => {
    const { a, b, cache, clock, quota, story, lease } = await pool()
    const waiting = lease('a', { maxSize: 3 })
    expect(cache.recall('a#1', 0, false)).toBe('recalled')
    expect(cache.recall('a#1', 0, false)).toBe('recalled')
    await a.release()
    await b.release()
    await (await waiting).release()
    await settle()
    expect(story()).toEqual(['opened a', 'closed a recalled'])
    expect(quota.granted.size).toBe(0)
    expect(clock.timers).toBe(0)
  })

  test('stay with a pool that is in use, was used a moment ago, or is only opening, when it is to be unused', async () => {
    const { a, b, cache, clock, lease, engine } = await pool()
    expect(cache.recall('a#1', 0, true)).toBe('busy')
    await a.release()
    await b.release()
    expect(cache.recall('a#1', 0, true)).toBe('busy')
    await clock.advance(250)
    expect(cache.recall('a#1', 0, true)).toBe('recalled')
    engine.held = true
    void lease('b')
    await settle()
    expect(cache.recall('b#2', 0, false)).toBe('busy')
    expect(cache.recall('nobody', 0, false)).toBe('unknown')
  })

  test('of a pool that was closed by force are given back when its last lease is', async () => {
    const { a, b, cache, clock, quota } = await pool()
    const closed = cache.close('a')
    await clock.advance(30_000)
    await closed
    expect(quota.granted.get('a#1')).toBe(3)
    await a.release()
    expect(quota.granted.get('a#1')).toBe(3)
    await b.release()
    expect(quota.granted.size).toBe(0)
  })

  test('are not taken from the successor of a recycled pool', async () => {
    const { a, b, cache, quota, story } = await pool()
    const recycled = cache.recycle('a')
    await settle()
    expect([...quota.granted]).toEqual([
      ['a#1', 3],
      ['a#2', 3],
    ])
    await a.release()
    await b.release()
    expect(await recycled).toBe(true)
    expect(story()).toEqual(['opened a', 'opened a', 'closed a recycled'])
    expect([...quota.granted]).toEqual([['a#2', 3]])
  })

  test('a recycling that is not granted a successor in time leaves the pool as it is', async () => {
    const one = await pool()
    one.quota.held = true
    const problem = problemOf(one.cache.recycle('a'))
    await one.clock.advance(40_000)
    expect((await problem).code).toBe('budget_exhausted')
    expect(one.cache.find('a')?.state).toBe('open')
  })
})
