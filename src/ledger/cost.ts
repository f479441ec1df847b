import { PLACEMENTS, type PlacementKind } from '../tenants/tier.ts'
import { reportIntervalMs } from './fleet.ts'
import { PRICES } from './prices.ts'

/** A fleet whose objects are to be paid for. */
export interface CostQuestion {
  readonly tenants: number
  /** Hosts of the grouped placement. */
  readonly groups: number
  /** Hosts of one dedicated tenant. */
  readonly shards: number
  /** One per cluster, at least 1. */
  readonly ledgers: number
}

/** What a placement costs at most in a day on which every tenant is active all day. */
export interface DailyCost {
  /** Pool hosts that are alive. */
  readonly hosts: number
  readonly ledgers: number
  readonly gb_seconds: number
  /** Calls from hosts to Ledgers, at the shortest interval that a Ledger allows. */
  readonly reports: number
  /** For the GB-seconds beyond what is included. */
  readonly duration_usd: number
  /** For the reports beyond the requests that are included. */
  readonly reports_usd: number
  /** Both together. */
  readonly usd: number
  /** Each request of a tenant is one request to its host; without a host there is none. */
  readonly usd_per_million_requests: number
}

const DAY_S = 86_400
/** For the share of a day in what is included per month. */
const DAYS_PER_MONTH = 30

/** The cost of a day in each placement. */
export function dailyCosts(question: CostQuestion): Readonly<Record<PlacementKind, DailyCost>> {
  const costs = PLACEMENTS.map((kind): [PlacementKind, DailyCost] => [kind, dailyCost(kind, question)])
  return Object.fromEntries(costs) as Record<PlacementKind, DailyCost>
}

function dailyCost(kind: PlacementKind, question: CostQuestion): DailyCost {
  const { ledgers } = question
  const hosts = hostsOf(kind, question)
  const gbSeconds = (hosts + ledgers) * DAY_S * PRICES.gb_per_object
  // A host that tenants share has pools on every cluster, a tenant's own on one.
  const heard = kind === 'dedicated' ? hosts / ledgers : hosts
  const reports = (ledgers * heard * DAY_S * 1000) / reportIntervalMs(heard)
  const duration = beyond(gbSeconds, PRICES.included_gb_seconds_per_month) * PRICES.usd_per_million_gb_seconds
  const reporting = beyond(reports, PRICES.included_requests_per_month) * PRICES.usd_per_million_requests
  return {
    hosts,
    ledgers,
    gb_seconds: Math.round(gbSeconds),
    reports: Math.round(reports),
    duration_usd: cents(duration),
    reports_usd: cents(reporting),
    usd: cents(duration + reporting),
    usd_per_million_requests: kind === 'isolate' ? 0 : PRICES.usd_per_million_requests,
  }
}

/** No group lives without a tenant in it. */
function hostsOf(kind: PlacementKind, { tenants, groups, shards }: CostQuestion): number {
  switch (kind) {
    case 'shared':
      return Math.min(1, tenants)
    case 'grouped':
      return Math.min(groups, tenants)
    case 'dedicated':
      return tenants * shards
    case 'isolate':
      return 0
  }
}

/** Millions of what is beyond a day's share of what a month includes. */
function beyond(amount: number, includedPerMonth: number): number {
  return Math.max(0, amount - includedPerMonth / DAYS_PER_MONTH) / 1e6
}

function cents(usd: number): number {
  return Math.round(usd * 100) / 100
}
