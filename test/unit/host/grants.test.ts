import { describe, expect, test } from 'vitest'
import { Grants } from '../../../src/host/grants.ts'
import type { Claim, ClaimAnswer, Recall } from '../../../src/ledger/grant.ts'
import { FakeClock, settle } from '../support/clock.ts'
import { specOf } from '../support/host.ts'

/** A host's grants, and a Ledger that answers what the test says. */
function world() {
  const clock = new FakeClock()
  const answers: (ClaimAnswer | Error | 'never')[] = []
  const claims: Claim[] = []
  const givenBack: [string, number, number][] = []
  const done: string[] = []
  const grants = new Grants({
    host: 'h',
    instance: 'i1',
    clock,
    ledger: () => ({
      async claim(claim) {
        claims.push(claim)
        const answer = answers.shift() ?? { size: 0, revision: 0 }
        if (answer instanceof Error) throw answer
        return answer === 'never' ? new Promise(() => {}) : answer
      },
      async giveBack({ pool }, size, revision) {
        givenBack.push([pool, size, revision])
      },
    }),
    pools: {
      grant: (id, size) => done.push(`grant ${id} ${size}`),
      recall: (id, keep) => {
        done.push(`recall ${id} ${keep}`)
        return 'recalled'
      },
    },
    onAsked: ({ id }) => done.push(`asked ${id}`),
    onUnreachable: ({ id }) => done.push(`unreachable ${id}`),
  })
  return { clock, answers, claims, givenBack, done, grants }
}

const pool = { id: 'a#1', spec: specOf('a', { maxSize: 5, weight: 2 }) }
const mongo = { id: 'm#1', spec: specOf('m', { maxSize: 5, target: { engine: 'mongo', url: 'x' } }) }
const recallOf = (overrides: Partial<Recall> = {}): Recall => {
  return { pool: 'a#1', instance: 'i1', keep: 1, revision: 20, onlyIfUnused: false, ...overrides }
}

describe('a pool that is about to open', () => {
  test('has claimed for it what its placement wants, with what its driver needs beside it', async () => {
    const { answers, claims, grants } = world()
    answers.push({ size: 3, revision: 10 }, { size: 4, revision: 11 })
    expect(await grants.claim(pool, () => true)).toBe(3)
    expect(await grants.claim(mongo, () => true)).toBe(4)
    expect(claims).toEqual([
      { host: 'h', instance: 'i1', pool: 'a#1', want: 5, weight: 2, overhead: 0 },
      { host: 'h', instance: 'i1', pool: 'm#1', want: 5, weight: 1, overhead: 1 },
    ])
  })

  test('is asked for again while somebody waits for it, and no longer', async () => {
    const { claims, clock, grants } = world()
    let left = 3
    const claimed = grants.claim(pool, () => --left > 0)
    await clock.advance(2_000)
    expect(await claimed).toBeUndefined()
    expect(claims).toHaveLength(3)
    expect(grants.holdings()).toMatchObject({ grants: [], claiming: [] })
  })

  test('is told of as being claimed for until the answer is there', async () => {
    const { answers, grants } = world()
    answers.push('never')
    void grants.claim(pool, () => true)
    expect(grants.holdings()).toMatchObject({ grants: [], claiming: ['a#1'] })
  })

  test('gets its grant from a Ledger that was being reset', async () => {
    const { answers, done, grants } = world()
    answers.push(new Error('reset'), { size: 2, revision: 10 })
    expect(await grants.claim(pool, () => true)).toBe(2)
    expect(done).toEqual([])
  })

  test('opens with one connection when the Ledger cannot be reached, and says so', async () => {
    const { answers, done, grants } = world()
    answers.push(new Error('down'), new Error('down'))
    expect(await grants.claim(pool, () => true)).toBe(1)
    expect(done).toEqual(['unreachable a#1'])
    expect(grants.holdings().grants).toMatchObject([{ pool: 'a#1', size: 1, revision: 0 }])
  })

  test('opens with one connection when the Ledger hangs', async () => {
    const { answers, clock, grants } = world()
    answers.push('never', 'never')
    const size = grants.claim(pool, () => true)
    await clock.advance(20_000)
    expect(await size).toBe(1)
    expect(clock.timers).toBe(0)
  })

  test('asks the server how much it takes when the Ledger wants to know', async () => {
    const { answers, done, grants } = world()
    answers.push({ size: 1, revision: 10, askMax: true })
    await grants.claim(pool, () => true)
    expect(done).toEqual(['asked a#1'])
  })
})

