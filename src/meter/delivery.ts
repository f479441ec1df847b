import type { Buckets } from '../pools/histogram.ts'
import type { NotedEvent } from '../telemetry/events.ts'

/** Answered requests of one kind. The kinds are bounded: routes are patterns, methods and statuses have names. */
export interface RequestSeries {
  readonly method: string
  /** Its pattern, such as `/api/posts/:post_id`; `unknown` for every path without one. */
  readonly route: string
  readonly status: number
  /** How long they took. */
  readonly duration: Buckets
}

/** What the limiter has said so often. */
export interface DecisionSeries {
  /** Whose requests are counted together: `tenant`, `address` or `admin`. */
  readonly policy: string
  readonly outcome: string
  readonly count: number
}

/** What was counted at the edge, by one isolate for a while or by all of them ever since. */
export interface EdgeCounts {
  readonly requests: readonly RequestSeries[]
  readonly decisions: readonly DecisionSeries[]
}

/** Requests of a tenant that its limit refused. */
export interface Refusals {
  readonly tenant: string
  readonly policy: string
  readonly refused: number
  /** Epoch ms. */
  readonly last_at: number
}

/**
 * What an isolate has counted since its last delivery. One that was not acknowledged is sent again as it was, under
 * the same number, so that it is counted once however often it arrives.
 */
export interface Delivery extends EdgeCounts {
  /** Which isolate counted. */
  readonly isolate: string
  /** Counts the isolate's deliveries, from 1. */
  readonly sequence: number
  /** The tenants that were refused, as many of them as an isolate keeps. */
  readonly refused: readonly Refusals[]
  /** What was logged in the isolate, at most 20 of it. */
  readonly events?: readonly NotedEvent[]
}

/** The Meter's answer. */
export interface DeliveryReceipt {
  /** How long the isolate is to wait before its next delivery, in ms: the more isolates, the longer. */
  readonly nextDeliveryMs: number
}

/** What all isolates have counted, as the Meter shows it. Totals never go backwards. */
export interface MeterView extends EdgeCounts {
  /** The tenants that were refused in the last 15 minutes, the most refused first; at most 100. */
  readonly refused: readonly Refusals[]
}

/** What happened at the edge lately. */
export interface EdgeRecent {
  /** The latest 100, as they came. */
  readonly events: readonly NotedEvent[]
  /** As in `MeterView`. */
  readonly refused: readonly Refusals[]
}
