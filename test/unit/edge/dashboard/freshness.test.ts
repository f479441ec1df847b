import { expect, it } from 'vitest'
import { freshness, STALE_AFTER_MS } from '../../../../src/edge/dashboard/client/freshness.ts'

const receivedAt = Date.UTC(2026, 10, 21, 14, 2, 11)

it('is loading until the first view has come', () => {
  expect(freshness({ way: null, receivedAt: null }, receivedAt).state).toBe('loading')
})

it('says by which way views come, and how old the last one is', () => {
  const at = receivedAt + 3000
  expect(freshness({ way: 'stream', receivedAt }, at)).toEqual({
    state: 'live',
    text: 'Live · updated 3 s ago',
  })
  expect(freshness({ way: 'polling', receivedAt }, at)).toEqual({
    state: 'polling',
    text: 'Polling · updated 3 s ago',
  })
})

it.each(['stream', 'polling'] as const)('is stale when no view has come by %s for too long', (way) => {
  const lastMoment = receivedAt + STALE_AFTER_MS - 1
  expect(freshness({ way, receivedAt }, lastMoment).state).not.toBe('stale')
  expect(freshness({ way, receivedAt }, lastMoment + 1, 'UTC')).toEqual({
    state: 'stale',
    text: 'Stale since 14:02:11 · retrying',
  })
})
