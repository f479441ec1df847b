import { availableParallelism } from 'node:os'
import type { Lab } from '../lab.ts'
import { type PlacedWorker, startPlaced } from '../placed-worker.ts'
import { percent } from '../show.ts'
import { type Spread, spreadOf } from '../spread.ts'
import { evenTenants, type Strategy, strategiesFor } from './placements.ts'

/** How long it took to serve every user under one strategy. */
export interface StrategyRow {
  readonly strategy: Strategy
  readonly idealMs: number
  readonly totalMs: Spread
  /** Part of the ideal time by which it was above it. */
  readonly above: Spread
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
/** Users with whom the search sees how much work one of them is for this machine. */
const PILOT_USERS = 60 * availableParallelism()
const MOST_USERS = 1_000
/** Part of the tolerance that is aimed at: what is aimed at in full is missed every other time. */
const AIM = 0.95
/** How many numbers of users are tried at most. */
const ATTEMPTS = 3
/** Of multiples of it every one of ten groups has a pool of half its users. */
export const STEP = 20

/** Every strategy at so many users, whether the machine carries them or not. */
export async function measureIdeal(lab: Lab, users: number, pace: Pace): Promise<Attempt> {
  const rows: StrategyRow[] = []
  for (const strategy of strategiesFor(users)) rows.push(await measure(lab, users, strategy, pace))
  return { users, rows }
}

/**
 * About the largest number of users of which every strategy stays within the tolerance: by the work that fewer are under
 * the hardest strategy, and lowered while that was too much.
 */
export async function findLargest(lab: Lab, pace: Pace): Promise<Attempt> {
  const pilotUsers = Math.min(MOST_USERS, PILOT_USERS)
  const pilot = await measure(lab, pilotUsers, hardestFirst(pilotUsers)[0], pace)
  let users = usersWithin(pilotUsers, pilot.above.median)
  for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
    const rows = await measureWhileWithin(lab, users, pace)
    const worst = Math.max(...rows.map(({ above }) => above.median))
    if (worst <= TOLERANCE) return { users, rows }
    lab.log(`  ${users} users: too many for this machine`)
    users = usersWithin(users, worst)
  }
  // What is not carried either is shown with every strategy all the same.
  return measureIdeal(lab, users, pace)
}

/**
 * How many users are to be expected within the tolerance, a multiple of `STEP` up to `MOST_USERS`: what `users` were above
 * the ideal is the work of the machine, about as much for every user.
 */
export function usersWithin(users: number, above: number): number {
  const aim = (users * AIM * TOLERANCE) / Math.max(above, Number.EPSILON)
  return Math.min(MOST_USERS, Math.max(STEP, Math.floor(aim / STEP) * STEP))
}

/** The strategies, the one with the most connections first: it is the hardest on the machine and the quickest to measure. */
function hardestFirst(users: number): [Strategy, ...Strategy[]] {
  return strategiesFor(users).toReversed() as [Strategy, ...Strategy[]]
}

/** The strategies in the order of the table, from the hardest up to the first that is not within the tolerance. */
async function measureWhileWithin(lab: Lab, users: number, pace: Pace): Promise<StrategyRow[]> {
  const rows: StrategyRow[] = []
  for (const strategy of hardestFirst(users)) {
    const row = await measure(lab, users, strategy, pace)
    rows.unshift(row)
    if (row.above.median > TOLERANCE) break
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
  const above = spreadOf(totals.map((totalMs) => totalMs / idealMs - 1))
  lab.log(`  ${users} users, ${strategy.name}: ${percent(above.median)} above the ideal`)
  return { strategy, idealMs, totalMs: spreadOf(totals), above }
}

/** First a few at a time, which creates the tenants' schemas; then all, until every connection is open. */
async function warm(worker: PlacedWorker, tenants: readonly string[], holdMs: number): Promise<void> {
  for (let at = 0; at < tenants.length; at += OPENED_AT_ONCE) {
    await worker.hold(tenants.slice(at, at + OPENED_AT_ONCE), 1)
  }
  for (let round = 0; round < 2; round++) await worker.hold(tenants, holdMs / 4)
}
