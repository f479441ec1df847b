import type { Context } from 'hono'
import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import { PROBE_HOST, type ProbeResult } from '../host/probe.ts'
import { clustersOf } from '../host/specs.ts'
import type { ClusterView } from '../ledger/report.ts'
import { type Cluster, clusterName, isReplica } from '../pools/cluster.ts'
import { openApiApp } from '../routes/openapi.ts'
import { readHealthRoute } from './api/health.ts'
import type { EdgeEnv } from './bindings.ts'
import { bans, poolSums } from './cluster-rows.ts'
import { readFleet } from './fleet.ts'
import { callHost } from './hosts.ts'
import { limitedByAddress } from './limit.ts'
import { probeRedis } from './redis-probe.ts'

/** Whether the databases answer. Open to all, so it names no host, no tenant and no reason. */
export const health = openApiApp<EdgeEnv>()

health.use(limitedByAddress)

health.openapi(readHealthRoute, async (c) => {
  const report = await readHealth(c.env, c.var.config, c.var.requestId)
  return c.json(report, report.status === 'unhealthy' ? 503 : 200, { 'cache-control': 'no-store' })
})

/**
 * Reads of one isolate within this time share an answer: the route is open, and nobody shall load the databases by
 * asking how they are. Plain data, so it may outlive the request that read it.
 */
const FRESH_MS = 500
let last: { readonly config: Config; readonly at: number; readonly report: Health } | undefined

type Status = 'healthy' | 'degraded' | 'unhealthy'
export type Health = Awaited<ReturnType<typeof checkHealth>>

/** How the databases and Redis are, no older than half a second. */
export async function readHealth(env: Env, config: Config, requestId: string): Promise<Health> {
  if (last && last.config === config && Date.now() - last.at < FRESH_MS) return last.report
  const report = await checkHealth(env, config, requestId)
  last = { config, at: Date.now(), report }
  return report
}

/** Who looks all the time sees answers up to this old, and one that is older only while nobody has looked. */
const WATCHED_MS = 10_000
const TOO_OLD_MS = 60_000
let watchedAt = 0

/**
 * As `GET /health` tells it, for who asks every second: the databases are asked every ten seconds at most, while the
 * last answer is shown, so that one that hangs holds nobody up.
 */
export async function watchHealth(c: Context<EdgeEnv>): Promise<Health> {
  const { config, requestId } = c.var
  const now = Date.now()
  const age = last?.config === config ? now - last.at : Number.POSITIVE_INFINITY
  if (!last || age >= TOO_OLD_MS) return readHealth(c.env, config, requestId)
  if (age >= WATCHED_MS && now - watchedAt >= WATCHED_MS) {
    watchedAt = now
    // What it comes to is in `last`; an attempt that failed is made again.
    c.executionCtx.waitUntil(readHealth(c.env, config, requestId).catch(() => {}))
  }
  return last.report
}

async function checkHealth(env: Env, config: Config, requestId: string) {
  const clusters = clustersOf(config)
  const [probes, redis, fleet] = await Promise.all([
    probeClusters(env, config, requestId),
    config.redis ? probeRedis(config.redis) : undefined,
    readFleet(env, config),
  ])
  const pool = (cluster: Cluster) => poolHealth(cluster, probes, fleet)
  const postgres = clusters.filter((cluster) => cluster !== 'mongo')
  const mongo = clusters.includes('mongo') ? pool('mongo') : undefined
  const pools = Object.fromEntries(postgres.map((cluster) => [clusterName(cluster), pool(cluster)]))
  const healthy = Object.values(pools).every((one) => one.status === 'healthy')
  return {
    status: overall(probes, fleet, redis?.healthy ?? true),
    services: {
      ...(postgres.length > 0 && { database: { healthy, pools } }),
      ...(mongo && { mongo: { healthy: mongo.status === 'healthy', ...mongo } }),
      ...(redis && { redis }),
    },
  }
}

/** Unhealthy when tenants of an engine cannot be served; degraded when something is down that they can do without. */
function overall(
  probes: readonly ProbeResult[],
  fleet: readonly ClusterView[],
  redisHealthy: boolean,
): Status {
  const down = probes.filter((probe) => !probe.healthy)
  if (down.some((probe) => !isReplica(probe.cluster))) return 'unhealthy'
  const isBanned = fleet.some((view) => (bans(view).banned_by ?? 0) > 0)
  return down.length > 0 || isBanned || !redisHealthy ? 'degraded' : 'healthy'
}

function poolHealth(cluster: Cluster, probes: readonly ProbeResult[], fleet: readonly ClusterView[]) {
  const probe = probes.find((one) => one.cluster === cluster)
  const view = fleet.find((one) => one.cluster === cluster)
  const { size, free } = view ? poolSums(view) : { size: 0, free: 0 }
  const status = probe?.healthy ? ('healthy' as const) : ('unhealthy' as const)
  const code = probe?.code === undefined ? {} : { code: probe.code }
  return { status, ...code, size, free, latency_ms: probe?.latency_ms ?? 0, ...(view && bans(view)) }
}

async function probeClusters(env: Env, config: Config, requestId: string): Promise<ProbeResult[]> {
  const clusters = clustersOf(config)
  try {
    return await callHost(env, config, { host: PROBE_HOST, requestId, repeatable: true }, (stub) =>
      stub.probe(clusters),
    )
  } catch {
    return clusters.map((cluster) => ({ cluster, healthy: false, latency_ms: 0, code: 'host_unavailable' }))
  }
}
