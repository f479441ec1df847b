import { describe, expect, it } from 'vitest'
import { ADMIN, as, asAdmin, headersOf, newTenant, send, until, workerWith } from './support.ts'

interface Fleet {
  clusters: {
    cluster: string
    hosts: number
    open: number
    max_size: number
    budget: { max: number; source: string; limit: number; granted: number; waiting: number }
    totals: { leases: number }
  }[]
  hosts: { host: string; placement: string; stale: boolean; reported_at: string; pools: object[] }[]
  more_hosts: number
  active_tenants: number
  tiers: Record<string, { placement: string; size: number }>
  paused: { fleet_since: string | null; tenants: object[] }
}

async function fleet(): Promise<Fleet> {
  return (await asAdmin<Fleet>('/admin/fleet')).body
}

describe('the fleet', () => {
  it('is shown with its clusters, hosts, tiers and pauses', async () => {
    const tenants = [newTenant('postgres'), newTenant('mongo')]
    const before = await fleet()
    await Promise.all(tenants.map((tenant) => as(tenant, '/api/posts')))
    const body = await until(fleet, ({ clusters }) =>
      clusters.every(
        ({ cluster, totals }, n) =>
          cluster === 'replica' || totals.leases > (before.clusters[n]?.totals.leases ?? 0),
      ),
    )
    expect(body.clusters.map(({ cluster }) => cluster)).toEqual(['primary', 'replica', 'mongo'])
    for (const cluster of body.clusters.filter((one) => one.cluster !== 'replica')) {
      expect(cluster.hosts).toBeGreaterThanOrEqual(1)
      expect(cluster.max_size).toBeGreaterThanOrEqual(1)
      expect(cluster.budget).toMatchObject({
        waiting: 0,
        recalled: expect.any(Number),
        denied: expect.any(Number),
      })
      expect(cluster.budget.granted).toBeGreaterThanOrEqual(1)
      expect(cluster.budget.granted).toBeLessThanOrEqual(cluster.budget.limit)
    }
    // The stack's Postgres takes 300; a tenth is the reserve.
    expect(body.clusters[0]?.budget).toMatchObject({ source: 'server', max: 300, limit: 270 })
    const names = body.hosts.map(({ host }) => host)
    expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b)))
    const row = body.hosts.find(({ host }) => host === `dedicated:${tenants[0]}`)
    expect(row).toMatchObject({
      placement: 'dedicated',
      stale: false,
      pools: [{ cluster: 'primary', tenant: tenants[0], wanted_size: 20 }],
    })
    expect(Date.now() - Date.parse(row?.reported_at ?? '')).toBeLessThan(60_000)
    expect(body.tiers.basic).toMatchObject({ placement: 'dedicated', size: 20 })
    expect(body).toMatchObject({ more_hosts: 0, paused: { fleet_since: null, tenants: [] } })
  })

  it('counts every active tenant once: one on its own host, two in a group, one with three shards', async () => {
    const before = (await fleet()).active_tenants
    const [own, one, two, sharded] = Array.from({ length: 4 }, () => newTenant('postgres'))
    const grouped = workerWith({ STRATEGY: 'grouped', PLACEMENT_GROUPS: '1' })
    const shards = workerWith({ STRATEGY: 'dedicated', TIERS: '{"basic": {"size": 6, "shards": 3}}' })
    for (let n = 0; n < 3; n++) {
      await as(own ?? '', '/api/posts')
      await Promise.all([one, two].map((tenant) => grouped('/api/posts', headersOf(tenant ?? ''))))
    }
    await Promise.all(Array.from({ length: 30 }, () => shards('/api/posts', headersOf(sharded ?? ''))))
    await until(fleet, ({ hosts }) => hosts.filter(({ host }) => host.includes(`:${sharded}:`)).length === 3)
    await until(fleet, ({ active_tenants }) => active_tenants === before + 4)
  })

  it('is shown with the placements in force', async () => {
    const { body } = await workerWith({ STRATEGY: 'tiers', PLACEMENT: '{"free": "shared"}' })<Fleet>(
      '/admin/fleet',
      ADMIN,
    )
    expect(body.tiers).toMatchObject({
      free: { placement: 'shared' },
      premium: { placement: 'dedicated' },
    })
  })

  it('needs the admin token', async () => {
    expect((await send('/admin/fleet')).status).toBe(401)
  })
})
