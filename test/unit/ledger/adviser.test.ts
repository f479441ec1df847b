import { expect, test } from 'vitest'
import { Adviser } from '../../../src/ledger/adviser.ts'
import type { Recommendation } from '../../../src/ledger/recommendation.ts'
import type { Cluster } from '../../../src/pools/statistics.ts'
import { FakeClock, settle } from '../support/clock.ts'

/** An adviser on `postgres`, with a store that outlives it and clusters that answer as the test says. */
function adviser(active: { postgres: number; mongo: number | 'refuse' | 'hang' }) {
  const clock = new FakeClock()
  const kept: Recommendation[] = []
  const asked: Cluster[] = []
  const changes: unknown[] = []
  const make = () =>
    new Adviser({
      clock,
      store: {
        get last() {
          return kept.at(-1)
        },
        keep(next) {
          if (next !== kept.at(-1)) kept.push(next)
        },
      },
      countHere: () => active.postgres,
      async countOn(cluster) {
        asked.push(cluster)
        if (active.mongo === 'hang') return new Promise<number>(() => {})
        if (active.mongo === 'refuse') throw new Error('away')
        return active.mongo
      },
      onChange: (...change) => changes.push(change),
    })
  return { asked, changes, clock, kept, make }
}

test('goes by the tenants of all clusters together', async () => {
  const { changes, clock, make } = adviser({ postgres: 300, mongo: 301 })
  expect(await make().advise(['mongo'])).toEqual({
    strategy: 'dedicated',
    since: clock.now(),
    activeTenants: 601,
  })
  expect(changes).toEqual([[null, 'dedicated', 601]])
})

test('counts once for all who ask at a time, and not again within a second', async () => {
  const active = { postgres: 10, mongo: 0 }
  const { asked, clock, make } = adviser(active)
  const one = make()
  await Promise.all([one.advise(['mongo']), one.advise(['mongo'])])
  active.postgres = 60
  await clock.advance(999)
  expect((await one.advise(['mongo'])).strategy).toBe('shared')
  expect(asked).toHaveLength(1)
  await clock.advance(1)
  expect((await one.advise(['mongo'])).strategy).toBe('grouped')
  expect(asked).toHaveLength(2)
})

test.each(['refuse', 'hang'] as const)(
  'goes on with what it said when a cluster answers with %s',
  async (fault) => {
    const active: Parameters<typeof adviser>[0] = { postgres: 10, mongo: 600 }
    const { clock, kept, make } = adviser(active)
    const one = make()
    const { since } = await one.advise(['mongo'])
    active.mongo = fault
    for (let minute = 0; minute < 10; minute++) {
      await clock.advance(60_000)
      const advice = one.advise(['mongo'])
      await clock.advance(1_000)
      expect(await advice).toEqual({ strategy: 'dedicated', since, activeTenants: null })
    }
    expect(kept).toHaveLength(1)
  },
)

test('says nothing of a fleet of which it has never known all', async () => {
  const { kept, make } = adviser({ postgres: 10, mongo: 'refuse' })
  await expect(make().advise(['mongo'])).rejects.toThrow()
  expect(kept).toEqual([])
})

test('follows on what was said before a reset', async () => {
  const active = { postgres: 601, mongo: 0 }
  const { changes, clock, make } = adviser(active)
  const { since } = await make().advise([])
  active.postgres = 450
  await clock.advance(10_000)
  await settle()
  expect(await make().advise([])).toEqual({ strategy: 'dedicated', since, activeTenants: 450 })
  expect(changes).toHaveLength(1)
})
