import type { PoolEvent } from '../pools/cache.ts'
import type { Holder, LeaseNotice } from '../pools/command-meter.ts'
import { percentiles } from '../pools/histogram.ts'
import type { PoolSpec } from '../pools/pool-spec.ts'
import type { PoolStatistics } from '../pools/statistics.ts'
import type { RequestNames } from '../telemetry/events.ts'
import { log } from '../telemetry/log.ts'

/** Logs what happened to a pool of `host`, at its end with its last figures. */
export function logPool(host: string, happened: PoolEvent): void {
  const { pool } = happened
  const common = { host, ...namesOf(pool) }
  const age = Date.now() - pool.opened_at
  if (happened.event === 'pool.opened') log({ event: 'pool.opened', ...common, open_ms: age })
  else if (happened.event === 'pool.error') log({ event: 'pool.error', ...common, code: happened.code })
  else {
    const { reason } = happened
    logStatistics(host, pool)
    log({ event: 'pool.closed', ...common, reason, lived_ms: age, uses: pool.leases })
  }
}

/** Logs a pool in figures. */
export function logStatistics(host: string, pool: PoolStatistics): void {
  const { size, free, used, waiting, max_size, leases, slow_queries, lease_timeouts } = pool
  log({
    event: 'pool.stats',
    host,
    ...namesOf(pool),
    size,
    free,
    used,
    waiting,
    max_size,
    wait_p95_ms: percentiles(pool.wait).p95,
    leases,
    lease_timeouts,
    slow_queries,
  })
}

/** Logs what happened to a request at a pool of `host`. */
export function logLease(host: string, notice: LeaseNotice): void {
  const { spec, holder } = notice
  const common = { host, ...poolNames(spec), ...requestNames(holder) }
  if (notice.event === 'lease.timeout') {
    log({ event: 'lease.timeout', ...common, code: notice.code, wait_ms: notice.waitMs })
  } else {
    const { durationMs, statement } = notice
    log({ event: 'query.slow', ...common, duration_ms: durationMs, statement })
  }
}

function namesOf({ key, engine, tenant }: PoolStatistics) {
  return { pool: key, engine, ...(tenant !== null && { tenant }) }
}

function poolNames({ key, target }: PoolSpec) {
  return { pool: key, engine: target.engine }
}

function requestNames(holder: Holder | undefined): RequestNames {
  if (!holder?.usage) return {}
  const { requestId, traceId } = holder.usage
  return { tenant: holder.tenant, request_id: requestId, ...(traceId !== undefined && { trace_id: traceId }) }
}
