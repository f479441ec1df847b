import type { Context } from 'hono'
import { z } from 'zod'
import type { PauseReceipt } from '../ledger/report.ts'
import { Problem } from '../problem.ts'
import { log } from '../telemetry/log.ts'
import { TenantId } from '../tenants/tenant.ts'
import type { EdgeEnv } from './bindings.ts'
import { tenantClusters } from './fleet.ts'
import { callEach, callHost } from './hosts.ts'

/** What is to be paused or resumed: one tenant, or the fleet when none is named. */
export const PauseScope = z.strictObject({ user_id: TenantId.nullable().default(null) })

/**
 * Pauses or resumes `tenant` (`null` for the fleet) on every cluster where tenants live: the Ledgers first, which keep
 * it, then the hosts that are concerned. One that cannot be reached now hears of it with its next report, at the
 * latest after its next heartbeat. Throws `ledger_unavailable`; the same call can be made again then.
 */
export async function changePause(
  c: Context<EdgeEnv>,
  action: 'pause' | 'resume',
  tenant: string | null,
): Promise<{ hosts: number; unreached: number }> {
  const { config, requestId } = c.var
  const told = tenantClusters(config).map(async (cluster) => {
    let receipt: PauseReceipt
    try {
      receipt = await c.env.LEDGER.getByName(cluster)[action](tenant)
    } catch {
      throw new Problem('ledger_unavailable')
    }
    const { hosts, pauses } = receipt
    return callEach(hosts, (host) =>
      callHost(c.env, config, { host, requestId, repeatable: true }, (stub) =>
        stub.applyPauses(cluster, pauses),
      ).then(
        () => true,
        () => false,
      ),
    )
  })
  const reached = (await Promise.all(told)).flat()
  const unreached = reached.filter((one) => !one).length
  log({ event: 'pause.changed', action, tenant, unreached, request_id: requestId })
  return { hosts: reached.length, unreached }
}
