import type { EdgeCounts } from '../../meter/delivery.ts'
import { counter, type Family, histogram } from '../../telemetry/family.ts'

/** What isolates have counted near the callers. */
export function edgeFamilies({ requests, decisions }: EdgeCounts): Family[] {
  return [
    histogram(
      'http_server_request_duration_seconds',
      'How long requests took at the edge, by the pattern of their route.',
      requests.map(({ method, route, status, duration }) => ({
        labels: { method, route, status },
        buckets: duration,
      })),
    ),
    counter(
      'rate_limit_decisions',
      'What the limiter said: unlimited and unavailable are what it says without Redis.',
      decisions.map(({ policy, outcome, count }) => ({ labels: { policy, outcome }, value: count })),
    ),
  ]
}
