import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { expect, it } from 'vitest'
import { startStack } from '../../dev/local/stack.ts'
import { bundle } from '../../dev/local/worker/bundle.ts'
import { startWorkerd } from '../../dev/local/worker/workerd.ts'
import { localVariables } from '../../dev/variables.ts'
import { clientOf } from '../support/client.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const TENANTS = 300
const REQUESTS_EACH = 3
const BUDGET = 100
/** Long enough for every request to come to its turn on a machine that is busy with other things. */
const TIMEOUT_S = 200

const dir = temporaryFolder('budget')

/** Counts Rockpool's connections on the server, again and again, until it is stopped. */
async function watch(url: string) {
  const client = new pg.Client({ connectionString: url, application_name: 'watcher' })
  await client.connect()
  const seen: number[] = []
  let stopped = false
  const watching = (async () => {
    while (!stopped) {
      const { rows } = await client.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE 'rockpool/%'",
      )
      seen.push(rows[0]?.n ?? 0)
      await setTimeout(20)
    }
  })()
  return async () => {
    stopped = true
    await watching
    await client.end()
    return seen
  }
}

it('300 dedicated tenants at once are all served on a budget of 100 connections', async () => {
  await using closers = new AsyncDisposableStack()
  const stack = await startStack({ maxConnections: 300, log: () => {} })
  closers.defer(() => stack.close())
  const variables = localVariables(stack.variables)
  // It is about the database: neither limits nor records shall decide who comes when.
  const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN, ...withoutRedis } = variables
  const { file } = await bundle(dir)
  const worker = await startWorkerd({
    dir,
    file,
    variables: {
      ...withoutRedis,
      STRATEGY: 'dedicated',
      DEFAULT_ENGINE: 'postgres',
      POSTGRES_MAX_CONNECTIONS: String(BUDGET),
      DB_POOL_TIMEOUT: String(TIMEOUT_S),
    },
  })
  closers.defer(() => worker.close())
  const ask = await clientOf(worker.url)
  const stop = await watch(stack.postgres.primary.url)

  const answers: { status: number; code?: string; ms: number }[] = []
  const tenant = async (id: string) => {
    for (let n = 0; n < REQUESTS_EACH; n++) {
      const started = performance.now()
      const { status, body } = await ask<{ code?: string }>('/api/posts', { headers: { 'x-user-id': id } })
      answers.push({ status, ms: performance.now() - started, ...body })
    }
  }
  await Promise.all(Array.from({ length: TENANTS }, (_, n) => tenant(`crowd-${n}`)))
  const seen = await stop()

  const { body: fleet } = await ask<{ clusters: { cluster: string; budget: object }[] }>('/admin/fleet', {
    headers: { authorization: `Bearer ${variables.ADMIN_TOKEN}` },
  })
  const good = answers.filter(({ status }) => status === 200)
  const outcomes = Map.groupBy(answers, ({ status, code }) => `${status} ${code ?? ''}`)
  const times = good.map(({ ms }) => ms).sort((a, b) => a - b)
  console.log(
    `${TENANTS} tenants, ${answers.length} requests: ${good.length} answered, slowest after ` +
      `${Math.round(times.at(-1) ?? 0)} ms, at most ${Math.max(...seen)} connections in ${seen.length} looks`,
    Object.fromEntries([...outcomes].map(([answer, all]) => [answer, all.length])),
    fleet.clusters.find(({ cluster }) => cluster === 'primary')?.budget,
  )

  expect(seen.length).toBeGreaterThan(20)
  expect(Math.max(...seen)).toBeLessThanOrEqual(BUDGET)
  expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  expect(readFileSync(worker.logFile, 'utf8')).not.toContain('too many')
})
