import { describe, expect, test } from 'vitest'
import { Budget } from '../../../src/ledger/budget.ts'
import { Claims } from '../../../src/ledger/claims.ts'
import type { ClaimAnswer, Recall, RecallAnswer } from '../../../src/ledger/grant.ts'
import { FakeClock, settle } from '../support/clock.ts'
import { claimOf } from '../support/grants.ts'

/** Claims on a budget, and hosts that do as the test says when they are asked to give back. */
function world(limit: number) {
  const clock = new FakeClock()
  const budget = new Budget({ limit })
  const asked: (Recall & { host: string })[] = []
  const counted: string[] = []
  const replies: RecallAnswer[] = []
  const claims = new Claims({
    budget,
    clock,
    count: (what) => counted.push(what),
    recall: async (host, recall) => {
      asked.push({ host, ...recall })
      return replies.shift() ?? 'recalled'
    },
  })
  /** What a claim has come to, once it has come to something. */
  const claim = (pool: string, overrides = {}) => {
    const outcome: { answer?: ClaimAnswer } = {}
    void claims.claim(claimOf(pool, overrides)).then((answer) => {
      outcome.answer = answer
    })
    return outcome
  }
  const giveBack = (pool: string, size: number) =>
    claims.giveBack(claimOf(pool), size, budget.find(claimOf(pool))?.revision ?? 0)
  const unused = (pool: string, lastUsedAt: number) =>
    claims.note(claimOf(pool), { isUnused: true, lastUsedAt })
  return { clock, budget, asked, counted, replies, claims, claim, giveBack, unused }
}

describe('a claim', () => {
  test('is granted at once while there is enough', async () => {
    const { claim, clock } = world(10)
    const a = claim('a')
    await settle()
    expect(a.answer?.size).toBe(5)
    expect(clock.timers).toBe(0)
  })

  test('that cannot be met is answered after a second, and keeps its place when it asks again', async () => {
    const { claim, clock, claims, giveBack } = world(5)
    claim('a')
    const first = claim('b')
    const second = claim('c')
    await clock.advance(1_000)
    expect([first.answer?.size, second.answer?.size]).toEqual([0, 0])
    const cAgain = claim('c')
    const bAgain = claim('b')
    expect(claims.waiting).toBe(2)
    giveBack('a', 4)
    await settle()
    expect(cAgain.answer).toBeUndefined()
    expect(bAgain.answer?.size).toBe(1)
  })

  test('loses its place when it does not ask again, and counts as denied', async () => {
    const { claim, clock, claims, counted } = world(5)
    claim('a')
    claim('b')
    await clock.advance(5_900)
    expect(claims.waiting).toBe(1)
    claims.review()
    await clock.advance(1_000)
    expect(claims.waiting).toBe(0)
    expect(counted.filter((what) => what === 'denied')).toHaveLength(1)
    expect(clock.timers).toBe(0)
  })

  test('that is given up counts as denied', async () => {
    const { claim, clock, claims, counted, giveBack } = world(5)
    claim('a')
    claim('b')
    await clock.advance(1_000)
    giveBack('b', 0)
    expect(claims.waiting).toBe(0)
    expect(counted).toContain('denied')
  })

  test('whose answer was lost finds its grant when it asks again', async () => {
    const { claim, budget } = world(10)
    const lost = claim('a')
    await settle()
    const again = claim('a')
    await settle()
    expect(again.answer).toEqual(lost.answer)
    expect(budget.granted).toBe(5)
  })

  test('for more waits for nobody, and comes after those who wait for their first', async () => {
    const { claim, claims, giveBack } = world(6)
    claim('a', { want: 4 })
    const b = claim('b', { want: 4 })
    await settle()
    expect(b.answer?.size).toBe(2)
    const c = claim('c')
    const more = claim('b', { want: 4 })
    await settle()
    expect(more.answer?.size).toBe(2)
    giveBack('a', 3)
    await settle()
    expect(c.answer?.size).toBe(1)
    claims.giveBack(claimOf('c'), 0, 0)
    const later = claim('b', { want: 4 })
    await settle()
    expect(later.answer?.size).toBe(3)
  })
})

