import { systemClock } from '../pools/clock.ts'
import type { Lease } from '../pools/lease.ts'
import type { RequestUsage } from '../pools/request-usage.ts'

/**
 * A lease, with the time that a request waited for it on its account, whether it came or not. Throws what `take`
 * throws.
 */
export async function timedLease(usage: RequestUsage, take: () => Promise<Lease>): Promise<Lease> {
  const asked = systemClock.now()
  try {
    const lease = await take()
    usage.leased(lease.reused)
    return lease
  } finally {
    usage.waited(systemClock.now() - asked)
  }
}
