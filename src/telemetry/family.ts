import type { Buckets } from '../pools/histogram.ts'

/** Names of labels are ours; values may be anything. */
export type Labels = Readonly<Record<string, string | number>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
}

export interface HistogramSample {
  readonly labels: Labels
  readonly buckets: Buckets
}

interface Named {
  /** Without `_total`, `_bucket` and the like. */
  readonly name: string
  readonly help: string
}

/** A metric with all its samples, as Prometheus knows it. A histogram is of durations, and its name says seconds. */
export type Family =
  | (Named & { readonly type: 'gauge' | 'counter'; readonly samples: readonly Sample[] })
  | (Named & {
      readonly type: 'histogram'
      readonly name: `${string}_seconds`
      readonly samples: readonly HistogramSample[]
    })

export function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { type: 'gauge', name, help, samples }
}

export function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { type: 'counter', name, help, samples }
}

export function histogram(
  name: `${string}_seconds`,
  help: string,
  samples: readonly HistogramSample[],
): Family {
  return { type: 'histogram', name, help, samples }
}
