import { execFile } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bundle, ROOT } from '../../local/worker/bundle.ts'
import { startWorkerd, type Workerd } from '../../local/worker/workerd.ts'
import { progress } from '../../progress.ts'
import { spawnStack } from '../../stack-process.ts'
import { type Spread, spreadOf } from '../spread.ts'

const DIR = join(ROOT, 'dist/bench/warm')
const ROUNDS = 5
const LEASES = 20_000
const TENANTS = 10_000
const STEPS = 5
const CLIENTS = 16

/** What the tenants up to a number of them have left behind. */
interface Step {
  readonly tenants: number
  readonly pools: number
  readonly connections: number
  /** Memory of workerd: edge, hosts and Ledger. */
  readonly megabytes: number
}

/**
 * `npm run bench:warm`: what a lease of a warm connection costs, and what ten thousand tenants leave behind in the hosts
 * of ten groups. Tenants of the second are on MongoDB, where a new one costs the server the least.
 */
async function warm(log: (line: string) => void): Promise<string> {
  await rm(DIR, { recursive: true, force: true })
  await mkdir(DIR, { recursive: true })
  const { file } = await bundle(DIR, 'dev/bench/warm/worker.ts')
  const stack = await spawnStack()
  try {
    const variables = {
      ...stack.info.variables,
      STRATEGY: 'grouped',
      DEFAULT_ENGINE: 'mongo',
      TENANTS: '{"on-postgres": {"engine": "postgres"}}',
    }
    await using closers = new AsyncDisposableStack()
    const start = async (name: string) => {
      const worker = await startWorkerd({ dir: join(DIR, name), file, variables })
      closers.defer(() => worker.close())
      return worker
    }
    const leasing = await start('leases')
    const leases: [string, Spread][] = []
    for (const tenant of ['on-postgres', 'on-mongo']) {
      log(`${tenant}: ${ROUNDS} rounds of ${LEASES} leases`)
      leases.push([tenant, await leaseMicroseconds(leasing, tenant)])
    }
    const steps = await passTenants(await start('tenants'), stack.info.variables.ADMIN_TOKEN ?? '', log)
    return report(leases, steps)
  } finally {
    await stack.close()
  }
}

/** One lease and its return, in µs, on a connection that is open. */
async function leaseMicroseconds(worker: Workerd, tenant: string): Promise<Spread> {
  const request = async (times: number) => {
    const started = performance.now()
    await ask(`${worker.url}/api/bench/lease?times=${times}`, { 'x-user-id': tenant })
    return performance.now() - started
  }
  for (let round = 0; round < 3; round++) await request(LEASES)
  const costs: number[] = []
  while (costs.length < ROUNDS) {
    const [one, many] = [await request(1), await request(LEASES + 1)]
    costs.push(((many - one) * 1000) / LEASES)
  }
  return spreadOf(costs)
}

async function passTenants(worker: Workerd, token: string, log: (line: string) => void): Promise<Step[]> {
  const steps: Step[] = []
  let sent = 0
  while (steps.length < STEPS) {
    const end = ((steps.length + 1) * TENANTS) / STEPS
    await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        while (sent < end) await ask(`${worker.url}/api/posts?limit=1`, { 'x-user-id': `tenant-${sent++}` })
      }),
    )
    const { mongo, hosts } = (await ask(`${worker.url}/metrics/db-pool`, {
      authorization: `Bearer ${token}`,
    })) as { mongo: { size: number }; hosts: { pools: unknown[] }[] }
    const pools = hosts.reduce((sum, host) => sum + host.pools.length, 0)
    steps.push({ tenants: end, pools, connections: mongo.size, megabytes: await memoryOf(worker) })
    log(`${end} tenants`)
  }
  return steps
}

/** Resident memory of workerd itself, which the guard that `pid` names has started. */
async function memoryOf({ pid }: Workerd): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'ppid=,rss='])
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  const kilobytes = rows.reduce((sum, [parent, rss = 0]) => (parent === pid ? Math.max(sum, rss) : sum), 0)
  return kilobytes / 1024
}

async function ask(url: string, headers: Record<string, string>): Promise<unknown> {
  const answer = await fetch(url, { headers })
  const body = await answer.text()
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${body}`)
  return JSON.parse(body)
}

function report(leases: readonly [string, Spread][], steps: readonly Step[]): string {
  const leaseLines = leases.map(
    ([tenant, { median, min, max }]) =>
      `| ${tenant} | ${median.toFixed(1)} µs (${min.toFixed(1)} to ${max.toFixed(1)}) |`,
  )
  const stepLines = steps.map(
    ({ tenants, pools, connections, megabytes }) =>
      `| ${tenants} | ${pools} | ${connections} | ${megabytes.toFixed(0)} MB |`,
  )
  return `A lease of a warm connection and its return, in the host, median of ${ROUNDS} rounds of ${LEASES} (least to most):

| tenant | a lease |
| --- | --- |
${leaseLines.join('\n')}

${TENANTS} tenants, ${CLIENTS} requests at a time, on the hosts of ten groups:

| tenants so far | pools | connections | memory of workerd |
| --- | --- | --- | --- |
${stepLines.join('\n')}
`
}

process.stdout.write(await warm(progress()))
process.exit()
