import { expect, test } from 'vitest'
import { PoolStats, STATS_MS } from '../../../src/host/pool-stats.ts'
import { NO_POOL_COUNTERS } from '../../../src/pools/counters.ts'
import type { PoolStatistics } from '../../../src/pools/statistics.ts'
import { FakeClock } from '../support/clock.ts'

const POOL: PoolStatistics = {
  ...NO_POOL_COUNTERS,
  id: 'a#1',
  key: 'a',
  tenant: 'a',
  tier: null,
  engine: 'postgres',
  cluster: 'postgres',
  state: 'open',
  size: 1,
  free: 1,
  used: 0,
  waiting: 0,
  min_size: 1,
  max_size: 2,
  wanted_size: 2,
  opened_at: 0,
  last_used_at: 0,
}

function world() {
  const clock = new FakeClock()
  const state = { pools: 0, told: 0 }
  const stats = new PoolStats({
    clock,
    pools: () => Array.from({ length: state.pools }, () => POOL),
    tell: () => {
      state.told++
    },
  })
  return { clock, state, stats }
}

test('the figures of each pool are told once a minute, however many open meanwhile', async () => {
  const { clock, state, stats } = world()
  for (state.pools = 1; state.pools < 3; state.pools++) stats.review()
  await clock.advance(STATS_MS - 1)
  expect(state.told).toBe(0)
  await clock.advance(1)
  expect(state.told).toBe(3)
  await clock.advance(3 * STATS_MS)
  expect(state.told).toBe(12)
})

test('no timer is left when the last pool has gone, and one runs again with the next', async () => {
  const { clock, state, stats } = world()
  state.pools = 1
  stats.review()
  state.pools = 0
  stats.review()
  expect(clock.timers).toBe(0)
  await clock.advance(2 * STATS_MS)
  expect(state.told).toBe(0)
  state.pools = 1
  stats.review()
  await clock.advance(STATS_MS)
  expect(state.told).toBe(1)
})

test('the timer ends by itself when the pools went without a word', async () => {
  const { clock, state, stats } = world()
  state.pools = 1
  stats.review()
  state.pools = 0
  await clock.advance(STATS_MS)
  expect(clock.timers).toBe(0)
})
