import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import worker from '../../src/index.ts'
import { as, asAdmin, newTenant, send, until } from './support.ts'

const QUESTION = '/admin/sizing?concurrent_users=1000&requests_per_user=5&available_connections=10000'

/** The question with one of its fields set to something else, or left out. */
function asked(field: string, value: string | undefined): string {
  const url = new URL(QUESTION, 'http://rockpool.test')
  if (value === undefined) url.searchParams.delete(field)
  else url.searchParams.set(field, value)
  return url.pathname + url.search
}

const ADMIN = { authorization: `Bearer ${env.ADMIN_TOKEN}` }

/** Sends a request to the same Worker under other variables. */
async function sendWith(variables: Record<string, string>, path: string, headers: Record<string, string>) {
  const context = createExecutionContext()
  const request = new Request(`http://rockpool.test${path}`, { headers })
  const response = await worker.fetch(request, { ...env, ...variables }, context)
  await waitOnExecutionContext(context)
  return response
}

interface Numbers {
  source: string
  concurrent_users: number
  requests_per_user: number
  available_connections: number
  pool_size: number
  total_connections: number
  fleet: {
    active_tenants: number
    open_connections: number
    max_connections: number
    available_connections: number
  }
}

describe('sizing', () => {
  it('is closed without the admin token', async () => {
    for (const path of ['/admin/sizing', QUESTION]) {
      expect((await send(path, { headers: { 'x-user-id': 'user_a' } })).status).toBe(401)
    }
  })

  it('answers a question with sizes, a strategy and the cost of each placement', async () => {
    const { status, body } = await asAdmin(QUESTION)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      source: 'question',
      concurrent_users: 1000,
      requests_per_user: 5,
      available_connections: 10_000,
      pool_size: 5,
      max_users: 1000,
      total_connections: 5000,
      strategy: 'dedicated',
      reason: expect.stringMatching(/^10000 connections will give each of 1000 users all 5 .*\.$/),
      cost_per_day: {
        shared: { hosts: 1 },
        grouped: { hosts: 10 },
        dedicated: { hosts: 1000, usd: expect.closeTo(142.37, 2) },
        isolate: { hosts: 0 },
        prices: { source: expect.stringContaining('/durable-objects/platform/pricing') },
      },
    })
    expect(body).not.toHaveProperty('fleet')
  })

  it('counts every host of a tier that is spread over several, and every group there is', async () => {
    const settings = { TIERS: '{"premium": {"size": 6, "shards": 3}}', PLACEMENT_GROUPS: '7' }
    const response = await sendWith(settings, `${QUESTION}&tier=premium`, ADMIN)
    expect(await response.json()).toMatchObject({
      cost_per_day: { grouped: { hosts: 7 }, dedicated: { hosts: 3000 } },
    })
  })

  describe.each(['concurrent_users', 'requests_per_user', 'available_connections'])('refuses %s', (field) => {
    it.each([undefined, '', '0', '-1', '+5', '1.5', '1e3', '0x10', 'NaN', 'many', '1000001', '9'.repeat(40)])(
      '%s',
      async (value) => {
        const { status, body } = await asAdmin(asked(field, value))
        expect(status).toBe(400)
        expect(body).toMatchObject({
          code: 'invalid_request',
          field,
          detail: expect.stringMatching(/^Expected a whole number from 1 to \d+\.$/),
        })
      },
    )
  })

  it.each([
    ['tier', `${QUESTION}&tier=gold`],
    ['tier', '/admin/sizing?tier=gold'],
    ['users', `${QUESTION}&users=5`],
    ['concurent_users', '/admin/sizing?concurent_users=5'],
  ])('refuses a wrong %s in %s', async (field, path) => {
    expect(await asAdmin(path)).toMatchObject({ status: 400, body: { code: 'invalid_request', field } })
  })

  it("without a question is about the fleet's own numbers", async () => {
    const tenants = [newTenant('postgres'), newTenant('mongo'), newTenant('mongo')]
    await asAdmin('/admin/connections', 'DELETE')
    const { body: before } = await until(
      () => asAdmin<Numbers>('/admin/sizing'),
      ({ body }) => body.fleet.open_connections === 0,
    )
    await Promise.all(tenants.map((tenant) => as(tenant, '/api/posts')))
    const users = before.concurrent_users + 3
    const { status, body } = await until(
      () => asAdmin<Numbers>('/admin/sizing'),
      (answer) => answer.body.concurrent_users === users && answer.body.fleet.open_connections >= 3,
    )
    expect(status).toBe(200)
    expect(body).toMatchObject({
      source: 'fleet',
      available_connections: body.fleet.available_connections,
      strategy: 'shared',
      fleet: { active_tenants: users },
    })
    // Postgres takes 300 of which a tenth is kept in reserve; MongoDB has its own beside it.
    expect(body.available_connections).toBeGreaterThan(270)
    expect(body.fleet.max_connections).toBeGreaterThanOrEqual(body.fleet.open_connections)
    expect(body.fleet.max_connections).toBeLessThanOrEqual(60)
    expect(body.requests_per_user).toBe(Math.ceil(body.fleet.open_connections / users))
    const { body: connections } = await asAdmin<{ active_users: number }>('/admin/connections')
    expect(connections.active_users).toBe(users)
  })

  it('counts tenants who share a pool', async () => {
    const { body: before } = await asAdmin<Numbers>('/admin/sizing')
    for (let n = 0; n < 3; n++) {
      await sendWith({ STRATEGY: 'shared' }, '/api/posts', { 'x-user-id': newTenant('mongo') })
    }
    await until(
      () => asAdmin<Numbers>('/admin/sizing'),
      (answer) => answer.body.concurrent_users === before.concurrent_users + 3,
    )
  })
})
