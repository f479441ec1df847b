import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle, ROOT } from '../../local/worker/bundle.ts'
import { progress } from '../../progress.ts'
import { spawnStack } from '../../stack-process.ts'
import { loadAverage } from '../machine.ts'
import { takeCleartextPasswords } from '../password-authentication.ts'
import { findLargest, measureIdeal, ROUNDS, type StrategyRow, TOLERANCE } from './ideal.ts'
import { measureNeighbour, NEIGHBOUR_ROUNDS, type NeighbourRow } from './neighbour.ts'

const DIR = join(ROOT, 'dist/bench/strategies')
/** Of the server: room for the largest number of users in hosts of their own. */
const MAX_CONNECTIONS = 1_100

/**
 * `npm run bench:strategies`: what the placements cost in time against their ideal, and a victim beside a noisy
 * neighbour. Pools are open and warm before the clock starts.
 *
 * @param users how many; absent, the largest number that this machine carries is looked for
 */
async function strategies(users: number | undefined, log: (line: string) => void): Promise<string> {
  await mkdir(DIR, { recursive: true })
  const { file } = await bundle(DIR, 'dev/bench/strategies/worker.ts')
  const stack = await spawnStack(['--max-connections', `${Math.max(MAX_CONNECTIONS, (users ?? 0) + 100)}`])
  try {
    const { postgresUrl, variables } = stack.info
    // A thousand SCRAM handshakes would be most of the time that this takes; see there.
    await takeCleartextPasswords(postgresUrl)
    const before = loadAverage()
    const options = { dir: DIR, file, stack: variables, log }
    const ideal = users ? { users, rows: await measureIdeal(users, options) } : await findLargest(options)
    const neighbours = await measureNeighbour(DIR, file, variables, log)
    const result = { at: new Date().toISOString(), before, after: loadAverage(), ...ideal, neighbours }
    await writeFile(join(DIR, 'strategies.json'), `${JSON.stringify(result, null, 2)}\n`)
    log(`Every figure: ${relative(process.cwd(), join(DIR, 'strategies.json'))}`)
    return report(ideal.users, ideal.rows, neighbours)
  } finally {
    await stack.close()
  }
}

function report(users: number, rows: readonly StrategyRow[], neighbours: readonly NeighbourRow[]): string {
  const strategyLines = rows.map(
    ({ strategy, idealMs, totalMs: { median, min, max }, above }) =>
      `| ${strategy.name} | ${strategy.connections} | ${seconds(idealMs)} | ${seconds(median)} (${seconds(min)} to ` +
      `${seconds(max)}) | ${Math.round(above * 100)} % |`,
  )
  const neighbourLines = neighbours.map(
    ({ name, alone, beside, ratio }) =>
      `| ${name} | ${ms(alone.p50)} / ${ms(alone.p99)} | ${ms(beside.p50)} / ${ms(beside.p99)} | ` +
      `${ratio.median.toFixed(2)}x (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)}) |`,
  )
  const carried = rows.every(({ above }) => above <= TOLERANCE) ? 'within' : 'not within'
  return `${users} users at once, ${carried} ${TOLERANCE * 100} % of the ideal; each holds a connection for 1 s.
Postgres, median of ${ROUNDS} rounds (least to most):

| strategy | connections | ideal | all served in | above the ideal |
| --- | --- | --- | --- | --- |
${strategyLines.join('\n')}

A victim's requests of 200 ms, alone and beside a tenant that always has 200 requests of 200 ms running or waiting;
median of ${NEIGHBOUR_ROUNDS} rounds (least to most):

| placement | alone p50 / p99 | beside it p50 / p99 | p99 beside ÷ alone |
| --- | --- | --- | --- |
${neighbourLines.join('\n')}
`
}

const seconds = (value: number) => `${(value / 1000).toFixed(2)} s`
const ms = (value: number) => `${Math.round(value)} ms`

const { values } = parseArgs({ options: { users: { type: 'string' } } })
const users = values.users === undefined ? undefined : Number(values.users)
process.stdout.write(await strategies(users, progress()))
process.exit()
