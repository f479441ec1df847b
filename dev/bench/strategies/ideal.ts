import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Spread, spreadOf } from '../spread.ts'
import { type PlacedWorker, startPlaced } from './placed-worker.ts'
import { evenTenants, type Strategy, strategiesFor } from './placements.ts'

/** How long it took to serve every user under one strategy. */
export interface StrategyRow {
  readonly strategy: Strategy
  readonly idealMs: number
  readonly totalMs: Spread
  /** Part of the ideal time by which the median is above it. */
  readonly above: number
}

export interface IdealOptions {
  readonly dir: string
  /** Bundled Worker. */
  readonly file: string
  readonly stack: Readonly<Record<string, string>>
  readonly log: (line: string) => void
}

export const ROUNDS = 3
/** How far above the ideal a strategy may be at a number of users that the machine carries. */
export const TOLERANCE = 0.15
const HOLD_MS = 1_000
const OPENED_AT_ONCE = 50
/** The number that the search begins with, and the most numbers that it tries. */
const MOST_USERS = 1_000
const ATTEMPTS = 5
/** Of multiples of it every one of ten groups has a pool of half its users. */
const STEP = 20

/** Every strategy at so many users, whether the machine carries them or not. */
export async function measureIdeal(users: number, options: IdealOptions): Promise<StrategyRow[]> {
  const rows: StrategyRow[] = []
  for (const strategy of strategiesFor(users)) rows.push(await measure(users, strategy, options))
  return rows
}

/** A number of users, and how well they are served. */
interface Attempt {
  readonly users: number
  readonly rows: readonly StrategyRow[]
}

/** The largest number of users of which every strategy stays within the tolerance, as far as a few attempts tell. */
export async function findLargest(options: IdealOptions): Promise<Attempt> {
  let carried: Attempt | undefined
  let tooMany = Number.POSITIVE_INFINITY
  let users = MOST_USERS
  for (let attempt = 1; ; attempt++) {
    const rows = await measureWhileWithin(users, options)
    const worst = Math.max(...rows.map(({ above }) => above))
    options.log(`${users} users: ${worst > TOLERANCE ? 'too many for this machine' : 'carried'}`)
    if (worst > TOLERANCE) tooMany = users
    else carried = { users, rows }
    if (users === carried?.users && users === MOST_USERS) return carried
    if (attempt === ATTEMPTS) return carried ?? { users, rows }
    // What is above the ideal is the work of the machine, about as much for every user.
    users = carried
      ? Math.sqrt(carried.users * tooMany)
      : users * Math.min(0.8, Math.max(0.4, TOLERANCE / worst))
    users = Math.ceil(users / STEP) * STEP
    if (carried && (users === carried.users || users === tooMany)) return carried
  }
}

/**
 * The strategies in the order of the table, up to the first that is not within the tolerance: the one with the most
 * connections is measured first, since it is the hardest on the machine and the quickest to measure.
 */
async function measureWhileWithin(users: number, options: IdealOptions): Promise<StrategyRow[]> {
  const rows: StrategyRow[] = []
  for (const strategy of strategiesFor(users).toReversed()) {
    const row = await measure(users, strategy, options)
    rows.unshift(row)
    if (row.above > TOLERANCE) break
  }
  return rows
}

/** Every user sends one request at once, each holds its connection for a second. */
async function measure(users: number, strategy: Strategy, options: IdealOptions): Promise<StrategyRow> {
  const { file, log, stack } = options
  const tenants = evenTenants(users)
  const dir = join(options.dir, strategy.name)
  await mkdir(dir, { recursive: true })
  await using worker = await startPlaced(dir, file, { ...stack, ...strategy.variables })
  log(`${users} users, ${strategy.name}: opening ${strategy.connections} connections`)
  await warm(worker, tenants)
  const totals: number[] = []
  while (totals.length < ROUNDS) {
    const started = performance.now()
    await worker.hold(tenants, HOLD_MS)
    totals.push(performance.now() - started)
  }
  const idealMs = Math.ceil(users / strategy.connections) * HOLD_MS
  const totalMs = spreadOf(totals)
  const above = totalMs.median / idealMs - 1
  log(`${users} users, ${strategy.name}: ${(above * 100).toFixed(0)} % above the ideal`)
  return { strategy, idealMs, totalMs, above }
}

/** First a few at a time, which creates the tenants' schemas; then all, until every connection is open. */
async function warm(worker: PlacedWorker, tenants: readonly string[]): Promise<void> {
  for (let at = 0; at < tenants.length; at += OPENED_AT_ONCE) {
    await worker.hold(tenants.slice(at, at + OPENED_AT_ONCE), 1)
  }
  for (let round = 0; round < 2; round++) await worker.hold(tenants, HOLD_MS / 4)
}
