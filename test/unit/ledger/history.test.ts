import { expect, test } from 'vitest'
import { History } from '../../../src/ledger/history.ts'

const MINUTE = 60_000
const sums = (used: number) => () => ({ used, free: 1, waiting: 0 })

test('puts down one sample in five seconds, the first, and adds nothing up for the others', () => {
  const history = new History()
  expect(history.note(10_000, sums(1))).toEqual({ at: 10_000, used: 1, free: 1, waiting: 0 })
  expect(
    history.note(14_999, () => {
      throw new Error('added up')
    }),
  ).toBeUndefined()
  expect(history.note(17_000, sums(3))?.at).toBe(15_000)
  expect(history.samples(17_000).map(({ at, used }) => [at, used])).toEqual([
    [10_000, 1],
    [15_000, 3],
  ])
})

test('has a gap where nothing was reported', () => {
  const history = new History()
  history.note(5_000, sums(1))
  history.note(65_000, sums(2))
  expect(history.samples(65_000).map(({ at }) => at)).toEqual([5_000, 65_000])
})

test('keeps fifteen minutes, also when nobody reports any more', () => {
  const history = new History()
  for (let at = 5_000; at <= 20 * MINUTE; at += 5_000) history.note(at, sums(1))
  const samples = history.samples(20 * MINUTE)
  expect(samples).toHaveLength(180)
  expect(samples[0]?.at).toBe(5 * MINUTE + 5_000)
  expect(history.samples(40 * MINUTE)).toEqual([])
})

test('goes on from what was stored', () => {
  const stored = [{ at: 5_000, used: 1, free: 1, waiting: 0 }]
  const history = new History(stored)
  expect(history.note(6_000, sums(2))).toBeUndefined()
  expect(history.note(10_000, sums(2))?.used).toBe(2)
  expect(history.samples(10_000)).toHaveLength(2)
})

test('is not led astray by a clock that goes back', () => {
  const history = new History()
  history.note(20_000, sums(1))
  expect(history.note(9_000, sums(2))).toBeUndefined()
})
