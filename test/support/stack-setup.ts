import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import type { TestProject } from 'vitest/node'
import { buildDashboard } from '../../dev/dashboard.ts'
import { spawnStack } from '../../dev/stack-process.ts'
import { TENANTS_PER_FILE } from './tenants-per-file.ts'

const WORKER_TESTS = fileURLToPath(new URL('../worker', import.meta.url))

declare module 'vitest' {
  interface ProvidedContext {
    /** Variables of the Worker under test. */
    variables: Record<string, string>
  }
}

/** Every request is counted, and none of those that are not about limits is refused. */
const UNREACHED = 1_000_000

/** Starts the local stack for tests inside workerd and tells them where it is; nothing of it is left afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const startedAt = Date.now()
  const [stack] = await Promise.all([spawnStack(), buildDashboard()])
  const testFiles = globSync('**/*.test.ts', { cwd: WORKER_TESTS }).sort()
  project.provide('variables', {
    ...stack.info.variables,
    DB_ENV: 'test',
    DB_POOL_MAX_SIZE: '20',
    // Seconds: opening the first pool of an isolate, driver and all, has to fit in on a busy machine.
    DB_POOL_TIMEOUT: '5',
    // Tests look at one pool of 20 per tenant, unless they ask for another placement.
    STRATEGY: 'dedicated',
    TIERS: JSON.stringify({
      free: { size: 20, rate_limit: UNREACHED },
      basic: { size: 20, rate_limit: UNREACHED },
      premium: { rate_limit: UNREACHED },
      enterprise: { shards: 1, rate_limit: UNREACHED },
    }),
    // A busy machine may take its time; a Redis that does not count lets everybody through.
    RATE_LIMIT_TIMEOUT_MS: '1000',
    RATE_LIMIT_ADDRESS: `${UNREACHED}`,
    RATE_LIMIT_ADMIN: `${UNREACHED}`,
    STACK_CONTROL_URL: stack.info.controlUrl,
    TEST_FILES: JSON.stringify(testFiles),
    TENANTS: JSON.stringify(testTenants(testFiles.length, stack.info.variables.TENANTS)),
  })
  return async () => {
    try {
      if (process.env.MONGODB_URI) await dropTestDatabases(process.env.MONGODB_URI, startedAt)
    } finally {
      await stack.close()
    }
  }
}

/** Takes the databases of this run's own tenants off somebody's server; see `newTenant` of test/worker/support.ts. */
async function dropTestDatabases(uri: string, since: number): Promise<void> {
  await using client = new MongoClient(uri)
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true })
  for (const { name } of databases) {
    const [, madeAt] = /^user_mg-([0-9a-z]+)-\d{1,3}_db$/.exec(name) ?? []
    const time = Number.parseInt(madeAt ?? '', 36)
    if (time >= since && time <= Date.now()) await client.db(name).dropDatabase()
  }
}

/** Beside the stack's own tenants some on Postgres for every file, so that each test can have one that nobody used. */
function testTenants(files: number, local = '{}'): Record<string, unknown> {
  const ids = Array.from({ length: files * TENANTS_PER_FILE }, (_, n) => `pg-${n}`)
  const numbered = ids.map((id) => [id, { tier: 'basic', engine: 'postgres' }])
  return { ...JSON.parse(local), ...Object.fromEntries(numbered) }
}
