import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import { clusterName } from '../../pools/cluster.ts'
import { Problem } from '../../problem.ts'
import { openApiApp } from '../../routes/openapi.ts'
import { EXPOSITION_TYPES, type ExpositionFormat, printFamilies } from '../../telemetry/exposition.ts'
import type { Family } from '../../telemetry/family.ts'
import { adminOnly } from '../admin-only.ts'
import { readPoolMetrics } from '../api/hosts.ts'
import { readMetrics } from '../api/metrics.ts'
import type { EdgeEnv } from '../bindings.ts'
import { bans, hostRows, poolSums } from '../cluster-rows.ts'
import { readFleet, scrapeFleet } from '../fleet.ts'
import { readHealth } from '../health.ts'
import { meterOf } from '../meter.ts'
import { allFamilies } from './families.ts'

/** Numbers about the whole fleet, for those who run it. */
export const metrics = openApiApp<EdgeEnv>()

metrics.use(adminOnly)

metrics.openapi(readMetrics, async (c) => {
  const format = formatOf(c)
  const text = printFamilies(await readFamilies(c), format)
  return c.body(text, 200, {
    'content-type': EXPOSITION_TYPES[format],
    'cache-control': 'no-store',
    vary: 'accept',
  })
})

metrics.openapi(readPoolMetrics, async (c) => {
  const clusters = await readFleet(c.env, c.var.config)
  return c.json(
    {
      ...Object.fromEntries(
        clusters.map((view) => [clusterName(view.cluster), { ...poolSums(view), ...bans(view) }]),
      ),
      hosts: hostRows(clusters),
    },
    200,
  )
})

/** Every metric there is, with what it says now. Throws `ledger_unavailable`. */
async function readFamilies({ env, var: { config, requestId } }: Context<EdgeEnv>): Promise<Family[]> {
  const [clusters, counts, { services }] = await Promise.all([
    scrapeFleet(env, config),
    meterOf(env).view(),
    readHealth(env, config, requestId),
  ]).catch(() => {
    throw new Problem('ledger_unavailable')
  })
  return allFamilies({ clusters, counts, services, tenantLabels: config.metricsTenantLabels })
}

function formatOf(c: Context<EdgeEnv>): ExpositionFormat {
  const type = accepts(c, {
    header: 'Accept',
    supports: ['text/plain', 'application/openmetrics-text'],
    default: 'text/plain',
  })
  return type === 'text/plain' ? 'prometheus' : 'openmetrics'
}
