import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { MongoClient } from 'mongodb'
import { ROOT } from '../local/worker/bundle.ts'
import { progress } from '../progress.ts'
import { spawnStack } from '../stack-process.ts'
import { untilStopped } from '../until-stopped.ts'
import { idleConnections } from './idle-client.ts'
import { measureLifetimes } from './lifetimes.ts'
import { describeMachine, loadAverage } from './machine.ts'
import { takeCleartextPasswords } from './password-authentication.ts'
import { bundlePeers } from './peers-worker.ts'
import { type Findings, report } from './report.ts'
import { FULL, QUICK, type Settings } from './settings.ts'
import { measureThroughput } from './throughput.ts'
import { Workers } from './workers.ts'

const DIR = join(ROOT, 'dist/bench')

/**
 * `npm run bench`: why sockets live in Durable Objects, measured on workerd itself against the local stack. The table
 * goes to standard output, every single figure to dist/bench/why.json. `--quick` shows that it works, and no more.
 */
async function why(
  settings: Settings,
  closers: AsyncDisposableStack,
  log: (line: string) => void,
): Promise<Findings> {
  const before = loadAverage()
  await rm(DIR, { recursive: true, force: true })
  await mkdir(DIR, { recursive: true })
  const starting = spawnStack()
  // One that did not start has ended.
  closers.defer(() =>
    starting.then(
      (stack) => stack.close(),
      () => {},
    ),
  )
  const workers = new Workers()
  closers.defer(() => workers.close())
  const { variables, postgresUrl } = (await starting).info
  await takeCleartextPasswords(postgresUrl)
  await using mongo = new MongoClient(variables.MONGODB_URI ?? '')
  const machine = await describeMachine(postgresUrl, mongo)
  const peers = await bundlePeers(join(DIR, 'peers'), variables, workers)

  log('An idle MongoClient')
  const idle = await idleConnections(peers, mongo, settings)
  log('A Postgres client from request to request')
  const postgres = await measureLifetimes(peers, 'postgres', settings)
  log('A MongoDB client from request to request')
  const lifetimes = { postgres, mongo: await measureLifetimes(peers, 'mongo', settings) }
  const dir = join(DIR, 'rockpool')
  const throughput = await measureThroughput({ dir, variables, peers, workers, mongo, settings, log })
  const findings: Findings = {
    at: new Date().toISOString(),
    machine,
    settings,
    loadAverage: { before, after: loadAverage() },
    lifetimes,
    idleConnections: idle,
    throughput,
  }
  const file = join(DIR, 'why.json')
  await writeFile(file, `${JSON.stringify(findings, null, 2)}\n`)
  log(`Every figure: ${relative(process.cwd(), file)}`)
  return findings
}

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const closers = new AsyncDisposableStack()
try {
  const measuring = why(values.quick ? QUICK : FULL, closers, progress())
  const outcome = await Promise.race([measuring, untilStopped()])
  if (typeof outcome === 'string') {
    process.exitCode = 130
  } else {
    process.stdout.write(report(outcome))
    const failed = Object.values(outcome.throughput).some(({ failure }) => failure !== undefined)
    process.exitCode = failed ? 1 : 0
  }
} catch (error) {
  process.stderr.write(`\nThe benchmark failed: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
await closers.disposeAsync()
process.exit()
