import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { PoolHost } from '../../src/index.ts'
import { hostCall } from './host-call.ts'
import { captureLog, lastOf } from './log-lines.ts'
import {
  as,
  asAdmin,
  clearFaults,
  cut,
  ENGINES,
  newTenant,
  setFault,
  until,
  WRONG_PASSWORD,
  withWrongPassword,
} from './support.ts'

interface Problem {
  code: string
  title: string
  request_id: string
}

afterEach(async () => {
  vi.restoreAllMocks()
  await clearFaults()
})

/** Ends every connection on the server's side while `tenant` has a statement running. */
async function endConnections(engine: 'postgres' | 'mongo'): Promise<void> {
  if (engine === 'mongo') return cut('mongo')
  // Another tenant's statement ends everybody else's backends.
  const { status } = await as(newTenant('postgres'), '/api/test/kill-others', 'POST', {})
  expect(status).toBe(200)
}

describe.each(ENGINES)('when the %s server ends every connection', (engine) => {
  it('the request in flight gets a clear 503 and the next one works without a restart', async () => {
    const tenant = newTenant(engine)
    await Promise.all(Array.from({ length: 5 }, () => as(tenant, '/api/test/connection')))
    if (engine === 'mongo') await setFault('mongo', { delayMs: 1_000 })
    const inFlight = as<Problem>(tenant, '/api/test/hold?ms=5000')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await clearFaults()
    await endConnections(engine)

    const { status, headers, body } = await inFlight
    expect(status).toBe(503)
    expect(body.code).toBe('connection_lost')
    expect(headers.has('retry-after')).toBe(true)
    expect(JSON.stringify(body)).not.toMatch(/terminat|socket|ECONN|127\.0\.0\.1/i)

    const next = await Promise.all(Array.from({ length: 5 }, () => as(tenant, '/api/posts')))
    expect(next.map((one) => one.status)).toEqual([200, 200, 200, 200, 200])
  })

  it('idle connections are replaced without an error that a caller sees', async () => {
    const tenant = newTenant(engine)
    await Promise.all(Array.from({ length: 5 }, () => as(tenant, '/api/test/connection')))
    await endConnections(engine)
    // The server's farewell has to arrive before it can be known here.
    await until(
      () => asAdmin<{ pools: [{ connections_closed: number }] }>(`/admin/connections/${tenant}`),
      ({ body }) => body.pools[0].connections_closed > 0,
    )
    const next = await Promise.all(Array.from({ length: 10 }, () => as(tenant, '/api/test/connection')))
    expect(next.every((one) => one.status === 200)).toBe(true)
  })
})

describe.each(ENGINES)('when %s cannot be reached', (engine) => {
  it('a new tenant is told so with a 503, and is served as soon as the server is back', async () => {
    const tenant = newTenant(engine)
    await setFault(engine, { refuse: true })
    await cut(engine)
    const { status, body } = await as<Problem>(tenant, '/api/posts')
    expect(status).toBe(503)
    expect(body.code).toMatch(/^(database_unavailable|pool_timeout)$/)
    await clearFaults()
    const answer = await until(
      () => as(tenant, '/api/posts'),
      (one) => one.status === 200,
    )
    expect(answer.status).toBe(200)
  })

  it('many requests at once share one failing attempt instead of storming', async () => {
    const tenant = newTenant(engine)
    await setFault(engine, { refuse: true })
    const answers = await Promise.all(Array.from({ length: 50 }, () => as<Problem>(tenant, '/api/posts')))
    expect(answers.every((one) => one.status === 503)).toBe(true)
  })
})

