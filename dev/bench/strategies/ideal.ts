import { availableParallelism } from 'node:os'
import type { Lab } from '../lab.ts'
import { type PlacedWorker, startPlaced } from '../placed-worker.ts'
import { type Spread, spreadOf } from '../spread.ts'
import { evenTenants, type Strategy, strategiesFor } from './placements.ts'

/** How long it took to serve every user under one strategy. */
export interface StrategyRow {
  readonly strategy: Strategy
  readonly idealMs: number
  readonly totalMs: Spread
  /** Part of the ideal time by which the median is above it. */
  readonly above: number
}

/** How it is measured. */
export interface Pace {
  readonly rounds: number
  /** How long every request holds its connection, in ms. */
  readonly holdMs: number
}

/** A number of users, and how well they are served. */
export interface Attempt {
  readonly users: number
  readonly rows: readonly StrategyRow[]
}

/** How far above the ideal a strategy may be at a number of users that the machine carries. */
export const TOLERANCE = 0.15
const OPENED_AT_ONCE = 50
/** The number that the search begins with: about twice what processors have been seen to carry, a thousand at most. */
const MOST_USERS = Math.min(1_000, 240 * availableParallelism())
/** How many numbers it tries if one of them is carried, */
const ENOUGH = 2
/** and how many at most. */
const ATTEMPTS = 3
/** Of multiples of it every one of ten groups has a pool of half its users. */
export const STEP = 20

/** Every strategy at so many users, whether the machine carries them or not. */
export async function measureIdeal(lab: Lab, users: number, pace: Pace): Promise<Attempt> {
  const rows: StrategyRow[] = []
  for (const strategy of strategiesFor(users)) rows.push(await measure(lab, users, strategy, pace))
  return { users, rows }
}

/** The largest number of users of which every strategy stays within the tolerance, as far as a few attempts tell. */
export async function findLargest(lab: Lab, pace: Pace): Promise<Attempt> {
  let carried: Attempt | undefined
  let tooMany = Number.POSITIVE_INFINITY
  let users = MOST_USERS
  for (let attempt = 1; ; attempt++) {
    const rows = await measureWhileWithin(lab, users, pace)
    const worst = Math.max(...rows.map(({ above }) => above))
    lab.log(`  ${users} users: ${worst > TOLERANCE ? 'too many for this machine' : 'carried'}`)
    if (worst > TOLERANCE) tooMany = users
    else carried = { users, rows }
    if (carried && (users === MOST_USERS || attempt >= ENOUGH)) return carried
    // What was not carried is shown with every strategy all the same.
    if (attempt === ATTEMPTS) return measureIdeal(lab, users, pace)
    const next = nextUsers({ users, worst, tooMany, carried: carried?.users })
    if (next === undefined && carried) return carried
    users = next ?? STEP
  }
}

/**
 * The number of users to try next; `undefined` when there is none between what was carried and what was too much. What
 * is above the ideal is the work of the machine, about as much for every user.
 * @param tried `worst` is the part of the ideal by which `users` were above it
 */
export function nextUsers(tried: {
  readonly users: number
  readonly worst: number
  readonly tooMany: number
  readonly carried: number | undefined
}): number | undefined {
  const { users, worst, tooMany, carried } = tried
  const guess = carried
    ? Math.sqrt(carried * tooMany)
    : users * Math.min(0.8, Math.max(0.2, TOLERANCE / worst))
  const next = Math.ceil(guess / STEP) * STEP
  return next === carried || next >= tooMany ? undefined : next
}

/**
 * The strategies in the order of the table, up to the first that is not within the tolerance: the one with the most
 * connections is measured first, since it is the hardest on the machine and the quickest to measure.
 */
async function measureWhileWithin(lab: Lab, users: number, pace: Pace): Promise<StrategyRow[]> {
  const rows: StrategyRow[] = []
  for (const strategy of strategiesFor(users).toReversed()) {
    const row = await measure(lab, users, strategy, pace)
    rows.unshift(row)
    if (row.above > TOLERANCE) break
  }
  return rows
}

/** Every user sends one request at once, each holds its connection for a while. */
async function measure(
  lab: Lab,
  users: number,
  strategy: Strategy,
  { rounds, holdMs }: Pace,
): Promise<StrategyRow> {
  const tenants = evenTenants(users)
  await using worker = await startPlaced(lab, `strategies/${strategy.name}-${users}`, strategy.variables)
  await warm(worker, tenants, holdMs)
  const totals: number[] = []
  while (totals.length < rounds) {
    const started = performance.now()
    await worker.hold(tenants, holdMs)
    totals.push(performance.now() - started)
  }
  const idealMs = Math.ceil(users / strategy.connections) * holdMs
  const totalMs = spreadOf(totals)
  const above = totalMs.median / idealMs - 1
  lab.log(`  ${users} users, ${strategy.name}: ${(above * 100).toFixed(0)} % above the ideal`)
  return { strategy, idealMs, totalMs, above }
}

/** First a few at a time, which creates the tenants' schemas; then all, until every connection is open. */
async function warm(worker: PlacedWorker, tenants: readonly string[], holdMs: number): Promise<void> {
  for (let at = 0; at < tenants.length; at += OPENED_AT_ONCE) {
    await worker.hold(tenants.slice(at, at + OPENED_AT_ONCE), 1)
  }
  for (let round = 0; round < 2; round++) await worker.hold(tenants, holdMs / 4)
}
