import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { captureLog } from '../log-lines.ts'
import {
  ADMIN,
  as,
  asAdmin,
  clearFaults,
  setFault,
  unknownTenant,
  until,
  WRONG_PASSWORD,
  withWrongPassword,
  workerWith,
} from '../support.ts'

/** Another database of the same server than the one on which tenants live; every Postgres has it. */
const OWN = new URL(env.DB_PRIMARY_DB_URL)
OWN.pathname = '/postgres'

/** A password, and the words in which a server or a driver refuses one. */
const SAID_BY_NOBODY = new RegExp(`${WRONG_PASSWORD}|authentication failed|nowhere|SCRAM`, 'i')

interface Pools {
  pools: { key: string; host: string }[]
}

const onboard = (id: string, fields: Record<string, unknown>) =>
  asAdmin('/admin/tenants', 'POST', { id, engine: 'postgres', placement: 'dedicated', ...fields })

/** What Redis holds of a tenant. */
async function stored(id: string): Promise<string> {
  const response = await fetch(env.UPSTASH_REDIS_REST_URL, {
    method: 'POST',
    headers: { authorization: `Bearer ${env.UPSTASH_REDIS_REST_TOKEN}` },
    body: JSON.stringify(['HGETALL', `rockpool:tenant:${id}`]),
  })
  return response.text()
}

afterEach(async () => {
  vi.restoreAllMocks()
  await clearFaults()
})

describe('a connection string of its own', () => {
  it('is where a tenant lives, and leaving it brings the tenant back to the cluster', async () => {
    const id = unknownTenant()
    expect((await onboard(id, { connection_string: OWN.href })).body).toMatchObject({ own_connection: true })
    await as(id, '/api/posts', 'POST', { title: 'at home', content: '' })

    await asAdmin(`/admin/tenants/${id}`, 'PATCH', { connection_string: null })
    expect((await as(id, '/api/posts')).body).toEqual({ user_id: id, posts: [] })
    await asAdmin(`/admin/tenants/${id}`, 'PATCH', { connection_string: OWN.href })
    expect((await as(id, '/api/posts')).body).toMatchObject({ posts: [{ title: 'at home' }] })

    expect((await asAdmin(`/admin/tenants/${id}?purge=true`, 'DELETE')).status).toBe(200)
    await onboard(id, { connection_string: OWN.href })
    expect((await as(id, '/api/posts')).body).toEqual({ user_id: id, posts: [] })
  })

  it('works on MongoDB', async () => {
    const id = unknownTenant()
    const { status } = await onboard(id, { engine: 'mongo', connection_string: env.MONGODB_URI })
    expect(status).toBe(201)
    expect((await as(id, '/api/posts', 'POST', { title: 'a', content: '' })).status).toBe(201)
  })

  it('that changes makes a new pool, and the old one is closed', async () => {
    const id = unknownTenant()
    await onboard(id, { connection_string: OWN.href })
    const pools = async () => (await asAdmin<Pools>(`/admin/connections/${id}`)).body.pools
    const [before] = await pools()
    await asAdmin(`/admin/tenants/${id}`, 'PATCH', { connection_string: OWN.href })
    await as(id, '/api/posts')
    const [after] = await pools()
    expect(after?.key).toMatch(new RegExp(`^${id}/20@[\\w-]{16}$`))
    expect(after?.key).not.toBe(before?.key)
    const hosts = () => asAdmin<{ hosts: { host: string; pools: unknown[] }[] }>('/metrics/db-pool')
    await until(hosts, ({ body }) => body.hosts.find(({ host }) => host === after?.host)?.pools.length === 1)
  })

  it('is asked for by an idempotent call too: the same is the same, another is a conflict', async () => {
    const id = unknownTenant()
    await onboard(id, { connection_string: OWN.href })
    expect((await onboard(id, { connection_string: OWN.href })).status).toBe(200)
    expect((await onboard(id, { connection_string: env.DB_PRIMARY_DB_URL })).status).toBe(409)
    expect((await onboard(id, {})).status).toBe(409)
  })

  it('shows in no answer, in no log line and not in Redis', async () => {
    const lines: unknown[] = []
    for (const level of ['info', 'warn', 'error', 'log'] as const) {
      vi.spyOn(console, level).mockImplementation((...line) => lines.push(line))
    }
    const id = unknownTenant()
    const wrong = new URL(OWN.href)
    wrong.password = 'marked-wrong-password'
    const answers = [
      await onboard(id, { connection_string: OWN.href }),
      await onboard(id, { connection_string: OWN.href }),
      await asAdmin(`/admin/tenants/${id}`),
      await asAdmin('/admin/tenants?limit=1000'),
      await asAdmin(`/admin/tenants/${id}`, 'PATCH', { connection_string: wrong.href }),
      await asAdmin(`/admin/tenants/${id}`, 'PATCH', { connection_string: `${wrong.href}?host=x` }),
      await as(id, '/api/posts'),
      await asAdmin(`/admin/connections/${id}`),
      await asAdmin('/metrics/db-pool'),
      await asAdmin('/admin/fleet'),
      await asAdmin(`/admin/connections/${id}/recycle`, 'POST'),
    ]
    expect(lines.length).toBeGreaterThan(10)
    const hash = await stored(id)
    expect(hash).toContain('v1.')
    const sealed = /v1\.[\w.-]+/.exec(hash)?.[0] ?? ''
    const said = JSON.stringify([answers.map(({ body }) => body), lines])
    for (const secret of [OWN.password, OWN.href, 'marked-wrong-password', sealed]) {
      expect(said).not.toContain(secret)
    }
    for (const secret of [OWN.password, OWN.href, OWN.host]) expect(hash).not.toContain(secret)
  })
})