describe.each(ENGINES)('when %s refuses the password of the deployment', (engine) => {
  it('every request is told so with a 502, and neither answer nor log says more', async () => {
    const lines = captureLog()
    const tenant = newTenant(engine)
    const host = `dedicated:${tenant}`
    const headers = hostCall(tenant, engine, host)
    const answers = await runInDurableObject(env.POOL_HOST.getByName(host), async (_, state) => {
      const variable = engine === 'mongo' ? 'MONGODB_URI' : 'DB_PRIMARY_DB_URL'
      const refused = new PoolHost(state, { ...env, [variable]: withWrongPassword(env[variable]) })
      const request = () => refused.fetch(new Request('http://rockpool.test/api/posts', { headers }))
      const met = [await request(), await request()]
      await refused.closeAll()
      return Promise.all(met.map(async (answer) => ({ status: answer.status, text: await answer.text() })))
    })
    for (const { status, text } of answers) {
      expect([status, JSON.parse(text).code]).toEqual([502, 'database_refused'])
    }
    expect(lastOf(lines, 'pool.error', { code: 'database_refused' })).toMatchObject({ pool: tenant })
    const said = JSON.stringify([answers, lines])
    expect(said).not.toMatch(new RegExp(`${WRONG_PASSWORD}|authentication failed|SCRAM|127\\.0\\.0\\.1`, 'i'))
  })
})

describe('when a Postgres connection falls silent', () => {
  it('its statement ends in time with a 504, and the next request has another connection', async () => {
    const tenant = newTenant('postgres')
    const host = `dedicated:${tenant}`
    const headers = hostCall(tenant, 'postgres', host)
    const seen = await runInDurableObject(env.POOL_HOST.getByName(host), async (_, state) => {
      const settings = { ...env, DB_POOL_COMMAND_TIMEOUT: '1' }
      const tested = new PoolHost(state, settings)
      const request = async () => {
        const url = 'http://rockpool.test/api/test/connection'
        const response = await tested.fetch(new Request(url, { headers }))
        return { status: response.status, ...(await response.json<{ id?: number; code?: string }>()) }
      }
      const before = await request()
      await setFault('postgres', { blackhole: true })
      const started = Date.now()
      const silent = await request()
      const tookMs = Date.now() - started
      await clearFaults()
      const after = await request()
      await tested.closeAll()
      return { before, silent, tookMs, after }
    })
    expect(seen.before.status).toBe(200)
    expect(seen.silent).toMatchObject({ status: 504, code: 'database_timeout' })
    // The time of a command, and two seconds in which the server would have ended it by itself.
    expect(seen.tookMs).toBeGreaterThanOrEqual(2_900)
    expect(seen.tookMs).toBeLessThan(15_000)
    expect(seen.after.status).toBe(200)
    expect(seen.after.id).not.toBe(seen.before.id)
  })
})

describe('a refused statement', () => {
  it.each(ENGINES)(
    "on %s is an honest 500 without the driver's words, and keeps the connection",
    async (engine) => {
      const tenant = newTenant(engine)
      const before = await as<{ id: number }>(tenant, '/api/test/connection')
      const { status, body } = await as<Problem>(tenant, '/api/test/bad-statement')
      expect(status).toBe(500)
      expect(body.code).toBe('query_failed')
      expect(JSON.stringify(body)).not.toMatch(/no_such|column|command not found/i)
      const ids = await Promise.all(
        Array.from({ length: 4 }, () => as<{ id: number }>(tenant, '/api/test/connection')),
      )
      expect(ids.map((one) => one.body.id)).toContain(before.body.id)
      const { body: shown } = await asAdmin<{ pools: [{ connections_closed: number }] }>(
        `/admin/connections/${tenant}`,
      )
      expect(shown.pools[0].connections_closed).toBe(0)
    },
  )
})

describe('when every object is reset', () => {
  it.each(ENGINES)('a tenant on %s is served again by a new pool, and its data are there', async (engine) => {
    const tenant = newTenant(engine)
    const { body } = await as<{ post_id: string }>(tenant, '/api/posts', 'POST', {
      title: 'kept',
      content: '',
    })
    await abortAllDurableObjects()
    const { status } = await as(tenant, `/api/posts/${body.post_id}`)
    expect(status).toBe(200)
  })

  it('totals do not go backwards', async () => {
    const tenant = newTenant('postgres')
    await as(tenant, '/api/posts')
    const created = async () =>
      (await asAdmin<{ total_connections_created: number }>('/admin/connections')).body
        .total_connections_created
    const before = await until(created, (count) => count > 0)
    await abortAllDurableObjects()
    await as(tenant, '/api/posts')
    await until(created, (count) => count > before)
  })
})
