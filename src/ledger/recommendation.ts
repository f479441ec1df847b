import { isForMore, nextStrategy, type Strategy, strategyFor } from '../tenants/strategy.ts'
import { ACTIVE_MS } from './active-tenants.ts'

/** What the strategy `auto` goes by. Times are epoch ms. */
export interface Recommendation {
  readonly strategy: Strategy
  /** Since when it is this one. */
  readonly since: number
  /** Since when the fleet has been too small for it without a break; `null` while it is not. */
  readonly smallSince: number | null
}

/**
 * The recommendation that follows on `last` for a fleet of `tenants`. A larger fleet is moved at once, a smaller one
 * when it has been small for five minutes: after a reset of hosts or Ledger some of the tenants may not be known again
 * before they have all sent a request, and who is active does so in that time.
 */
export function recommend(last: Recommendation | undefined, tenants: number, now: number): Recommendation {
  if (!last) return { strategy: strategyFor(tenants), since: now, smallSince: null }
  const next = nextStrategy(last.strategy, tenants)
  if (isForMore(next, last.strategy)) return { strategy: next, since: now, smallSince: null }
  if (next === last.strategy) return last.smallSince === null ? last : { ...last, smallSince: null }
  const smallSince = last.smallSince ?? now
  if (now - smallSince > ACTIVE_MS) return { strategy: next, since: now, smallSince: null }
  return last.smallSince === null ? { ...last, smallSince } : last
}
