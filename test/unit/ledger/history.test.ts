import { expect, test } from 'vitest'
import { History, type Sample } from '../../../src/ledger/history.ts'

const MINUTE = 60_000

/** A history, and reports that come in as they do at a Ledger. */
function world(stored: readonly Sample[] = []) {
  const history = new History(stored)
  const written: Sample[] = []
  let used = 0
  const sum = () => ({ used, free: 1, waiting: 0 })
  const write = (sample: Sample | undefined) => {
    if (sample) written.push(sample)
  }
  return {
    written,
    report(now: number, usedNow: number) {
      write(history.settle(now, sum))
      used = usedNow
      write(history.begin(now, sum))
    },
    shown: (now: number) => history.samples(now, sum).map((sample) => [sample.at, sample.used]),
  }
}

test('has one sample for five seconds: the state at their end', () => {
  const { report, shown, written } = world()
  report(10_000, 9)
  report(10_250, 2)
  report(17_000, 3)
  expect(shown(17_000)).toEqual([
    [10_000, 2],
    [15_000, 3],
  ])
  // Two writes for a sample, however many reports there are: as it begins, so that a reset finds it, and as it ends.
  expect(written.map(({ at, used }) => [at, used])).toEqual([
    [10_000, 9],
    [10_000, 2],
    [15_000, 3],
  ])
})

test('shows the five seconds that are not over as they are now', () => {
  const { report, shown } = world()
  report(10_000, 9)
  report(10_250, 2)
  expect(shown(10_300)).toEqual([[10_000, 2]])
})

test('has a gap where nothing was reported', () => {
  const { report, shown } = world()
  report(5_000, 1)
  report(65_000, 2)
  expect(shown(65_000).map(([at]) => at)).toEqual([5_000, 65_000])
})

test('keeps fifteen minutes, also when nobody reports any more', () => {
  const { report, shown } = world()
  for (let at = 5_000; at <= 20 * MINUTE; at += 5_000) report(at, 1)
  const samples = shown(20 * MINUTE)
  expect(samples).toHaveLength(180)
  expect(samples[0]?.[0]).toBe(5 * MINUTE + 5_000)
  expect(shown(40 * MINUTE)).toEqual([])
})

test('goes on from what was stored, and leaves it as it was', () => {
  const { report, shown } = world([{ at: 5_000, used: 1, free: 1, waiting: 0 }])
  report(6_000, 2)
  report(10_000, 3)
  expect(shown(10_000)).toEqual([
    [5_000, 1],
    [10_000, 3],
  ])
})

test('is not led astray by a clock that goes back', () => {
  const { report, shown } = world()
  report(20_000, 1)
  report(9_000, 2)
  expect(shown(20_000)).toEqual([[20_000, 2]])
})
