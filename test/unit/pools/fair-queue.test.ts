import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FairQueue, type Waiter } from '../../../src/pools/fair-queue.ts'

interface Numbered extends Waiter {
  readonly id: number
}

let ids = 0
const waiter = (tenant: string, rights: Partial<Waiter> = {}): Numbered => ({
  id: ids++,
  tenant,
  share: 2,
  weight: 1,
  maxWaiting: 1_000,
  ...rights,
})

/** Takes `count` turns and returns whose they were. */
function turns(queue: FairQueue<Numbered>, count: number): string[] {
  return Array.from({ length: count }, () => queue.take()?.tenant ?? 'nobody')
}

describe('a fair queue', () => {
  test('serves one tenant first in, first out', () => {
    const queue = new FairQueue<Numbered>(() => 0)
    const all = Array.from({ length: 5 }, () => waiter('a', { share: 9 }))
    for (const one of all) queue.add(one)
    expect(all.map(() => queue.take()?.id)).toEqual(all.map((one) => one.id))
    expect(queue.take()).toBeUndefined()
  })

  test('lets two tenants take turns, however many requests one of them sent first', () => {
    const queue = new FairQueue<Numbered>(() => 0)
    for (let n = 0; n < 10; n++) queue.add(waiter('noisy', { share: 9 }))
    for (let n = 0; n < 3; n++) queue.add(waiter('quiet', { share: 9 }))
    expect(turns(queue, 6).sort()).toEqual(['noisy', 'noisy', 'noisy', 'quiet', 'quiet', 'quiet'])
  })

  test('gives turns by weight', () => {
    const queue = new FairQueue<Numbered>(() => 0)
    for (let n = 0; n < 90; n++) queue.add(waiter('heavy', { weight: 8, share: 99 }))
    for (let n = 0; n < 90; n++) queue.add(waiter('light', { weight: 1, share: 99 }))
    const heavy = turns(queue, 90).filter((tenant) => tenant === 'heavy').length
    expect(heavy).toBeGreaterThanOrEqual(79)
    expect(heavy).toBeLessThanOrEqual(81)
  })

  test('puts who holds its share behind who does not', () => {
    const queue = new FairQueue<Numbered>(() => 0)
    for (let n = 0; n < 5; n++) queue.add(waiter('greedy', { share: 2, weight: 100 }))
    expect(turns(queue, 2)).toEqual(['greedy', 'greedy'])
    queue.add(waiter('late', { share: 1 }))
    expect(turns(queue, 1)).toEqual(['late'])
  })

  test('leaves no connection idle: who is alone may have more than its share', () => {
    const queue = new FairQueue<Numbered>(() => 0)
    for (let n = 0; n < 5; n++) queue.add(waiter('alone', { share: 2 }))
    expect(turns(queue, 5)).toEqual(['alone', 'alone', 'alone', 'alone', 'alone'])
  })

  test('gives no credit for time that was not waited for', () => {
    const queue = new FairQueue<Numbered>(() => 0)
    for (let n = 0; n < 100; n++) queue.add(waiter('busy', { share: 999 }))
    turns(queue, 50)
    for (let n = 0; n < 20; n++) queue.add(waiter('newcomer', { share: 999 }))
    const next = turns(queue, 20).filter((tenant) => tenant === 'newcomer').length
    expect(next).toBeGreaterThanOrEqual(9)
    expect(next).toBeLessThanOrEqual(11)
  })

  test('bounds how many requests of one tenant wait, and not the others', () => {
    const queue = new FairQueue<Numbered>(() => 0)
    for (let n = 0; n < 3; n++) queue.add(waiter('full', { maxWaiting: 3 }))
    expect(() => queue.checkRoom(waiter('full', { maxWaiting: 3 }))).toThrow('3 requests already wait')
    expect(() => queue.checkRoom(waiter('other', { maxWaiting: 3 }))).not.toThrow()
  })

  test('forgets who neither waits nor holds, so that a thousand tenants leave nothing behind', () => {
    const queue = new FairQueue<Numbered>(() => 0)
    const served = Array.from({ length: 1_000 }, (_, n) => waiter(`t${n}`))
    for (const one of served) {
      queue.add(one)
      queue.take()
      queue.returned(one)
    }
    expect(queue.tenants).toBe(0)
  })
})

describe('a pool that one tenant uses beyond its share', () => {
  const MINUTE = 60_000
  const SIZE = 40

  /** A pool of 40 of which `tenant` takes whatever it can get. */
  function flooded(now: () => number, share = 10) {
    const queue = new FairQueue<Numbered>(now)
    for (let n = 0; n < 100; n++) queue.add(waiter('noisy', { share }))
    return { queue, lend: () => lend(queue, SIZE) }
  }

  test('is its own in full while nobody else comes', () => {
    const { lend } = flooded(() => 0)
    expect(lend()).toHaveLength(40)
  })

  test('keeps a twentieth free for others from when one of them comes until a minute after', () => {
    let now = 0
    const { queue, lend } = flooded(() => now)
    const leases = lend()
    const giveBack = (count: number) => {
      for (const lease of leases.splice(0, count)) queue.returned(lease)
    }
    queue.add(waiter('quiet'))
    giveBack(1)
    const [quiet, ...others] = lend()
    expect([quiet?.tenant, others]).toEqual(['quiet', []])
    if (quiet) queue.returned(quiet)
    giveBack(10)
    // 29 are still out, and two stay free.
    expect(lend()).toHaveLength(9)
    queue.add(waiter('quiet'))
    expect(lend().map((one) => one.tenant)).toEqual(['quiet'])
    now += MINUTE - 1
    expect(lend()).toEqual([])
    now += 1
    expect(lend()).toHaveLength(1)
  })

  test('keeps nothing free of a tenant that is still within its share', () => {
    const { queue, lend } = flooded(() => 0, 40)
    queue.add(waiter('quiet'))
    expect(lend()).toHaveLength(40)
  })
})

