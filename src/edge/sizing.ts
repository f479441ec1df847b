import type { Config } from '../config.ts'
import { clustersOf } from '../host/specs.ts'
import { dailyCosts } from '../ledger/cost.ts'
import { PRICES } from '../ledger/prices.ts'
import { readQuery } from '../routes/input.ts'
import { openApiApp } from '../routes/openapi.ts'
import { sizePools } from '../tenants/sizing.ts'
import type { Tier } from '../tenants/tenant.ts'
import { readSizing } from './api/sizing.ts'
import type { EdgeEnv } from './bindings.ts'
import { readFleet } from './fleet.ts'
import { fleetNumbers, fleetQuestion } from './fleet-numbers.ts'
import { FleetQuery, QuestionQuery } from './sizing-input.ts'

/** How large pools may be and what each placement costs: for numbers that are given, or for the fleet's own. */
export const sizing = openApiApp<EdgeEnv>()

const ASKED = ['concurrent_users', 'requests_per_user', 'available_connections'] as const

sizing.openAPIRegistry.registerPath(readSizing)
sizing.get('/', async (c) => {
  const { config } = c.var
  if (ASKED.some((name) => c.req.query(name) !== undefined)) {
    const { tier, ...question } = readQuery(c, QuestionQuery)
    return c.json({
      source: 'question',
      ...question,
      ...sizePools(question),
      cost_per_day: costs(question.concurrent_users, tier, config),
    })
  }
  const { tier } = readQuery(c, FleetQuery)
  const fleet = fleetNumbers(await readFleet(c.env, config))
  const question = fleetQuestion(fleet)
  return c.json({
    source: 'fleet',
    ...question,
    ...sizePools(question),
    fleet,
    cost_per_day: costs(question.concurrent_users, tier, config),
  })
})

function costs(tenants: number, tier: Tier | undefined, config: Config) {
  const { shards, size } = tier ? config.tiers[tier] : { shards: 1, size: 1 }
  const ledgers = clustersOf(config).length
  return {
    ...dailyCosts({ tenants, groups: config.groups, shards: Math.min(shards, size), ledgers }),
    prices: PRICES,
  }
}
