import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { findRedisBinary } from '../../dev/local/redis/binary.ts'
import { ALGORITHMS } from '../../src/limit-settings.ts'
import { type Bundled, startBundled } from '../support/bundled.ts'

const LIMIT = 60

/** Whether to take the time for the figures of the documents, and not only for the promises. */
const isFull = process.env.LOAD === 'full'
const MINUTE_MS = 60_000

/** The ways in which the local stack has Redis: its engine, and a redis-server where there is one. */
const BACKENDS = ['memory', ...((await findRedisBinary()) ? (['server'] as const) : [])] as const

const start = (backend: (typeof BACKENDS)[number], variables: Record<string, string>) =>
  startBundled(
    {
      TIERS: JSON.stringify({ free: { rate_limit: LIMIT }, basic: { rate_limit: LIMIT } }),
      TENANT_SOURCES: 'header',
      ENROLLMENT: 'open',
      // A machine that is busy with other things may keep Redis itself from answering for a moment.
      RATE_LIMIT_TIMEOUT_MS: '2000',
      ...variables,
    },
    { redisBackend: backend },
  )

const ask = ({ url }: Bundled, tenant: string) =>
  fetch(`${url}/api/posts?limit=1`, { headers: { 'x-user-id': tenant } }).then(async (answer) => {
    await answer.arrayBuffer()
    return answer.status
  })

/** Begins where a window has so much time left, ms. */
async function withinWindow(ms: number): Promise<void> {
  const left = MINUTE_MS - (Date.now() % MINUTE_MS)
  if (left < ms) await setTimeout(left + 100)
}

const counted = (statuses: readonly number[]) =>
  Object.fromEntries(
    [...new Set(statuses)].sort().map((one) => [one, statuses.filter((status) => status === one).length]),
  )

/** All of them in the full form; else the one that deployments have by default. */
const CHOSEN = isFull ? ALGORITHMS : (['sliding_window'] as const)

describe.each(BACKENDS)('a limit of 60 a minute, counted in %s', (backend) => {
  it.each(backend === 'server' ? ALGORITHMS : CHOSEN)(
    'lets 60 through of however many come at once, and another tenant all of its own: %s',
    async (algorithm) => {
      await using worker = await start(backend, { RATE_LIMIT_ALGORITHM: algorithm })
      for (const requests of isFull ? [150, 500, 1_000] : [1_000]) {
        await withinWindow(15_000)
        const [noisy, quiet] = [`noisy-${requests}`, `quiet-${requests}`]
        await ask(worker, quiet)
        const others = (async () => {
          const statuses: number[] = []
          for (let n = 0; n < 20; n++) {
            statuses.push(await ask(worker, quiet))
            await setTimeout(20)
          }
          return statuses
        })()
        const started = Date.now()
        const statuses = await Promise.all(Array.from({ length: requests }, () => ask(worker, noisy)))
        const refilled = algorithm === 'token_bucket' ? Math.ceil((Date.now() - started) / 1_000) : 0
        console.info(`${backend}, ${algorithm}, ${requests} at once: ${JSON.stringify(counted(statuses))}`)
        expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(LIMIT)
        expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(LIMIT + refilled)
        expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([])
        expect(await others).toEqual(Array.from({ length: 20 }, () => 200))
      }
      expect(worker.log()).not.toContain('limiter.down')
    },
  )

  it.each(CHOSEN)('holds against 50 clients for half a minute: %s', async (algorithm) => {
    await using worker = await start(backend, { RATE_LIMIT_ALGORITHM: algorithm })
    const forMs = isFull ? 30_000 : 3_000
    await withinWindow(forMs + 10_000)
    const until = Date.now() + forMs
    const statuses: number[] = []
    const quiet: number[] = []
    const clients = Array.from({ length: 50 }, async () => {
      while (Date.now() < until) statuses.push(await ask(worker, 'noisy'))
    })
    const other = (async () => {
      while (Date.now() < until) {
        quiet.push(await ask(worker, 'quiet'))
        await setTimeout(1_100)
      }
    })()
    await Promise.all([...clients, other])
    const refilled = algorithm === 'token_bucket' ? Math.ceil(forMs / 1_000) + 1 : 0
    console.info(
      `${backend}, ${algorithm}, 50 clients for ${forMs / 1_000} s: ${JSON.stringify(counted(statuses))}, another: ${JSON.stringify(counted(quiet))}`,
    )
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(LIMIT)
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(LIMIT + refilled)
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([])
    expect(new Set(quiet)).toEqual(new Set([200]))
    expect(worker.log()).not.toContain('limiter.down')
  })
})

describe.each(['open', 'local', 'closed'] as const)(
  'with a Redis that is silent and the failure policy %s',
  (failure) => {
    it('one isolate lets a limit through at most, and one tenant’s burst is no other’s', async () => {
      await using worker = await start('memory', { RATE_LIMIT_FAILURE: failure })
      await ask(worker, 'noisy')
      await ask(worker, 'quiet')
      await withinWindow(10_000)
      worker.stack.faults.redis.set({ delayMs: 60_000 })
      const statuses = await Promise.all(Array.from({ length: 500 }, () => ask(worker, 'noisy')))
      console.info(`${failure}, Redis silent, 500 at once: ${JSON.stringify(counted(statuses))}`)
      expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(LIMIT)
      expect(await ask(worker, 'quiet')).toBe(failure === 'closed' ? 503 : 200)
    })
  },
)

it('70 new tenants at once are all let in by a busy isolate', async () => {
  await using worker = await start('memory', {})
  await ask(worker, 'noisy')
  const noise = Promise.all(Array.from({ length: 1_000 }, () => ask(worker, 'noisy')))
  const statuses = await Promise.all(Array.from({ length: 70 }, (_, n) => ask(worker, `new-${n}`)))
  await noise
  console.info(`70 new tenants beside 1,000 requests: ${JSON.stringify(counted(statuses))}`)
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(worker.log()).not.toContain('directory.failed')
})