describe('when the budget is short', () => {
  test('pools that nobody uses are recalled, least recently used first, and no more than are needed', async () => {
    const { claim, asked, unused } = world(9)
    for (const pool of ['a', 'b', 'c']) claim(pool, { want: 3 })
    unused('a', 30)
    unused('b', 10)
    unused('c', 20)
    claim('d')
    await settle()
    expect(asked).toMatchObject([{ host: 'host-b', pool: 'b', keep: 0, onlyIfUnused: true }])
    claim('e')
    await settle()
    expect(asked).toHaveLength(1)
  })

  test('a pool that turns out to be in use keeps what it has, and the next one is asked', async () => {
    const { claim, asked, replies, unused } = world(6)
    for (const pool of ['a', 'b']) claim(pool, { want: 3 })
    unused('a', 10)
    unused('b', 20)
    replies.push('busy')
    claim('c')
    await settle()
    expect(asked.map(({ pool }) => pool)).toEqual(['a', 'b'])
  })

  test('pools in use give back what they have above their share', async () => {
    const { claim, asked } = world(8)
    claim('a', { want: 8 })
    claim('b', { want: 8 })
    await settle()
    expect(asked).toMatchObject([{ pool: 'a', keep: 4, onlyIfUnused: false }])
  })

  test('a share follows the weight of the tier', async () => {
    const { claim, asked } = world(8)
    claim('a', { want: 8, weight: 3 })
    claim('b', { want: 8, weight: 1 })
    await settle()
    expect(asked).toMatchObject([{ pool: 'a', keep: 6 }])
  })

  test('pools with one connection each take turns, each of a second at least', async () => {
    const { claim, asked, clock, giveBack } = world(2)
    claim('a', { want: 1 })
    await clock.advance(400)
    claim('b', { want: 1 })
    const c = claim('c', { want: 1 })
    await clock.advance(500)
    expect(asked).toEqual([])
    await clock.advance(250)
    expect(asked).toMatchObject([{ pool: 'a', keep: 0, onlyIfUnused: false }])
    giveBack('a', 0)
    await settle()
    expect(c.answer?.size).toBe(1)
  })

  test('a host that does not have the pool any more lets its grant lapse within 10 s', async () => {
    const { claim, clock, budget, replies } = world(5)
    claim('a')
    await clock.advance(1_500)
    replies.push('unknown')
    claim('b', { want: 1 })
    await clock.advance(9_000)
    expect(budget.find(claimOf('a'))).toBeDefined()
    claim('b', { want: 1 })
    await clock.advance(3_000)
    expect(budget.find(claimOf('a'))).toBeUndefined()
  })

  test('what was asked back does not grow meanwhile', async () => {
    const { claim, budget } = world(8)
    claim('a', { want: 8 })
    claim('b', { want: 8 })
    await settle()
    claim('a', { want: 8 })
    await settle()
    expect(budget.find(claimOf('a'))?.size).toBe(8)
    expect(budget.granted).toBe(8)
  })
})

describe('a report', () => {
  const held = { pool: 'a', want: 5, weight: 1, overhead: 0 }
  const holder = { host: 'host-a', instance: 'i1', claiming: [], seen: 9e15 }

  test('keeps alive what it lists and takes back what it does not', async () => {
    const { claim, clock, claims, budget } = world(10)
    claim('a')
    await settle()
    const grant = budget.find(claimOf('a'))
    await clock.advance(80_000)
    claims.renew({ ...holder, grants: [{ ...held, size: 5, revision: grant?.revision ?? 0 }] })
    await clock.advance(80_000)
    claims.review()
    expect(budget.granted).toBe(5)
    claims.renew({ ...holder, grants: [] })
    expect(budget.granted).toBe(0)
  })

  test('does not take back what is on its way to the host', async () => {
    const { claim, claims, budget } = world(10)
    claim('a')
    await settle()
    claims.renew({ ...holder, grants: [], claiming: ['a'] })
    claims.renew({ ...holder, grants: [], seen: 0 })
    expect(budget.granted).toBe(5)
  })

  test('tells the Ledger what it has missed: connections that are back already', async () => {
    const { claim, claims, budget } = world(10)
    claim('a')
    await settle()
    const revision = budget.find(claimOf('a'))?.revision ?? 0
    claims.renew({ ...holder, grants: [{ ...held, size: 2, revision }] })
    expect(budget.granted).toBe(2)
  })

  test('has a pool taken in that opened without the Ledger, with what is left, or closed', () => {
    const { claims } = world(1)
    const [adopted] = claims.renew({ ...holder, grants: [{ ...held, size: 1, revision: 0 }] })
    expect(adopted).toMatchObject({ pool: 'a', size: 1 })
    const other = { ...holder, host: 'host-b', grants: [{ ...held, pool: 'b', size: 1, revision: 0 }] }
    expect(claims.renew(other)).toEqual([{ pool: 'b', size: 0, revision: 0 }])
  })

  test('of a later life lets the grants of an earlier one lapse within 10 s', async () => {
    const { claim, clock, claims, budget } = world(10)
    claim('a')
    await settle()
    claims.renew({ ...holder, instance: 'i2', grants: [] })
    expect(budget.granted).toBe(5)
    await clock.advance(10_000)
    claims.review()
    expect(budget.granted).toBe(0)
  })
})

test('what is told of a pool that was not granted, or is not any more, is not kept to be recalled', async () => {
  const { claim, clock, claims, asked, unused } = world(5)
  unused('health', 1)
  claim('a')
  await settle()
  unused('a', 1)
  await clock.advance(90_000)
  claims.review()
  unused('a', 1)
  claim('a')
  await settle()
  // The pool is as it was granted anew, and nobody knows yet whether it is used.
  claim('b', { want: 1 })
  await settle()
  expect(asked.filter(({ onlyIfUnused }) => onlyIfUnused)).toEqual([])
})