describe('is not accepted', () => {
  it.each([
    ['with a wrong password', 'postgres', withWrongPassword(OWN.href)],
    ['with a wrong password', 'mongo', withWrongPassword(env.MONGODB_URI)],
    ['with a database that is not there', 'postgres', new URL('/nowhere', OWN).href],
  ])('%s, on %s', async (_, engine, connection_string) => {
    const lines = captureLog()
    const id = unknownTenant()
    const { status, body } = await onboard(id, { engine, connection_string })
    expect([status, body.field]).toEqual([400, 'connection_string'])
    expect(body.detail).toBe('A trial connection ended with database_refused.')
    expect((await asAdmin(`/admin/tenants/${id}`)).status).toBe(404)
    expect(lines.length).toBeGreaterThan(0)
    expect(JSON.stringify([body, lines])).not.toMatch(SAID_BY_NOBODY)
  })

  it('when its database does not answer', async () => {
    await setFault('mongo', { blackhole: true })
    const started = Date.now()
    const { status } = await onboard(unknownTenant(), { engine: 'mongo', connection_string: env.MONGODB_URI })
    expect(status).toBe(400)
    expect(Date.now() - started).toBeLessThan(25_000)
  })

  it.each([
    ['of another engine', {}, { connection_string: env.MONGODB_URI }],
    ['of a private address', { ALLOW_PRIVATE_DATABASES: 'off' }, { connection_string: OWN.href }],
    ['without a key to seal it', { DIRECTORY_KEY: '' }, { connection_string: OWN.href }],
    ['without a place of its own', {}, { connection_string: OWN.href, placement: 'grouped' }],
    ['on a tier that shares', { STRATEGY: 'tiers' }, { connection_string: OWN.href, placement: null }],
    ['that its host cannot open', { DIRECTORY_KEY: btoa('x'.repeat(32)) }, { connection_string: OWN.href }],
  ])('%s', async (_, variables, fields) => {
    const body = { id: unknownTenant(), engine: 'postgres', placement: 'dedicated', ...fields }
    const answer = await workerWith(variables)('/admin/tenants', ADMIN, { method: 'POST', body })
    expect([answer.status, answer.body.field]).toEqual([400, 'connection_string'])
  })

  it('when a change would take its own place from the tenant', async () => {
    const id = unknownTenant()
    await onboard(id, { connection_string: OWN.href })
    const change = await asAdmin(`/admin/tenants/${id}`, 'PATCH', { placement: 'shared' })
    expect([change.status, change.body.field]).toEqual([400, 'connection_string'])
  })
})
