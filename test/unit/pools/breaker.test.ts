import { expect, test } from 'vitest'
import { Breaker } from '../../../src/pools/breaker.ts'

function tripped(now = 0): Breaker {
  const breaker = new Breaker()
  for (let failure = 0; failure < 5; failure++) breaker.failed(now)
  return breaker
}

test('four failures in a row change nothing', () => {
  const breaker = new Breaker()
  for (let failure = 0; failure < 4; failure++) breaker.failed(0)
  expect(breaker.allows(0)).toBe(true)
  expect(breaker.pausedFor(0)).toBe(0)
})

test('a success between failures begins the count anew', () => {
  const breaker = new Breaker()
  for (let failure = 0; failure < 4; failure++) breaker.failed(0)
  breaker.succeeded()
  for (let failure = 0; failure < 4; failure++) breaker.failed(0)
  expect(breaker.allows(0)).toBe(true)
})

test('the fifth failure in a row pauses openings for a second', () => {
  const breaker = tripped(1_000)
  expect(breaker.allows(1_000)).toBe(false)
  expect(breaker.pausedFor(1_400)).toBe(600)
  expect(breaker.allows(1_999)).toBe(false)
  expect(breaker.allows(2_000)).toBe(true)
})

test('one trial is let through per pause', () => {
  const breaker = tripped()
  expect([1_000, 1_000, 1_999, 2_000, 2_001].map((now) => breaker.allows(now))).toEqual([
    true,
    false,
    false,
    true,
    false,
  ])
})

test('each failed trial doubles the pause, up to 30 seconds', () => {
  const breaker = tripped()
  const pauses: number[] = []
  let now = 0
  for (let trial = 0; trial < 7; trial++) {
    now += breaker.pausedFor(now)
    expect(breaker.allows(now)).toBe(true)
    breaker.failed(now)
    pauses.push(breaker.pausedFor(now))
  }
  expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
})

test('asking for the rest of the pause does not spend the trial', () => {
  const breaker = tripped()
  expect(breaker.pausedFor(5_000)).toBe(0)
  expect(breaker.pausedFor(5_000)).toBe(0)
  expect(breaker.allows(5_000)).toBe(true)
})

test('a successful trial frees openings and forgets the failures', () => {
  const breaker = tripped()
  expect(breaker.allows(1_000)).toBe(true)
  breaker.succeeded()
  expect([breaker.allows(1_000), breaker.allows(1_000)]).toEqual([true, true])
  for (let failure = 0; failure < 4; failure++) breaker.failed(1_000)
  expect(breaker.allows(1_000)).toBe(true)
  breaker.failed(1_000)
  expect(breaker.pausedFor(1_000)).toBe(1_000)
})