/** Hands out what a pool of `size` connections has free, as a pool does. */
function lend(queue: FairQueue<Numbered>, size: number): Numbered[] {
  const taken: Numbered[] = []
  while (queue.held < size && queue.hasTurn(size)) {
    const one = queue.take()
    if (!one) throw new Error('somebody has his turn and nobody was taken')
    taken.push(one)
  }
  return taken
}

type Step =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'arrive'; readonly tenant: number }
  | { readonly kind: 'return'; readonly which: number }
  | { readonly kind: 'leave'; readonly which: number }

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('arrive' as const), tenant: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('return' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(90_000) }) },
)

const SHARES = [1, 2, 3, 4]
const WEIGHTS = [1, 2, 4, 8]

/** A pool of `size` connections that hands out what is free after every step. */
function run(size: number, steps: readonly Step[]): void {
  let now = 0
  const queue = new FairQueue<Numbered>(() => now)
  const waiting: Numbered[] = []
  const held: Numbered[] = []
  const askedAt = new Map<string, number>()
  const heldBy = (tenant: string) => held.filter((one) => one.tenant === tenant).length
  const isBelowShare = (one: Numbered) => heldBy(one.tenant) < one.share
  const isAlone = ({ tenant }: Numbered) =>
    [...askedAt].every(([other, at]) => other === tenant || now - at >= 60_000)
  const take = () => {
    const before = [...waiting]
    const taken = queue.take()
    if (!taken) throw new Error('somebody waits and nobody was taken')
    const others = before.filter((other) => other.tenant !== taken.tenant)
    // Nobody beyond its share while somebody else waits who is below his.
    if (!isBelowShare(taken)) expect(others.some(isBelowShare)).toBe(false)
    // First in, first out within a tenant.
    expect(taken).toBe(before.find((other) => other.tenant === taken.tenant))
    waiting.splice(waiting.indexOf(taken), 1)
    held.push(taken)
  }
  const headroom = Math.ceil(size / 20)
  const lendAll = () => {
    while (held.length < size && queue.hasTurn(size)) take()
    if (held.length === size || waiting.length === 0) return
    // A free connection goes to whoever waits: but for the headroom, to those who hold their share and are not alone.
    expect(size - held.length).toBeLessThanOrEqual(headroom)
    expect(waiting.some(isBelowShare)).toBe(false)
    expect(waiting.every(isAlone)).toBe(false)
  }

  for (const one of steps) {
    if (one.kind === 'arrive') {
      const { tenant } = one
      const arrival = waiter(`t${tenant}`, { share: SHARES[tenant] ?? 1, weight: WEIGHTS[tenant] ?? 1 })
      queue.add(arrival)
      askedAt.set(arrival.tenant, now)
      waiting.push(arrival)
    } else if (one.kind === 'return' && held.length > 0) {
      const [back] = held.splice(one.which % held.length, 1)
      if (back) queue.returned(back)
    } else if (one.kind === 'leave' && waiting.length > 0) {
      const [gone] = waiting.splice(one.which % waiting.length, 1)
      if (gone) expect(queue.remove(gone)).toBe(true)
    } else if (one.kind === 'pass') {
      now += one.ms
    }
    lendAll()
    // Exact accounting.
    expect([queue.size, queue.held]).toEqual([waiting.length, held.length])
  }

  // No starvation, bounded wait: everybody is served within as many returns as there are waiters, and the headroom.
  for (let left = waiting.length + headroom; left > 0 && waiting.length > 0; left--) {
    const [back] = held.splice(0, 1)
    if (back) queue.returned(back)
    lendAll()
  }
  for (const one of held) queue.returned(one)
  expect(waiting).toEqual([])
  expect([queue.size, queue.held, queue.tenants]).toEqual([0, 0, 0])
}

test('in any history of arrivals, returns and leavers a queue is fair, busy, exact and forgets', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 45 }), fc.array(step, { maxLength: 120 }), (size, steps) =>
      run(size, steps),
    ),
    { numRuns: 500 },
  )
})

test('nobody waits for more turns than weights allow, whoever else keeps arriving', () => {
  const lightWeight = fc.integer({ min: 1, max: 4 })
  const heavyWeight = fc.integer({ min: 1, max: 16 })
  fc.assert(
    fc.property(lightWeight, heavyWeight, fc.integer({ min: 1, max: 5 }), (light, heavy, tenants) => {
      const queue = new FairQueue<Numbered>(() => 0)
      const flood = (n: number) => waiter(`flood${n}`, { weight: heavy, share: 1_000 })
      for (let n = 0; n < tenants; n++) for (let k = 0; k < 200; k++) queue.add(flood(n))
      queue.add(waiter('light', { weight: light, share: 1_000 }))
      // In the time of one turn of the light tenant each flooding one has heavy / light of its own.
      const bound = tenants * (Math.ceil(heavy / light) + 1) + 1
      expect(turns(queue, bound)).toContain('light')
    }),
  )
})
