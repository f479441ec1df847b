import type { Context } from 'hono'
import type { StrategyAdvice } from '../ledger/report.ts'
import { Problem } from '../problem.ts'
import type { EdgeEnv } from './bindings.ts'
import { readAdvice, strategyInForce } from './in-force.ts'

/** The strategy as it is set and as it is in force, and what `auto` would choose. Throws `ledger_unavailable`. */
export async function strategyView(c: Context<EdgeEnv>) {
  const { config } = c.var
  let advice: StrategyAdvice
  try {
    advice = await readAdvice(c.env, config)
  } catch {
    throw new Problem('ledger_unavailable')
  }
  return {
    configured: config.strategy,
    in_force: config.strategy === 'auto' ? await strategyInForce(c) : config.strategy,
    auto: advice.strategy,
    auto_since: new Date(advice.since).toISOString(),
    active_tenants: advice.activeTenants,
  }
}
