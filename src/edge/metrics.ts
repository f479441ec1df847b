import { clusterName } from '../pools/cluster.ts'
import { openApiApp } from '../routes/openapi.ts'
import { adminOnly } from './admin-only.ts'
import { readPoolMetrics } from './api/hosts.ts'
import type { EdgeEnv } from './bindings.ts'
import { bans, hostRows, poolSums } from './cluster-rows.ts'
import { readFleet } from './fleet.ts'

/** Numbers about the whole fleet, for those who run it. */
export const metrics = openApiApp<EdgeEnv>()

metrics.use(adminOnly)

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
