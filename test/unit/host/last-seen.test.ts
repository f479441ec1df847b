import { expect, test } from 'vitest'
import { LastSeen } from '../../../src/host/last-seen.ts'
import { hashOf } from '../../../src/tenants/hash.ts'

const MINUTE = 60_000

test('a tenant is active for five minutes after its last request, and counts once', () => {
  const seen = new LastSeen()
  seen.touch('a', 0)
  seen.touch('b', 0)
  seen.touch('a', MINUTE)
  expect(seen.countActive(5 * MINUTE)).toBe(2)
  expect(seen.countActive(5 * MINUTE + 1)).toBe(1)
  expect(seen.countActive(6 * MINUTE)).toBe(1)
  expect(seen.countActive(6 * MINUTE + 1)).toBe(0)
})

test('remembers ten thousand tenants, those that came last', () => {
  const seen = new LastSeen()
  for (let n = 0; n < 10_000; n++) seen.touch(`t${n}`, n)
  seen.touch('t0', 10_000)
  seen.touch('new', 10_001)
  expect(seen.countActive(10_001)).toBe(10_000)
  // `t1` was the one to go: nobody else ceases to be active before the one that was seen at 2.
  expect(seen.countActive(5 * MINUTE + 2)).toBe(10_000)
  expect(seen.countActive(5 * MINUTE + 3)).toBe(9_999)
  expect(seen.countActive(5 * MINUTE + 10_000)).toBe(2)
})

test('lists who is active with the seconds since the last request, up to a thousand tenants', () => {
  const seen = new LastSeen()
  seen.touch('a', 0)
  seen.touch('b', 90_999)
  expect(seen.listActive(5 * MINUTE)).toEqual([
    [hashOf('a'), 300],
    [hashOf('b'), 209],
  ])
  expect(seen.listActive(5 * MINUTE + 1)).toEqual([[hashOf('b'), 209]])
  for (let n = 1; n < 1_000; n++) seen.touch(`t${n}`, 5 * MINUTE)
  expect(seen.listActive(5 * MINUTE + 1)).toHaveLength(1_000)
  seen.touch('one more', 5 * MINUTE)
  expect(seen.listActive(5 * MINUTE + 1)).toBeUndefined()
  expect(seen.listActive(91_000 + 5 * MINUTE)).toHaveLength(1_000)
})
