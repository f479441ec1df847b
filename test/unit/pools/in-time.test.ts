import { expect, test } from 'vitest'
import { inTime } from '../../../src/pools/in-time.ts'
import { FakeClock } from '../support/clock.ts'

test('an answer that comes in time is the answer, and so is a refusal; no timer is left', async () => {
  const clock = new FakeClock()
  expect(await inTime(clock, 100, async () => 'yes')).toBe('yes')
  await expect(inTime(clock, 100, () => Promise.reject(new RangeError('no')))).rejects.toThrow('no')
  expect(clock.timers).toBe(0)
})

test('an answer that does not come in time is none, whatever comes of it later', async () => {
  const clock = new FakeClock()
  const { promise, reject } = Promise.withResolvers<string>()
  const outcome = inTime(clock, 100, () => promise).catch((error: Error) => error.message)
  await clock.advance(100)
  expect(await outcome).toBe('no answer in time')
  reject(new Error('too late to be told'))
  await clock.advance(1)
})
