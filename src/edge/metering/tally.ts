import type { Delivery, RequestSeries } from '../../meter/delivery.ts'
import { Histogram } from '../../pools/histogram.ts'
import type { Verdict } from '../limits/quota.ts'

/** Tenants whose refusals an isolate names in one delivery; all refusals are counted. */
const MAX_REFUSED = 100

/** An answered request. */
export interface AnsweredRequest extends Omit<RequestSeries, 'duration'> {
  readonly durationMs: number
  readonly verdict?: Pick<Verdict, 'policy' | 'outcome'> | undefined
  readonly tenant?: string | undefined
}

interface Refused {
  readonly tenant: string
  readonly policy: string
  refused: number
  last_at: number
}

interface Kind extends Omit<RequestSeries, 'duration'> {
  readonly duration: Histogram
}

interface Decision {
  readonly policy: string
  readonly outcome: string
  count: number
}

/** Counts an isolate's requests: some map look-ups each, and plain data, so requests may share it. */
export class EdgeTally {
  #requests = new Map<string, Kind>()
  #decisions = new Map<string, Decision>()
  #refused = new Map<string, Refused>()

  /** @param now epoch ms */
  count({ method, route, status, durationMs, verdict, tenant }: AnsweredRequest, now: number): void {
    const key = `${status} ${method} ${route}`
    let kind = this.#requests.get(key)
    if (!kind) {
      kind = { method, route, status, duration: new Histogram() }
      this.#requests.set(key, kind)
    }
    kind.duration.record(durationMs)
    if (verdict) this.#decided(verdict, tenant, now)
  }

  /** What was counted since the last time, or `undefined` for nothing. */
  take(): Omit<Delivery, 'isolate' | 'sequence'> | undefined {
    if (this.#requests.size === 0) return undefined
    const requests = [...this.#requests.values()].map((kind) => ({
      ...kind,
      duration: kind.duration.buckets(),
    }))
    const counted = {
      requests,
      decisions: [...this.#decisions.values()],
      refused: [...this.#refused.values()],
    }
    this.#requests = new Map()
    this.#decisions = new Map()
    this.#refused = new Map()
    return counted
  }

  #decided(
    { policy, outcome }: Pick<Verdict, 'policy' | 'outcome'>,
    tenant: string | undefined,
    now: number,
  ): void {
    const key = `${policy} ${outcome}`
    const decision = this.#decisions.get(key)
    if (decision) decision.count++
    else this.#decisions.set(key, { policy, outcome, count: 1 })
    if (outcome !== 'refused' || policy !== 'tenant' || tenant === undefined) return
    const refused = this.#refused.get(tenant)
    if (refused) {
      refused.refused++
      refused.last_at = now
    } else if (this.#refused.size < MAX_REFUSED) {
      this.#refused.set(tenant, { tenant, policy, refused: 1, last_at: now })
    }
  }
}