describe('a Ledger that answers at once, whatever it says', () => {
  test.each<[string, ClaimAnswer | Error]>([
    ['nothing', { size: 0, revision: 0 }],
    ['not a number', { size: Number.NaN, revision: 1 }],
    ['null, as JSON makes of it', { size: null as unknown as number, revision: 1 }],
    ['a fraction', { size: 0.5, revision: 1 }],
    ['less than nothing', { size: -3, revision: 1 }],
    ['infinity', { size: Number.POSITIVE_INFINITY, revision: 1 }],
    ['a text', { size: '5' as unknown as number, revision: 1 }],
  ])('is called once a second for a pool at most: %s', async (_, answer) => {
    const { answers, claims, clock, grants } = world()
    answers.push(...Array.from({ length: 1_000 }, () => answer))
    let isWanted = true
    const claimed = grants.claim(pool, () => isWanted)
    await clock.advance(60_000)
    expect(claims.length).toBeGreaterThan(30)
    expect(claims.length).toBeLessThanOrEqual(61)
    isWanted = false
    await clock.advance(1_000)
    expect(await claimed).toBeUndefined()
    // Nor when the pool begins to ask anew, again and again.
    const before = claims.length
    void (async () => {
      for (;;) await grants.claim(pool, () => false)
    })()
    await clock.advance(60_000)
    expect(claims.length - before).toBeLessThanOrEqual(61)
  })

  test('and gives more than was asked for keeps the pool as it is', async () => {
    const { answers, done, grants } = world()
    answers.push({ size: 2, revision: 10 })
    await grants.claim(pool, () => true)
    answers.push({ size: Number.NaN, revision: 20 })
    grants.askForMore(pool)
    await settle()
    expect(done).toEqual([])
    expect(grants.holdings().grants).toMatchObject([{ size: 2, revision: 10 }])
  })
})

describe('a pool that was granted less than it wants', () => {
  async function granted() {
    const one = world()
    one.answers.push({ size: 2, revision: 10 })
    await one.grants.claim(pool, () => true)
    await one.clock.advance(10_000)
    return one
  }

  test('grows when there is more', async () => {
    const { answers, done, grants } = await granted()
    answers.push({ size: 4, revision: 12 })
    grants.askForMore(pool)
    await settle()
    expect(done).toEqual(['grant a#1 4'])
  })

  test('asks once a second at most', async () => {
    const { claims, clock, grants } = await granted()
    for (let n = 0; n < 5; n++) grants.askForMore(pool)
    expect(claims).toHaveLength(2)
    await clock.advance(1_000)
    grants.askForMore(pool)
    expect(claims).toHaveLength(3)
  })

  test('does not take an answer that is older than what it was told since', async () => {
    const { answers, done, grants } = await granted()
    answers.push({ size: 4, revision: 12 })
    grants.askForMore(pool)
    grants.recall(recallOf({ revision: 20 }))
    await settle()
    expect(done).toEqual(['recall a#1 1'])
  })

  test('gives back what was granted for a pool that is over by then', async () => {
    const { answers, givenBack, grants } = await granted()
    answers.push({ size: 4, revision: 12 })
    grants.askForMore(pool)
    grants.giveBack(pool, 0)
    await settle()
    expect(givenBack).toEqual([
      ['a#1', 0, 10],
      ['a#1', 0, 0],
    ])
    expect(grants.holdings().grants).toEqual([])
  })
})

describe('what the Ledger asks back', () => {
  test('is given back with the revision of the wish', async () => {
    const { answers, givenBack, grants } = world()
    answers.push({ size: 3, revision: 10 })
    await grants.claim(pool, () => true)
    expect(grants.recall(recallOf({ revision: 20 }))).toBe('recalled')
    grants.giveBack(pool, 1)
    expect(givenBack).toEqual([['a#1', 1, 20]])
    expect(grants.holdings()).toMatchObject({ grants: [{ size: 1, revision: 20 }], seenRevision: 20 })
  })

  test('of a pool or a life that is not there is unknown', async () => {
    const { answers, grants } = world()
    expect(grants.recall(recallOf())).toBe('unknown')
    answers.push({ size: 3, revision: 10 })
    await grants.claim(pool, () => true)
    expect(grants.recall(recallOf({ instance: 'i0' }))).toBe('unknown')
  })

  test('before its claim was answered is not there yet, and not unknown', () => {
    const { answers, grants } = world()
    answers.push('never')
    void grants.claim(pool, () => true)
    expect(grants.recall(recallOf())).toBe('busy')
  })

  test('is not done when something newer was heard', async () => {
    const { answers, done, grants } = world()
    answers.push({ size: 3, revision: 30 })
    await grants.claim(pool, () => true)
    expect(grants.recall(recallOf({ revision: 20 }))).toBe('busy')
    expect(done).toEqual([])
  })
})

describe('where the Ledger says that the host is mistaken', () => {
  async function granted() {
    const one = world()
    one.answers.push({ size: 3, revision: 10 })
    await one.grants.claim(pool, () => true)
    return one
  }

  test.each([
    ['a pool without a grant closes', { size: 0, revision: 0 }, ['recall a#1 0']],
    ['a smaller grant shrinks the pool', { size: 2, revision: 11 }, ['recall a#1 2']],
    ['a larger one lets it grow', { size: 5, revision: 11 }, ['grant a#1 5']],
    ['old news change nothing', { size: 5, revision: 10 }, []],
  ])('%s', async (_, correction, expected) => {
    const { done, grants } = await granted()
    grants.correct([{ pool: 'a#1', ...correction }], 11)
    expect(done).toEqual(expected)
    expect(grants.holdings().seenRevision).toBe(11)
  })
})
