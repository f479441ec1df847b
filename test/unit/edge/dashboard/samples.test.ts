import { expect, it } from 'vitest'
import {
  chartSentence,
  columns,
  sampleOf,
  WINDOW_MS,
  withSample,
} from '../../../../src/edge/dashboard/client/samples.ts'
import type { HistorySample } from '../../../../src/edge/dashboard/contract.ts'
import { clusterRow, dashboardView } from '../../support/dashboard-view.ts'

const START = 1_795_000_000_000

function sample(at: number, used: number): HistorySample {
  const sums = { used, free: 1, waiting: 0 }
  return { at, ...sums, clusters: { postgres: sums } }
}

it('sums the clusters of a view, on the grid of the history', () => {
  const view = dashboardView({
    at: new Date(START + 4999).toISOString(),
    clusters: [
      clusterRow({ cluster: 'postgres', used: 3, free: 2, waiting: 1 }),
      clusterRow({ cluster: 'mongo', used: 4 }),
    ],
  })
  const { at, used, free, waiting, clusters } = sampleOf(view)
  expect({ at, used, free, waiting }).toEqual({ at: START, used: 7, free: 2, waiting: 1 })
  expect(clusters.mongo).toEqual({ used: 4, free: 0, waiting: 0 })
})

it('keeps one sample of a moment: the latest', () => {
  const samples = withSample(withSample([sample(START, 1)], sample(START + 5000, 2)), sample(START + 5000, 3))
  expect(samples.map(({ used }) => used)).toEqual([1, 3])
})

it('forgets what is older than the chart', () => {
  const samples = withSample([sample(START, 1), sample(START + 5000, 2)], sample(START + WINDOW_MS + 1, 3))
  expect(samples.map(({ used }) => used)).toEqual([2, 3])
})

it('draws no line over a time in which nothing reported', () => {
  const [times, used] = columns([sample(START, 1), sample(START + 5000, 2), sample(START + 60_000, 3)], null)
  expect(used).toEqual([1, 2, null, 3])
  expect(times?.at(-2)).toBe((START + 10_000) / 1000)
})

it('shows one cluster alone, where it has samples', () => {
  expect(columns([sample(START, 1)], 'postgres')[1]).toEqual([1])
  expect(columns([sample(START, 1)], 'mongo')[0]).toEqual([])
})

it('says the chart in words', () => {
  const data = columns([sample(START, 9), sample(START + 5000, 2)], null)
  expect(chartSentence(data)).toBe(
    'Connections in the last 15 minutes: used 2 now, 9 at most; free 1 now, 1 at most; waiting 0 now, 0 at most.',
  )
  expect(chartSentence(columns([], null))).toContain('Nothing has reported')
})
