import type { Context } from 'hono'
import type { Config } from '../../config.ts'
import { clustersOf } from '../../host/specs.ts'
import type { ClusterView } from '../../ledger/report.ts'
import type { EdgeRecent } from '../../meter/delivery.ts'
import { clusterName } from '../../pools/cluster.ts'
import { Problem } from '../../problem.ts'
import type { NotedEvent } from '../../telemetry/events.ts'
import type { EdgeEnv } from '../bindings.ts'
import { poolSums } from '../cluster-rows.ts'
import { readFleet } from '../fleet.ts'
import { activeTenants } from '../fleet-numbers.ts'
import { pausedView } from '../fleet-view.ts'
import { type Health, watchHealth } from '../health.ts'
import { strategyInForce } from '../in-force.ts'
import { limiterView } from '../limit.ts'
import { meterOf } from '../meter.ts'
import type { ClusterRow, DashboardHistory, DashboardView, ServiceRow, StrategyState } from './contract.ts'
import { fleetHistory } from './fleet-history.ts'
import { poolRows } from './pool-rows.ts'

const MOST_POOLS = 500
const MOST_EVENTS = 100

/** The fleet at this moment: one call to each Ledger and one to the Meter. Throws `ledger_unavailable`. */
export async function readView(c: Context<EdgeEnv>): Promise<DashboardView> {
  const { config } = c.var
  const [clusters, recent, { status, services }, strategy] = await asked(
    Promise.all([readFleet(c.env, config), meterOf(c.env).recent(), watchHealth(c), strategyState(c)]),
  )
  const pools = poolRows(clusters)
  return {
    at: new Date().toISOString(),
    status,
    services: serviceRows(services),
    limiter: { state: limiterView(config).state },
    strategy,
    active_tenants: activeTenants(clusters),
    paused: pausedState(clusters),
    clusters: clusters.map(clusterRow),
    pools: pools.slice(0, MOST_POOLS),
    more_pools: Math.max(0, pools.length - MOST_POOLS),
    events: latestEvents(clusters, recent),
    refused: recent.refused.map((one) => ({ ...one, last_at: new Date(one.last_at).toISOString() })),
  }
}

/** The last 15 minutes: one call to each Ledger. Throws `ledger_unavailable`. */
export async function readHistory(c: Context<EdgeEnv>): Promise<DashboardHistory> {
  const histories = clustersOf(c.var.config).map(async (cluster) => ({
    cluster: clusterName(cluster),
    samples: await c.env.LEDGER.getByName(cluster).history(),
  }))
  return { samples: fleetHistory(await asked(Promise.all(histories))) }
}

/** What objects answer. Throws `ledger_unavailable` in place of what they throw. */
async function asked<T>(answers: Promise<T>): Promise<T> {
  try {
    return await answers
  } catch (error) {
    throw error instanceof Problem ? error : new Problem('ledger_unavailable')
  }
}

function serviceRows({ database, mongo, redis }: Health['services']): ServiceRow[] {
  const pools = { ...database?.pools, ...(mongo && { mongo }) }
  const rows: ServiceRow[] = Object.entries(pools).map(([name, { status, latency_ms }]) => ({
    name,
    status,
    latency_ms,
  }))
  if (redis) {
    rows.push({
      name: 'redis',
      status: redis.healthy ? 'healthy' : 'unhealthy',
      latency_ms: redis.latency_ms,
    })
  }
  return rows
}

async function strategyState(c: Context<EdgeEnv>): Promise<StrategyState> {
  const { strategy, tiers }: Config = c.var.config
  const auto = Object.values(tiers).some(({ placement }) => placement === 'auto')
    ? await strategyInForce(c)
    : undefined
  const placements = Object.entries(tiers).map(([tier, { placement }]) => [
    tier,
    placement === 'auto' ? (auto ?? placement) : placement,
  ])
  return {
    configured: strategy,
    in_force: strategy === 'auto' ? (auto ?? strategy) : strategy,
    placements: Object.fromEntries(placements),
  }
}

function pausedState(clusters: readonly ClusterView[]): DashboardView['paused'] {
  const { fleet_since, tenants } = pausedView(clusters)
  return { fleet_since, tenants: tenants.map(({ user_id, since }) => ({ tenant: user_id, since })) }
}

function clusterRow(view: ClusterView): ClusterRow {
  const live = view.hosts.filter((host) => !host.stale)
  const { size, used, free, waiting } = poolSums(view)
  const { granted, limit, max } = view.budget
  return {
    cluster: clusterName(view.cluster),
    hosts: live.length,
    pools: live.reduce((sum, host) => sum + host.pools.length, 0),
    used,
    free,
    open: size,
    waiting,
    granted,
    limit,
    max,
    held: live.reduce((sum, host) => sum + host.held, 0),
  }
}

/** The newest first. */
function latestEvents(clusters: readonly ClusterView[], recent: EdgeRecent): NotedEvent[] {
  return [...recent.events, ...clusters.flatMap(({ events = [] }) => events)]
    .sort((a, b) => b.at.localeCompare(a.at))
    .slice(0, MOST_EVENTS)
}
