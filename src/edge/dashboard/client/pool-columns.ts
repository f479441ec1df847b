import type { PoolRow } from '../contract.ts'
import { ago, count, millis, share, span } from './format.ts'

/** A column of the table of pools. */
export interface PoolColumn {
  readonly id: string
  readonly label: string
  /** Numbers stand at the right, and the largest comes first when one sorts by them. */
  readonly numeric: boolean
  /** What it is sorted by; `null` comes last in both directions. */
  value(pool: PoolRow): string | number | null
  /** @param now epoch ms by the server's clock */
  text(pool: PoolRow, now: number): string
}

export const POOL_COLUMNS: readonly PoolColumn[] = [
  word('tenant', 'Tenant', poolName),
  word('tier', 'Tier', (pool) => pool.tier ?? ''),
  word('placement', 'Placement', (pool) => pool.placement),
  word('cluster', 'Cluster', (pool) => pool.cluster),
  word('host', 'Host', (pool) => pool.host),
  figure(
    'size',
    'Size',
    (pool) => pool.size,
    (pool) => `${count(pool.size)} / ${count(pool.max_size)}`,
  ),
  figure('used', 'Used', (pool) => pool.used),
  figure('free', 'Free', (pool) => pool.free),
  figure('waiting', 'Waiting', (pool) => pool.waiting),
  figure(
    'reuse',
    'Reuse',
    (pool) => pool.reuse,
    (pool) => share(pool.reuse),
  ),
  figure(
    'wait',
    'Wait p95',
    (pool) => pool.wait_p95_ms,
    (pool) => millis(pool.wait_p95_ms),
  ),
  // Oldest first, as the largest age; the latest use first, as the most recent moment.
  figure(
    'age',
    'Age',
    (pool) => -pool.opened_at,
    (pool, now) => span(now - pool.opened_at),
  ),
  figure(
    'last_use',
    'Last use',
    (pool) => pool.last_used_at,
    (pool, now) => ago(now - pool.last_used_at),
  ),
]

/** Whose pool it is. */
export function poolName({ tenant, placement }: PoolRow): string {
  if (tenant !== null) return tenant
  return placement === 'health' ? 'health checks' : 'several tenants'
}

function word(id: string, label: string, value: (pool: PoolRow) => string): PoolColumn {
  return { id, label, numeric: false, value, text: (pool) => value(pool) || '–' }
}

function figure(
  id: string,
  label: string,
  value: (pool: PoolRow) => number | null,
  text: PoolColumn['text'] = (pool) => count(value(pool)),
): PoolColumn {
  return { id, label, numeric: true, value, text }
}
