import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jitteredLifetime } from '../../../src/pools/lifetime.ts'

const LONGEST = 840_000
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('a lifetime lies within a tenth of the nominal one', () => {
  expect(jitteredLifetime(100_000, LONGEST, () => 0)).toBe(90_000)
  expect(jitteredLifetime(100_000, LONGEST, () => 0.5)).toBe(100_000)
  expect(jitteredLifetime(100_000, LONGEST, () => 0.999_999_999)).toBe(110_000)
})

test('no lifetime is ever longer than the longest allowed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: 10 * LONGEST }), unit, (nominal, random) => {
      const lifetime = jitteredLifetime(nominal, LONGEST, () => random)
      expect(lifetime).toBeLessThanOrEqual(LONGEST)
      expect(lifetime).toBeGreaterThan(0)
    }),
  )
})

test('at the cap the whole range moves down, so that nothing gathers at its upper end', () => {
  const lifetimes = [0, 0.25, 0.5, 0.75, 0.999_999].map((random) =>
    jitteredLifetime(LONGEST, LONGEST, () => random),
  )
  expect(lifetimes).toEqual([...new Set(lifetimes)])
  expect(Math.max(...lifetimes)).toBeLessThanOrEqual(LONGEST)
  expect(Math.min(...lifetimes)).toBeGreaterThan(0.8 * LONGEST)
})

test('twenty connections opened together do not expire within one second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 60_000, max: LONGEST }), fc.integer(), (nominal, seed) => {
      const random = evenly(seed)
      const lifetimes = Array.from({ length: 20 }, () => jitteredLifetime(nominal, LONGEST, random))
      expect(Math.max(...lifetimes) - Math.min(...lifetimes)).toBeGreaterThan(1_000)
    }),
  )
})

/** A small generator (mulberry32), so that a failure can be repeated. */
function evenly(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
