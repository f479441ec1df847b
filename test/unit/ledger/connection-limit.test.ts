import { expect, test } from 'vitest'
import { connectionLimit } from '../../../src/ledger/connection-limit.ts'

const HOUR_MS = 3_600_000

test.each([null, Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY, undefined, '200'])(
  'a server that tells %j of its connections is one that does not tell',
  (max) => {
    const told = { max: max as number | null, askedAt: 0 }
    expect(connectionLimit(undefined, told, 0)).toEqual({
      max: 100,
      source: 'assumed',
      limit: 90,
      ask: false,
    })
    expect(connectionLimit(undefined, told, HOUR_MS).ask).toBe(true)
  },
)

test('what a server tells holds for an hour, and what the deployment says for good', () => {
  expect(connectionLimit(undefined, { max: 300, askedAt: 0 }, 0)).toMatchObject({
    source: 'server',
    limit: 270,
  })
  expect(connectionLimit(undefined, { max: 300, askedAt: 0 }, HOUR_MS).ask).toBe(true)
  expect(connectionLimit(50, { max: 300, askedAt: 0 }, HOUR_MS)).toMatchObject({
    source: 'configured',
    limit: 45,
    ask: false,
  })
  expect(connectionLimit(undefined, undefined, 0)).toMatchObject({ source: 'unknown', ask: true })
})
