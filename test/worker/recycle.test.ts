import { afterEach, describe, expect, it } from 'vitest'
import {
  ADMIN,
  as,
  asAdmin,
  clearFaults,
  ENGINES,
  headersOf,
  newTenant,
  send,
  setFault,
  workerWith,
} from './support.ts'

afterEach(clearFaults)

interface Connection {
  id: number
}

describe.each(ENGINES)('recycling the pool of a tenant on %s', (engine) => {
  it('under load fails no request, and every connection afterwards is a new one', async () => {
    const tenant = newTenant(engine)
    const path = `/admin/connections/${tenant}/recycle`
    const connections = () =>
      Promise.all(Array.from({ length: 20 }, () => as<Connection>(tenant, '/api/test/connection')))
    const old = new Set((await connections()).map((one) => one.body.id))

    const load = { on: true, failed: [] as unknown[], served: 0 }
    const clients = Array.from({ length: 30 }, async () => {
      while (load.on) {
        const { status, body } = await as(tenant, '/api/test/connection')
        if (status === 200) load.served++
        else load.failed.push(body)
      }
    })
    const before = load.served
    const { status, body } = await asAdmin(path, 'POST')
    const during = load.served - before
    const after = await connections()
    load.on = false
    await Promise.all(clients)
    console.info(`recycled on ${engine}: ${during} requests meanwhile, ${load.served} in all`)

    expect(status).toBe(200)
    expect(body).toMatchObject({ user_id: tenant, recycled: 1 })
    expect(load.failed).toEqual([])
    expect(during).toBeGreaterThan(0)
    expect(after.every((one) => one.status === 200)).toBe(true)
    expect(after.filter((one) => old.has(one.body.id))).toEqual([])
  })

  it('leaves the old pool in place when no new one can be opened, and says why', async () => {
    const tenant = newTenant(engine)
    await as(tenant, '/api/posts')
    await setFault(engine, { refuse: true })
    const failed = await asAdmin(`/admin/connections/${tenant}/recycle`, 'POST')
    expect(failed).toMatchObject({ status: 503, body: { code: 'database_unavailable' } })
    expect((await as(tenant, '/api/posts')).status).toBe(200)
    await clearFaults()
    expect((await asAdmin(`/admin/connections/${tenant}/recycle`, 'POST')).status).toBe(200)
  })

  it('finds nothing to recycle where there is no pool', async () => {
    const tenant = newTenant(engine)
    const { status, body } = await asAdmin(`/admin/connections/${tenant}/recycle`, 'POST')
    expect(status).toBe(404)
    expect(body.detail).toBe(`No connection found for ${tenant}`)
  })
})

describe('recycling', () => {
  it('reaches every shard of a tenant, and the pool that a tenant shares', async () => {
    const tenant = newTenant('postgres')
    for (const [variables, recycled] of [
      [{ STRATEGY: 'dedicated', TIERS: '{"basic": {"size": 6, "shards": 3}}' }, 3],
      [{ STRATEGY: 'grouped', GROUP_POOL_SIZE: '6' }, 1],
    ] as const) {
      const call = workerWith(variables)
      const load = () => Promise.all(Array.from({ length: 30 }, () => call('/api/posts', headersOf(tenant))))
      expect((await load()).every((one) => one.status === 200)).toBe(true)
      const [answer, ...answers] = await Promise.all([
        call(`/admin/connections/${tenant}/recycle`, ADMIN, { method: 'POST' }),
        call('/api/posts', headersOf(tenant)),
      ])
      expect(answer).toMatchObject({ status: 200, body: { recycled } })
      expect(answers.every((one) => one.status === 200)).toBe(true)
    }
  })

  it('needs the admin token', async () => {
    const { status } = await send('/admin/connections/acme/recycle', {
      method: 'POST',
      headers: headersOf('acme'),
    })
    expect(status).toBe(401)
  })
})
