import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle, ROOT } from '../../local/worker/bundle.ts'
import { progress } from '../../progress.ts'
import { spawnStack } from '../../stack-process.ts'
import { loadAverage } from '../machine.ts'
import { type Spread, spreadOf } from '../spread.ts'
import { measureNeighbour, type NeighbourRow } from './neighbour.ts'
import { startPlaced } from './placed-worker.ts'
import { evenTenants, type Strategy, strategiesFor } from './placements.ts'

const DIR = join(ROOT, 'dist/bench/strategies')
const HOLD_MS = 1_000
const ROUNDS = 3
const OPENED_AT_ONCE = 50

interface StrategyRow {
  readonly strategy: Strategy
  readonly idealMs: number
  readonly totalMs: Spread
}

/**
 * `npm run bench:strategies`: every user sends one request at once, each holds its connection for a second; and a
 * victim beside a noisy neighbour. Pools are open and warm before the clock starts.
 */
async function strategies(users: number, log: (line: string) => void): Promise<string> {
  await mkdir(DIR, { recursive: true })
  const { file } = await bundle(DIR, 'dev/bench/strategies/worker.ts')
  const stack = await spawnStack(['--max-connections', `${users + 100}`])
  try {
    const tenants = evenTenants(users)
    const before = loadAverage()
    const rows: StrategyRow[] = []
    for (const strategy of strategiesFor(users)) {
      const dir = join(DIR, strategy.name)
      await mkdir(dir, { recursive: true })
      await using worker = await startPlaced(dir, file, { ...stack.info.variables, ...strategy.variables })
      log(`${strategy.name}: opening ${strategy.connections} connections`)
      // First a few at a time, which creates the tenants' schemas; then all, until every connection is open.
      for (let at = 0; at < users; at += OPENED_AT_ONCE) {
        await worker.hold(tenants.slice(at, at + OPENED_AT_ONCE), 1)
      }
      for (let warming = 0; warming < 2; warming++) await worker.hold(tenants, HOLD_MS)
      const totals: number[] = []
      for (let round = 1; round <= ROUNDS; round++) {
        const started = performance.now()
        await worker.hold(tenants, HOLD_MS)
        totals.push(performance.now() - started)
        log(`${strategy.name}: round ${round} of ${ROUNDS}: ${seconds(totals.at(-1) ?? 0)}`)
      }
      const idealMs = Math.ceil(users / strategy.connections) * HOLD_MS
      rows.push({ strategy, idealMs, totalMs: spreadOf(totals) })
    }
    const neighbours = await measureNeighbour(DIR, file, stack.info.variables, log)
    const result = { at: new Date().toISOString(), users, before, after: loadAverage(), rows, neighbours }
    await writeFile(join(DIR, 'strategies.json'), `${JSON.stringify(result, null, 2)}\n`)
    log(`Every figure: ${relative(process.cwd(), join(DIR, 'strategies.json'))}`)
    return report(users, rows, neighbours)
  } finally {
    await stack.close()
  }
}

function report(users: number, rows: readonly StrategyRow[], neighbours: readonly NeighbourRow[]): string {
  const strategyLines = rows.map(
    ({ strategy, idealMs, totalMs: { median, min, max } }) =>
      `| ${strategy.name} | ${strategy.connections} | ${seconds(idealMs)} | ${seconds(median)} (${seconds(min)} to ` +
      `${seconds(max)}) | ${Math.round((median / idealMs - 1) * 100)} % |`,
  )
  const neighbourLines = neighbours.map(
    ({ name, alone, beside }) =>
      `| ${name} | ${ms(alone.p50)} / ${ms(alone.p99)} | ${ms(beside.p50)} / ${ms(beside.p99)} | ` +
      `${(beside.p99 / alone.p99).toFixed(2)}x |`,
  )
  return `${users} users at once, each holds a connection for 1 s; Postgres, median of ${ROUNDS} rounds (least to most):

| strategy | connections | ideal | all served in | above the ideal |
| --- | --- | --- | --- | --- |
${strategyLines.join('\n')}

A victim's requests of 200 ms, alone and beside a tenant that always has 200 requests of 200 ms running or waiting:

| placement | alone p50 / p99 | beside it p50 / p99 | p99 beside ÷ alone |
| --- | --- | --- | --- |
${neighbourLines.join('\n')}
`
}

const seconds = (value: number) => `${(value / 1000).toFixed(2)} s`
const ms = (value: number) => `${Math.round(value)} ms`

const { values } = parseArgs({ options: { users: { type: 'string', default: '1000' } } })
process.stdout.write(await strategies(Number(values.users), progress()))
process.exit()
