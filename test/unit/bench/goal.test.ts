import { expect, test } from 'vitest'
import { goal } from '../../../dev/bench/goal.ts'
import { times } from '../../../dev/bench/show.ts'

test('what is seen at the bound meets it, what is short of it does not', () => {
  expect(goal('ratio', 12, { atLeast: 12 }, times).met).toBe(true)
  expect(goal('ratio', 11.99, { atLeast: 12 }, times).met).toBe(false)
  expect(goal('p99', 1.5, { atMost: 1.5 }, times).met).toBe(true)
  expect(goal('p99', 1.51, { atMost: 1.5 }, times).met).toBe(false)
})

test.each([undefined, Number.NaN])('what was not measured (%s) is neither met nor missed', (seen) => {
  expect(goal('ratio', seen, { atLeast: 12 }, times)).toEqual({
    goal: 'ratio: at least 12.0x',
    seen: 'not measured',
    met: undefined,
  })
})

test('what a tutorial came to stands beside it, and decides nothing', () => {
  expect(goal('ratio', 5, { atLeast: 6 }, times, 6.5)).toMatchObject({ met: false, tutorial: '6.50x' })
  expect(goal('ratio', 6, { atLeast: 6 }, times, 5.5)).toMatchObject({ met: true, tutorial: '5.50x' })
  expect(goal('ratio', 6, { atLeast: 6 }, times, Number.NaN)).not.toHaveProperty('tutorial')
})
