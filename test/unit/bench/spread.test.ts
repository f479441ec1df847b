import { expect, test } from 'vitest'
import { CONFIDENCE, spreadOf } from '../../../dev/bench/spread.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

test('the median of an even number of measurements is half way between the two in the middle', () => {
  expect(spreadOf([4, 1, 2, 10])).toMatchObject({ median: 3, min: 1, max: 10 })
})

test('nothing measured has no median', () => {
  expect(spreadOf([])).toEqual({ median: Number.NaN, min: Number.NaN, max: Number.NaN })
})

/** The first to the last of them, by the tables of W. J. Conover, Practical Nonparametric Statistics. */
test.each([
  [5, 1, 5],
  [6, 1, 6],
  [7, 1, 7],
  [8, 2, 7],
  [9, 2, 8],
  [10, 2, 9],
  [11, 3, 9],
  [13, 4, 10],
  [18, 6, 13],
  [20, 6, 15],
])('of %i measurements the true median lies between numbers %i and %i', (count, first, last) => {
  expect(spreadOf(upTo(count)).within).toEqual([first, last])
})

test.each([1, 2, 3, 4])('%i measurements are too few to say', (count) => {
  expect(spreadOf(upTo(count)).within).toBeUndefined()
})

test.each([5, 7, 9, 12])('of %i it holds the true median as often as it says', (count) => {
  // Of each measurement alone it is only known that it is below or above, one as likely as the other.
  const all = Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (_, n) => (bits & (1 << n) ? 1 : -1)),
  )
  const held = all.filter((signs) => {
    const { within: [low, high] = [1, -1] } = spreadOf(signs)
    return low < 0 && high > 0
  })
  expect(held.length / all.length).toBeGreaterThanOrEqual(CONFIDENCE)
})
