import { expect, test } from 'vitest'
import { serverTiming } from '../../../src/edge/server-timing.ts'

test('every part that happened is told, in the order in which it did', () => {
  expect(serverTiming({ limitMs: 2, waitMs: 0, dbMs: 5, totalMs: 9 })).toBe(
    'limit;dur=2, lease;dur=0, db;dur=5, total;dur=9',
  )
})

test('what did not happen is left out', () => {
  expect(serverTiming({ limitMs: undefined, totalMs: 1 })).toBe('total;dur=1')
})
