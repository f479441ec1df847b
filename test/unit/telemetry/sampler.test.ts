import { expect, test } from 'vitest'
import { SAMPLE_MS, Sampler } from '../../../src/telemetry/sampler.ts'

test('the first of a key is told, then one each ten seconds with how many there were since', () => {
  const sampler = new Sampler()
  expect(sampler.count('a', 0)).toBe(1)
  expect([1, 2, SAMPLE_MS - 1].map((now) => sampler.count('a', now))).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(sampler.count('a', SAMPLE_MS)).toBe(4)
  expect(sampler.count('a', SAMPLE_MS + 1)).toBeUndefined()
})

test('keys are counted apart', () => {
  const sampler = new Sampler()
  expect(sampler.count('a', 0)).toBe(1)
  expect(sampler.count('b', 1)).toBe(1)
})

test('what is remembered is bounded, however many keys there are', () => {
  const sampler = new Sampler()
  sampler.count('first', 0)
  for (let n = 0; n < 1_000; n++) sampler.count(`${n}`, 1)
  // Forgotten, so that it is new again.
  expect(sampler.count('first', 2)).toBe(1)
})
