import { expect, test } from 'vitest'
import { LastWrites } from '../../../src/host/last-writes.ts'

test('a write is recent until its time is over, for its tenant only', () => {
  const writes = new LastWrites(5_000)
  writes.note('acme', 1_000)
  expect(writes.isRecent('acme', 5_999)).toBe(true)
  expect(writes.isRecent('acme', 6_000)).toBe(false)
  expect(writes.isRecent('globex', 1_000)).toBe(false)
})

test('with a pin of 0 no write is recent', () => {
  const writes = new LastWrites(0)
  writes.note('acme', 1_000)
  expect(writes.isRecent('acme', 1_000)).toBe(false)
})

test('ten thousand tenants are remembered, the last ones', () => {
  const writes = new LastWrites(5_000)
  for (let n = 0; n <= 10_000; n++) writes.note(`t${n}`, 0)
  expect(writes.isRecent('t0', 1)).toBe(false)
  expect(writes.isRecent('t1', 1)).toBe(true)
  expect(writes.isRecent('t10000', 1)).toBe(true)
})
