import { setTimeout as sleep } from 'node:timers/promises'
import { type Contender, contender } from '../contender.ts'
import type { Lab } from '../lab.ts'
import { writePosts } from '../posts.ts'
import { BENCH_WORKER } from '../rockpool/entry.ts'
import { runRounds, type Standing } from '../rounds.ts'
import { scaleTenant, writeRecords } from './records.ts'

/** Tenants that an isolate remembers: src/tenants/record-cache.ts. More would only take each other's place. */
const REMEMBERED = 10_000
const TOUCHED_AT_ONCE = 32
const ATTEMPTS = 5
const RETRY_MS = 1_000
const BUSY = 'scale-busy'

const VARIABLES = {
  TENANTS: JSON.stringify({ [BUSY]: { tier: 'enterprise', engine: 'postgres' } }),
  TENANT_SOURCES: 'header',
  PLACEMENT: '{"enterprise": "dedicated", "free": "isolate"}',
  TIERS: '{"enterprise": {"shards": 1}}',
  RATE_LIMITS: 'off',
}

/** One busy tenant's requests on Workers that know so many tenants, with as many records in Redis as the most has. */
export async function measureWorkers(lab: Lab, known: readonly number[]): Promise<Record<string, Standing>> {
  await using closers = new AsyncDisposableStack()
  lab.log('  writing records')
  await writeRecords(lab, Math.max(...known))
  const contenders: Contender[] = []
  for (const count of known) {
    const worker = closers.use(await lab.startRockpool(`scale/${count}`, VARIABLES, BENCH_WORKER))
    if (contenders.length === 0) await writePosts(worker.url, BUSY)
    lab.log(`  ${count} tenants`)
    await touch(worker.url, Math.min(count, REMEMBERED))
    const headers = { 'x-user-id': BUSY, 'cache-control': 'no-cache' }
    contenders.push(await contender(`${count}`, worker, '/api/posts?limit=1', headers))
  }
  // Awaited here: what is measured closes when this function ends.
  return await runRounds(lab, contenders)
}

/** A request of each of so many tenants, which needs its record and nothing else. */
async function touch(url: string, count: number): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: TOUCHED_AT_ONCE }, async () => {
      while (next < count) await touchOne(url, scaleTenant(next++))
    }),
  )
}

/** Asked again where the directory was too slow to answer, as any client would. */
async function touchOne(url: string, tenant: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(`${url}/api/bench/nothing`, { headers: { 'x-user-id': tenant } })
    await answer.body?.cancel()
    if (answer.status === 200) return
    if (answer.status !== 503 || attempt === ATTEMPTS) throw new Error(`${tenant}: ${answer.status}`)
    await sleep(RETRY_MS)
  }
}
