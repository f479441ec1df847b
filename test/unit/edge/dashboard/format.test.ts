import { expect, it } from 'vitest'
import {
  ago,
  clockTime,
  count,
  counted,
  millis,
  share,
  span,
} from '../../../../src/edge/dashboard/client/format.ts'

it('groups the digits of large counts, and dashes what is unknown', () => {
  expect([0, 12_345, 900_000, null].map(count)).toEqual(['0', '12,345', '900K', '–'])
  expect([counted(1, 'host'), counted(0, 'host'), counted(1200, 'host')]).toEqual([
    '1 host',
    '0 hosts',
    '1,200 hosts',
  ])
})

it('says that all is reused only when all is', () => {
  expect([share(1), share(0.9999), share(0), share(null)]).toEqual(['100 %', '99 %', '0 %', '–'])
})

it('gives waits the precision that they have', () => {
  expect([0, 70, 999, 1500, 15_000].map(millis)).toEqual(['0 ms', '70 ms', '999 ms', '1.5 s', '15 s'])
  expect(millis(null)).toBe('–')
})

it('says how long in the largest whole unit', () => {
  expect([999, 59_999, 60_000, 3_599_999, 86_399_999, 172_800_000].map(span)).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '59 min',
    '23 h',
    '2 d',
  ])
})

it('does not say that something will have happened, when clocks disagree', () => {
  expect([span(-5000), ago(-5000), ago(999), ago(1000)]).toEqual(['0 s', 'now', 'now', '1 s ago'])
})

it('writes midnight as 00', () => {
  expect(clockTime(Date.UTC(2026, 10, 21, 0, 5, 9), 'UTC')).toBe('00:05:09')
})
