import { expect, test } from 'vitest'
import { goal } from '../../../dev/bench/goal.ts'
import { percent, times } from '../../../dev/bench/show.ts'
import { spreadOf } from '../../../dev/bench/spread.ts'

test('what is seen at the bound meets it, what is short of it does not', () => {
  expect(goal('ratio', 12, { atLeast: 12 }, times).met).toBe(true)
  expect(goal('ratio', 11.99, { atLeast: 12 }, times).met).toBe(false)
  expect(goal('p99', 1.5, { atMost: 1.5 }, times).met).toBe(true)
  expect(goal('p99', 1.51, { atMost: 1.5 }, times).met).toBe(false)
})

test.each([undefined, Number.NaN, spreadOf([])])(
  'what was not measured (%o) is neither met nor missed',
  (seen) => {
    expect(goal('ratio', seen, { atLeast: 12 }, times)).toEqual({
      goal: 'ratio: at least 12.0x',
      seen: 'not measured',
      met: undefined,
      isOpen: false,
    })
  },
)

test('of several rounds the median decides, and is told with where it may be', () => {
  const rounds = spreadOf([0.9, 0.97, 0.96, 1.1, 0.99])
  expect(goal('share', rounds, { atLeast: 0.95 }, percent)).toMatchObject({
    met: true,
    seen: '97 % (90–110)',
  })
  expect(goal('share', rounds, { atLeast: 0.98 }, percent)).toMatchObject({ met: false })
})

test.each([
  ['met for sure', 0.85, { met: true, isOpen: false }],
  ['met, but maybe by chance', 0.95, { met: true, isOpen: true }],
  ['missed, but maybe by chance', 1, { met: false, isOpen: true }],
  ['missed for sure', 1.2, { met: false, isOpen: false }],
])('a bound is %s', (_, atLeast, verdict) => {
  expect(goal('share', spreadOf([0.9, 0.97, 0.96, 1.1, 0.99]), { atLeast }, percent)).toMatchObject(verdict)
})

test('of too few rounds nobody says where the median may be', () => {
  expect(goal('share', spreadOf([0.9, 1.1]), { atLeast: 0.95 }, percent)).toMatchObject({
    seen: '100 %',
    met: true,
    isOpen: false,
  })
})

test('what a tutorial came to stands beside it, and decides nothing', () => {
  expect(goal('ratio', 5, { atLeast: 6 }, times, spreadOf([6.5]))).toMatchObject({
    met: false,
    tutorial: '6.50x',
  })
  expect(goal('ratio', 6, { atLeast: 6 }, times, spreadOf([5.5]))).toMatchObject({
    met: true,
    tutorial: '5.50x',
  })
  expect(goal('ratio', 6, { atLeast: 6 }, times, spreadOf([]))).not.toHaveProperty('tutorial')
})
