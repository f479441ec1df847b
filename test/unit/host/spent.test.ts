import { expect, test } from 'vitest'
import { takeSpent, writeSpent } from '../../../src/host/spent.ts'
import type { Spent } from '../../../src/pools/request-usage.ts'

test.each<Spent>([
  { waitMs: 0, dbMs: 3, reused: true },
  { waitMs: 12, dbMs: 0, reused: false },
  { waitMs: 3_000 },
  { route: '/api/posts/:post_id{[a-f]{1,3}}', dbMs: 1 },
  {},
])('what a request spent comes over the hop as it was: %j', (spent) => {
  const headers = new Headers()
  writeSpent(headers, spent)
  expect(takeSpent(headers)).toEqual(spent)
  expect([...headers]).toEqual([])
})

test('a host of an earlier version says nothing', () => {
  expect(takeSpent(new Headers())).toBeUndefined()
})
