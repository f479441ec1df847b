import { expect, test } from 'vitest'
import { writeLimitFields } from '../../../../src/edge/limits/fields.ts'
import type { Verdict } from '../../../../src/edge/limits/quota.ts'

const NOW = 1_700_000_000_500

function fieldsOf(verdict: Verdict): Record<string, string> {
  const headers = new Headers()
  writeLimitFields(headers, verdict, NOW)
  return Object.fromEntries(headers)
}

test('a caller is told of its limit in the current fields and in the older ones', () => {
  const quota = { passed: true, limit: 60, remaining: 12, resetAt: NOW + 17_300 }
  expect(fieldsOf({ policy: 'tenant', limit: 60, outcome: 'passed', quota })).toEqual({
    'ratelimit-policy': '"tenant";q=60;w=60',
    ratelimit: '"tenant";r=12;t=18',
    'x-ratelimit-limit': '60',
    'x-ratelimit-remaining': '12',
    'x-ratelimit-reset': '1700000018',
  })
})

test('a window that has just ended is never negative', () => {
  const quota = { passed: false, limit: 60, remaining: 0, resetAt: NOW - 1 }
  expect(fieldsOf({ policy: 'address', limit: 60, outcome: 'refused', quota }).ratelimit).toBe(
    '"address";r=0;t=0',
  )
})

test('what is not known is not told', () => {
  expect(fieldsOf({ policy: 'admin', limit: 600, outcome: 'unlimited' })).toEqual({
    'ratelimit-policy': '"admin";q=600;w=60',
    'x-ratelimit-limit': '600',
  })
})
