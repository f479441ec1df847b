import { describe, expect, test } from 'vitest'
import { Reserve } from '../../../../src/edge/limits/reserve.ts'

const left = (remaining: number) => ({ passed: true, limit: 1_000, remaining, resetAt: 60_000 })

/** A reserve of at most 20 that knows of a tenant with so many requests left. */
function reserveFor(remaining: number, held = 0): Reserve {
  const reserve = new Reserve(20)
  reserve.note('acme', left(remaining), held, 60_000, 0)
  return reserve
}

test('of a tenant that nobody has asked about nothing is taken in advance', () => {
  const reserve = new Reserve(20)
  expect(reserve.take('acme', 0)).toBeUndefined()
  expect(reserve.wanted('acme', 0)).toBe(0)
})

test.each([
  [1_000, 20],
  [100, 10],
  [19, 1],
  [9, 0],
])('with %d left an isolate takes at most a tenth of it, here %d', (remaining, wanted) => {
  expect(reserveFor(remaining).wanted('acme', 0)).toBe(wanted)
})

test('what is held is made one by one, and what is left is told as if nothing were held', () => {
  const reserve = reserveFor(980, 2)
  expect(reserve.take('acme', 0)?.remaining).toBe(981)
  expect(reserve.take('acme', 0)).toEqual({ passed: true, limit: 1_000, remaining: 980, resetAt: 60_000 })
  expect(reserve.take('acme', 0)).toBeUndefined()
})

test('more is wanted once half is gone, and then as much as fills it up', () => {
  const reserve = reserveFor(980, 11)
  expect(reserve.wanted('acme', 0)).toBe(0)
  reserve.take('acme', 0)
  expect(reserve.wanted('acme', 0)).toBe(10)
})

test('what was left is known for a moment only', () => {
  const reserve = reserveFor(900)
  expect(reserve.left('acme', 249)).toBe(900)
  expect(reserve.left('acme', 250)).toBe(0)
  expect(reserve.left('globex', 0)).toBe(0)
})

test('what was not made in its time is lost', () => {
  const reserve = reserveFor(980, 20)
  expect(reserve.take('acme', 59_999)).toBeDefined()
  expect(reserve.take('acme', 60_000)).toBeUndefined()
  expect(reserve.take('acme', 0)).toBeUndefined()
})

test('what is held of one window is not made in the next, whichever answer comes when', () => {
  const reserve = reserveFor(980, 20)
  reserve.note('acme', { ...left(999), resetAt: 120_000 }, 0, 120_000, 60_000)
  expect(reserve.take('acme', 60_000)).toBeUndefined()
  // Asked for in the first window, answered in the second.
  reserve.note('acme', left(960), 20, 60_000, 60_001)
  expect(reserve.take('acme', 60_001)).toBeUndefined()
})

test('what is taken in advance adds up within a window', () => {
  const reserve = reserveFor(980, 1)
  reserve.note('acme', left(978), 2, 60_000, 10)
  const made = Array.from({ length: 4 }, () => reserve.take('acme', 20)?.remaining)
  expect(made).toEqual([980, 979, 978, undefined])
})

describe('auto', () => {
  /** Makes requests at even times, each counted by itself where nothing is held, and tells what was wanted last. */
  function wantedAfter(requests: number, overMs: number, remaining = 1_000_000): number {
    const reserve = new Reserve('auto')
    let now = 0
    for (let n = 0; n < requests; n++) {
      now = (n * overMs) / requests
      reserve.note('acme', left(remaining), 0, 60_000, now)
      reserve.made('acme', now)
    }
    return reserve.wanted('acme', now)
  }

  test('takes as many in advance as are made in a quarter of a second, and no more than a hundred', () => {
    expect(wantedAfter(200, 1_000)).toBe(50)
    expect(wantedAfter(20, 1_000)).toBe(5)
    expect(wantedAfter(10_000, 1_000)).toBe(100)
  })

  test('takes none for a tenant that makes a few only', () => {
    expect(wantedAfter(12, 1_000)).toBe(0)
    expect(wantedAfter(1, 1_000)).toBe(0)
  })

  test('takes at most a tenth of what is left all the same', () => {
    expect(wantedAfter(200, 1_000, 60)).toBe(6)
    expect(wantedAfter(200, 1_000, 9)).toBe(0)
  })

  test('counts those it holds as made when they are', () => {
    const reserve = new Reserve('auto')
    reserve.note('acme', left(1_000_000), 40, 60_000, 0)
    for (let n = 0; n < 40; n++) reserve.take('acme', 100)
    expect(reserve.wanted('acme', 100)).toBe(40)
  })

  test('of a tenant that makes no more it takes none in advance, and holds none for a new one', () => {
    const reserve = new Reserve('auto')
    reserve.note('acme', left(1_000_000), 0, 60_000, 0)
    for (let n = 0; n < 50; n++) reserve.made('acme', 0)
    expect(reserve.wanted('acme', 499)).toBe(50)
    expect(reserve.wanted('acme', 500)).toBe(0)
  })
})
