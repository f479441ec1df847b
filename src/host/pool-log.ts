import type { PoolEvent } from '../pools/cache.ts'
import { log } from '../telemetry/log.ts'

/** Logs what happened to a pool of `host`. */
export function logPool(host: string, { event, pool, ...rest }: PoolEvent): void {
  const common = { host, pool: pool.key, engine: pool.engine }
  const age = Date.now() - pool.opened_at
  if (event === 'pool.opened') log({ event, ...common, open_ms: age })
  else if ('reason' in rest)
    log({ event: 'pool.closed', ...common, ...rest, lived_ms: age, uses: pool.leases })
  else if ('code' in rest) log({ event: 'pool.error', ...common, ...rest })
}
