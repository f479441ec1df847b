import { type Family, gauge } from '../../telemetry/family.ts'

/** What /health says, as far as it is a metric. */
export interface Services {
  readonly database?: { readonly pools: Readonly<Record<string, { readonly status: string }>> }
  readonly mongo?: { readonly status: string }
  readonly redis?: { readonly healthy: boolean }
}

/** Whether the databases and Redis answer: 1 or 0. */
export function healthFamilies({ database, mongo, redis }: Services): Family[] {
  const clusters = Object.entries({ ...database?.pools, ...(mongo && { mongo }) })
  return [
    gauge(
      'database_health_status',
      'Whether the database answers, 1 or 0.',
      clusters.map(([cluster, { status }]) => ({ labels: { cluster }, value: status === 'healthy' ? 1 : 0 })),
    ),
    gauge(
      'rate_limiter_health_status',
      'Whether Redis answers, in which requests are counted, 1 or 0.',
      redis ? [{ labels: {}, value: redis.healthy ? 1 : 0 }] : [],
    ),
  ]
}
