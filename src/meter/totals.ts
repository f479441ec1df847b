import { addBuckets } from '../pools/histogram.ts'
import type { DecisionSeries, EdgeCounts, RequestSeries } from './delivery.ts'

/** Adds up what isolates have counted, kind by kind. Only ever grows. */
export class Totals {
  readonly #requests = new Map<string, RequestSeries>()
  readonly #decisions = new Map<string, DecisionSeries>()

  constructor(counts?: EdgeCounts) {
    if (counts) this.add(counts)
  }

  add({ requests, decisions }: EdgeCounts): void {
    for (const one of requests) {
      const key = `${one.status} ${one.method} ${one.route}`
      const duration = addBuckets(this.#requests.get(key)?.duration, one.duration)
      this.#requests.set(key, { ...one, duration })
    }
    for (const one of decisions) {
      const key = `${one.policy} ${one.outcome}`
      this.#decisions.set(key, { ...one, count: one.count + (this.#decisions.get(key)?.count ?? 0) })
    }
  }

  counts(): EdgeCounts {
    return { requests: [...this.#requests.values()], decisions: [...this.#decisions.values()] }
  }
}
