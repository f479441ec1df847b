import { afterEach, describe, expect, it } from 'vitest'
import {
  as,
  asAdmin,
  clearFaults,
  cut,
  headersOf,
  newTenant,
  send,
  setFault,
  until,
  workerWith,
} from './support.ts'

interface Health {
  status: string
  services: { database: { pools: { replica: { status: string; banned_by: number } } } }
}

const EVENTUAL = '/api/test/read?consistency=eventual'
const eventual = (tenant: string, path = EVENTUAL) => as<{ source: string }>(tenant, path)
const servedBy = ({ headers }: { headers: Headers }) => headers.get('x-served-by')
const health = async () => (await send<Health>('/health')).body
const sums = async () => (await asAdmin<{ replica: { banned_by: number } }>('/metrics/db-pool')).body.replica

/** Waits until the replica serves reads of `tenant` again, and everybody knows. */
async function recovered(tenant: string): Promise<void> {
  await until(
    () => eventual(tenant),
    ({ body }) => body.source === 'standby',
    15_000,
  )
  await until(sums, ({ banned_by }) => banned_by === 0, 15_000)
}

/** `workers` callers that read one after the other until `isOver`; the answers of all. */
async function underLoad(tenant: string, workers: number, during: () => Promise<void>) {
  let isOver = false
  const answers: { status: number; source: string; ms: number }[] = []
  const callers = Array.from({ length: workers }, async () => {
    while (!isOver) {
      const started = Date.now()
      const { status, body } = await eventual(tenant, `${EVENTUAL}&ms=5`)
      answers.push({ status, source: body.source, ms: Date.now() - started })
    }
  })
  await during()
  isOver = true
  await Promise.all(callers)
  return answers
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

afterEach(clearFaults)

describe('a read', () => {
  it('that may be stale runs on a standby, any other on the primary', async () => {
    const tenant = newTenant('postgres')
    await recovered(tenant)
    const answer = await eventual(tenant)
    expect([answer.body.source, servedBy(answer)]).toEqual(['standby', 'replica'])
    for (const path of ['/api/test/read', '/api/test/read?consistency=strong']) {
      const strong = await eventual(tenant, path)
      expect([strong.body.source, servedBy(strong)]).toEqual(['primary', 'primary'])
    }
  })

  it('of another consistency is refused with the name of the parameter', async () => {
    const { status, body } = await as(newTenant('postgres'), '/api/posts?consistency=some')
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'invalid_request', field: 'consistency' })
  })

  it('of a tenant that nobody knew finds its schema, though no replica has it yet', async () => {
    const tenant = newTenant('postgres')
    const first = await as(tenant, '/api/posts?consistency=eventual')
    expect(first.body).toEqual({ user_id: tenant, posts: [] })
    expect(servedBy(first)).toBe('primary')
    await until(
      () => as(tenant, '/api/posts?consistency=eventual'),
      (answer) => servedBy(answer) === 'replica',
    )
  })

  it('of a tenant that wrote a moment ago finds what it wrote, and says where', async () => {
    const tenant = newTenant('postgres')
    await recovered(tenant)
    const { body } = await as(tenant, '/api/posts', 'POST', { title: 'new', content: '' })
    const found = await as(tenant, `/api/posts/${body.post_id}?consistency=eventual`)
    expect([found.status, servedBy(found)]).toEqual([200, 'primary'])
    // A refusal says so too: to a replica a post may be missing that the primary has.
    const missing = await as(tenant, '/api/posts/none?consistency=eventual')
    expect([missing.status, servedBy(missing)]).toEqual([404, 'primary'])
    const later = await until(
      () => as(tenant, `/api/posts/${body.post_id}?consistency=eventual`),
      (answer) => servedBy(answer) === 'replica',
    )
    expect(later.status).toBe(200)
  })

  it('that writes is an error on a replica, and is not hidden by the primary', async () => {
    const tenant = newTenant('postgres')
    await recovered(tenant)
    const { status, body } = await as(tenant, '/api/test/writing-read?consistency=eventual')
    expect([status, body.code]).toEqual([503, 'read_only'])
  })

  it('that may be stale prefers secondaries on MongoDB', async () => {
    const tenant = newTenant('mongo')
    const stale = await eventual(tenant)
    expect([stale.body.source, servedBy(stale)]).toEqual(['secondaryPreferred', 'secondary-preferred'])
    const strong = await eventual(tenant, '/api/test/read')
    expect([strong.body.source, servedBy(strong)]).toEqual(['primary', 'primary'])
    // The driver sends it to the server, which takes it.
    expect((await as(tenant, '/api/posts?consistency=eventual')).status).toBe(200)
  })

  it('of a tenant without a host runs on the primary', async () => {
    const inIsolates = workerWith({ STRATEGY: 'isolate' })
    const answer = await inIsolates<{ source: string }>(EVENTUAL, headersOf(newTenant('postgres')))
    expect([answer.body.source, servedBy(answer)]).toEqual(['primary', 'primary'])
  })

  it('has a pool of its own on the replica, shown and closed with the one on the primary', async () => {
    const tenant = newTenant('postgres')
    await recovered(tenant)
    await eventual(tenant, '/api/test/read')
    const path = `/admin/connections/${tenant}`
    const { body } = await asAdmin<{ pools: { key: string; cluster: string }[] }>(path)
    expect(body.pools.map(({ key, cluster }) => [key, cluster])).toEqual([
      [`${tenant}/20`, 'postgres'],
      [`${tenant}/20@replica`, 'postgres-replica'],
    ])
    expect((await asAdmin(path, 'DELETE')).status).toBe(200)
    expect((await asAdmin(path)).status).toBe(404)
  })
})

