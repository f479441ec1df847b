import type { ClusterView } from '../../ledger/report.ts'
import { type Family, gauge } from '../../telemetry/family.ts'
import { busiestTenants, type PoolRow, poolRows } from './pool-rows.ts'

/**
 * What pools have now, those of live hosts. The names of OpenTelemetry in Prometheus' form
 * (opentelemetry.io/docs/specs/semconv/database/database-metrics) with short labels, and beside them the plain ones.
 */
export function poolFamilies(views: readonly ClusterView[], tenantLabels: number): Family[] {
  const labelled = busiestTenants(views, tenantLabels)
  const rows = views.flatMap((view) => poolRows(view, labelled))
  const each = (name: string, help: string, value: (row: PoolRow) => number) =>
    gauge(
      name,
      help,
      rows.map((row) => ({ labels: row.labels, value: value(row) })),
    )
  return [
    gauge(
      'db_client_connection_count',
      'Open connections of a pool that are in the state.',
      rows.flatMap(({ labels, free, used }) => [
        { labels: { ...labels, state: 'idle' }, value: free },
        { labels: { ...labels, state: 'used' }, value: used },
      ]),
    ),
    each('db_client_connection_max', 'Connections that a pool may open.', (row) => row.max_size),
    each(
      'db_client_connection_pending_requests',
      'Requests that wait for a connection.',
      (row) => row.waiting,
    ),
    each('db_pool_size', 'Open connections of a pool.', (row) => row.size),
    each('db_pool_free_connections', 'Open connections that nobody holds.', (row) => row.free),
    each('db_pool_used_connections', 'Open connections that are lent.', (row) => row.used),
  ]
}
