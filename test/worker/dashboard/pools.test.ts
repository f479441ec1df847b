import { describe, expect, it } from 'vitest'
import type { DashboardView } from '../../../src/edge/dashboard/contract.ts'
import { as, asAdmin, newTenant, send, until } from '../support.ts'
import { SAME_ORIGIN, signedIn } from './support.ts'

/** Opens a pool and returns its row, as a page would have it. */
async function openPool() {
  const tenant = newTenant('postgres')
  await as(tenant, '/api/posts')
  const { body } = await until(
    () => asAdmin<DashboardView>('/dashboard/view'),
    (answer) => answer.body.pools.some((pool) => pool.tenant === tenant),
  )
  const row = body.pools.find((pool) => pool.tenant === tenant)
  if (!row) throw new Error('no pool')
  return { tenant, row, name: { host: row.host, pool: row.pool } }
}

const connection = (tenant: string) => as<{ id: number }>(tenant, '/api/test/connection')

async function act(action: 'close' | 'recycle', body: unknown, from: object = SAME_ORIGIN) {
  const headers = { ...(await signedIn()), ...from, 'content-type': 'application/json' }
  return send(`/admin/pools/${action}`, { method: 'POST', headers, body: JSON.stringify(body) })
}

describe('a pool by the host and the name of its row', () => {
  it('is closed, and then there is none', async () => {
    const { name } = await openPool()
    const closed = await act('close', name)
    expect(closed.status).toBe(200)
    expect(closed.body).toEqual({ ...name, closed: true })
    const again = await act('close', name)
    expect(again.status).toBe(404)
    expect(again.body.code).toBe('connection_not_found')
  })

  it('is recycled: the next request runs on another connection', async () => {
    const { tenant, name } = await openPool()
    const before = (await connection(tenant)).body.id
    const recycled = await act('recycle', name)
    expect(recycled.body).toEqual({ ...name, recycled: true })
    expect((await connection(tenant)).body.id).not.toBe(before)
  })

  it('is left alone when the request does not come from the page', async () => {
    const { name } = await openPool()
    for (const action of ['close', 'recycle'] as const) {
      const { status, body } = await act(action, name, { 'sec-fetch-site': 'cross-site' })
      expect(status).toBe(403)
      expect(body.code).toBe('cross_origin')
    }
    expect((await act('close', name)).status).toBe(200)
  })

  it.each(['close', 'recycle'] as const)('that is not there is not found: %s', async (action) => {
    expect((await act(action, { host: 'dedicated:nobody', pool: 'nobody/20' })).status).toBe(404)
  })

  it.each([
    ['a host of no placement', { host: 'elsewhere', pool: 'a' }, 'host'],
    ['a name that no pool has', { host: 'shared', pool: '' }, 'pool'],
    ['no host', { pool: 'a' }, 'host'],
    ['something more', { host: 'shared', pool: 'a', more: 1 }, 'more'],
  ])('is refused for %s', async (_, body, field) => {
    const { status, body: problem } = await act('close', body)
    expect(status).toBe(400)
    expect(problem.field).toBe(field)
  })
})
