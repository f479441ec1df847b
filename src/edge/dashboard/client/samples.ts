import type { ConnectionSums, DashboardView, HistorySample } from '../contract.ts'

/** What the chart shows. */
export const WINDOW_MS = 15 * 60_000

/** The grid that the Ledgers sample on. */
const STEP_MS = 5000

/** Two samples further apart than this have a gap between them: hosts report every 30 seconds at least. */
const GAP_MS = 45_000

export const MEASURES = ['used', 'free', 'waiting'] as const
export type Measure = (typeof MEASURES)[number]

/** A view as the newest sample of the history. */
export function sampleOf(view: DashboardView): HistorySample {
  const sums = { used: 0, free: 0, waiting: 0 }
  const clusters: Record<string, ConnectionSums> = {}
  for (const { cluster, used, free, waiting } of view.clusters) {
    clusters[cluster] = { used, free, waiting }
    sums.used += used
    sums.free += free
    sums.waiting += waiting
  }
  return { at: Math.floor(Date.parse(view.at) / STEP_MS) * STEP_MS, ...sums, clusters }
}

/** `sample` in the place of the one of the same moment, or after the others; what is too old for the chart goes. */
export function withSample(samples: readonly HistorySample[], sample: HistorySample): HistorySample[] {
  const oldest = sample.at - WINDOW_MS
  return [...samples.filter(({ at }) => at >= oldest && at < sample.at), sample]
}

/** The columns of a chart: seconds, and for each measure its values, `null` in a gap. */
export type Columns = [number[], ...(number | null)[][]]

/** @param cluster of one cluster, or of all together with `null` */
export function columns(samples: readonly HistorySample[], cluster: string | null): Columns {
  const times: number[] = []
  const values: (number | null)[][] = MEASURES.map(() => [])
  let before: number | null = null
  for (const sample of samples) {
    const sums = cluster === null ? sample : sample.clusters[cluster]
    if (!sums) continue
    if (before !== null && sample.at - before > GAP_MS) {
      times.push((before + STEP_MS) / 1000)
      for (const column of values) column.push(null)
    }
    times.push(sample.at / 1000)
    MEASURES.forEach((measure, index) => {
      values[index]?.push(sums[measure])
    })
    before = sample.at
  }
  return [times, ...values]
}

/** The chart in one sentence, for those who do not see it. */
export function chartSentence([times, ...values]: Columns): string {
  if (times.length === 0) return 'Nothing has reported in the last 15 minutes.'
  const parts = MEASURES.map((measure, index) => {
    const known = (values[index] ?? []).filter((value) => value !== null)
    return `${measure} ${known.at(-1) ?? 0} now, ${Math.max(0, ...known)} at most`
  })
  return `Connections in the last 15 minutes: ${parts.join('; ')}.`
}