describe('while the replica', () => {
  it('refuses connections no read fails; it is shown as banned, tried again, and used once it is back', async () => {
    const tenant = newTenant('postgres')
    await recovered(tenant)
    const answers = await underLoad(tenant, 8, async () => {
      await wait(200)
      await setFault('replica', { refuse: true })
      await cut('replica')
      await until(sums, ({ banned_by }) => banned_by >= 1)
      const shown = await until(health, ({ status }) => status === 'degraded', 25_000)
      expect(shown.services.database.pools.replica.banned_by).toBeGreaterThanOrEqual(1)
      await clearFaults()
      await recovered(tenant)
    })
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect(new Set(answers.map(({ source }) => source))).toEqual(new Set(['standby', 'primary']))
    await until(health, ({ status }) => status === 'healthy', 25_000)
  })

  it('loses its connections again and again no read fails', async () => {
    const tenant = newTenant('postgres')
    await recovered(tenant)
    const answers = await underLoad(tenant, 8, async () => {
      for (let n = 0; n < 5; n++) {
        await wait(150)
        await cut('replica')
      }
    })
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    await recovered(tenant)
  })

  it('is slow no read fails, and one that finds no connection there waits a second for it at most', async () => {
    const tenant = newTenant('postgres')
    await setFault('replica', { delayMs: 2_000 })
    const answers = await underLoad(tenant, 8, () => wait(3_000))
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect(answers.some(({ source, ms }) => source === 'primary' && ms < 2_000)).toBe(true)
    await clearFaults()
    await recovered(tenant)
  })

  it('is silent reads go on without it', async () => {
    const tenant = newTenant('postgres')
    await setFault('replica', { blackhole: true })
    const started = Date.now()
    const { body } = await eventual(tenant)
    expect(body.source).toBe('primary')
    const first = Date.now() - started
    // Now it is banned, and nothing waits for it.
    const again = Date.now()
    expect((await eventual(tenant)).body.source).toBe('primary')
    expect(Date.now() - again).toBeLessThan(first)
    await clearFaults()
    await recovered(tenant)
  })
})

it('while the primary is gone reads that may be stale go on', async () => {
  const tenant = newTenant('postgres')
  await recovered(tenant)
  await setFault('postgres', { refuse: true })
  await cut('postgres')
  expect((await eventual(tenant)).body.source).toBe('standby')
  expect((await eventual(tenant, '/api/test/read')).status).toBe(503)
})
