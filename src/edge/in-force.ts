import type { Context } from 'hono'
import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import { CLUSTER_OF } from '../host/specs.ts'
import type { StrategyAdvice } from '../ledger/report.ts'
import { systemClock } from '../pools/clock.ts'
import { log } from '../telemetry/log.ts'
import type { Strategy } from '../tenants/strategy.ts'
import type { Tenant } from '../tenants/tenant.ts'
import type { EdgeEnv } from './bindings.ts'
import { tenantClusters } from './fleet.ts'
import { type Placement, placementOf, placesOf } from './place.ts'
import { StrategyCache } from './strategy-cache.ts'

/** At module scope, warm from request to request: what is kept is plain data. */
const caches = new WeakMap<Config, StrategyCache>()

/** The places of a tenant now. */
export async function placesInForce(
  c: Context<EdgeEnv>,
  tenant: Tenant,
): Promise<readonly [Placement, ...Placement[]]> {
  const config = c.get('config')
  const placement = placementOf(tenant, config)
  return placesOf(tenant, config, placement === 'auto' ? await strategyInForce(c) : placement)
}

/** What `auto` stands for now, in this isolate. Never throws. */
export function strategyInForce(c: Context<EdgeEnv>): Promise<Strategy> {
  const config = c.get('config')
  return cacheOf(config).current({
    read: async () => (await readAdvice(c.env, config)).strategy,
    waitUntil: (task) => c.executionCtx.waitUntil(task),
  })
}

/** What the Ledger has to say about the strategy now: that of the default engine's cluster, for the whole fleet. */
export async function readAdvice(env: Env, config: Config): Promise<StrategyAdvice> {
  const one = CLUSTER_OF[config.defaultEngine]
  const others = tenantClusters(config).filter((cluster) => cluster !== one)
  return env.LEDGER.getByName(one).advise(others)
}

function cacheOf(config: Config): StrategyCache {
  let cache = caches.get(config)
  if (!cache) {
    const onUnread = (inForce: Strategy) => log({ event: 'strategy.unread', in_force: inForce })
    cache = new StrategyCache({ clock: systemClock, onUnread })
    caches.set(config, cache)
  }
  return cache
}
