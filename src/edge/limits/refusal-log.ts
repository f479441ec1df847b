import { log } from '../../telemetry/log.ts'
import { Sampler } from '../../telemetry/sampler.ts'
import type { Verdict } from './quota.ts'

/** At module scope: numbers only. */
const refusals = new Sampler()

/**
 * Tells that a request was refused: of each tenant once in ten seconds per isolate, of all addresses together too.
 * Never names an address.
 */
export function logRefusal(
  { policy, limit }: Verdict,
  { tenant, requestId }: { tenant?: string | undefined; requestId: string },
): void {
  const whose = policy === 'tenant' && tenant !== undefined ? { tenant } : {}
  const count = refusals.count(`${policy}:${whose.tenant ?? ''}`, Date.now())
  if (count === undefined) return
  log({ event: 'limit.refused', policy, ...whose, limit, refusals: count, request_id: requestId })
}
