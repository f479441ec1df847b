import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { NO_COUNTERS } from '../../src/pools/counters.ts'
import { ADMIN, asAdmin, headersOf, newTenant, until, workerWith } from './support.ts'

interface FleetStrategy {
  configured: string
  in_force: string
  auto: string
  auto_since: string
  active_tenants: number
}

/** The Worker in an isolate that has not heard of the Ledger yet. */
function newIsolate(variables: Record<string, string> = {}) {
  return workerWith({ STRATEGY: 'auto', PLACEMENT_GROUPS: '1', ...variables })
}

async function strategyIn(isolate: ReturnType<typeof workerWith>): Promise<FleetStrategy> {
  return (await isolate<{ strategy: FleetStrategy }>('/admin/fleet', ADMIN)).body.strategy
}

/** Where a tenant's requests run in an isolate: the placement and the hosts. */
async function placeIn(isolate: ReturnType<typeof workerWith>, tenant: string) {
  const { body } = await isolate<{ placement: string; pools: { host: string }[] }>(
    `/admin/connections/${tenant}`,
    ADMIN,
  )
  return [body.placement, ...body.pools.map(({ host }) => host)]
}

/** Tells a Ledger of a host on which so many tenants were active a moment ago. */
async function reportActive(cluster: 'postgres' | 'mongo', tenants: number): Promise<void> {
  await env.LEDGER.getByName(cluster).report({
    host: 'group:told',
    instance: 'told',
    cluster,
    pools: [],
    counters: NO_COUNTERS,
    active_tenants: tenants,
    active: Array.from({ length: tenants }, (_, n) => [n, 0] as const),
  })
}

describe('auto', () => {
  it('keeps a small fleet on one host, and says so', async () => {
    const isolate = newIsolate()
    const tenant = newTenant('postgres')
    expect((await isolate('/api/posts', headersOf(tenant))).status).toBe(200)
    expect(await placeIn(isolate, tenant)).toEqual(['shared', 'shared'])
    const strategy = await until(
      () => strategyIn(isolate),
      ({ active_tenants }) => active_tenants > 0,
    )
    expect(strategy).toMatchObject({ configured: 'auto', in_force: 'shared', auto: 'shared' })
    expect(Date.now() - Date.parse(strategy.auto_since)).toBeLessThan(60_000)
  })

  it('moves a fleet that grows, under load, without a failed request or a lost post', async () => {
    const tenant = newTenant('postgres')
    const isolate = newIsolate()
    const answers: Promise<{ status: number }>[] = []
    const send = () =>
      answers.push(
        isolate('/api/posts', headersOf(tenant), { method: 'POST', body: { title: 't', content: '' } }),
      )
    for (let n = 0; n < 10; n++) send()
    await Promise.all(answers)
    expect(await placeIn(isolate, tenant)).toEqual(['shared', 'shared'])

    // 40 on one cluster and 40 on the other: the fleet is what counts.
    await Promise.all([reportActive('postgres', 40), reportActive('mongo', 40)])
    const moved = await until(
      async () => {
        for (let n = 0; n < 3; n++) send()
        return strategyIn(isolate)
      },
      ({ in_force }) => in_force !== 'shared',
      15_000,
    )
    expect(moved).toMatchObject({ in_force: 'grouped', auto: 'grouped' })
    await Promise.all(answers)
    send()
    await Promise.all(answers)
    expect(await placeIn(isolate, tenant)).toEqual(['grouped', 'group:0'])

    await reportActive('postgres', 700)
    await until(
      async () => {
        for (let n = 0; n < 3; n++) send()
        return strategyIn(isolate)
      },
      ({ in_force }) => in_force === 'dedicated',
      15_000,
    )
    send()
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([201]))
    expect(await placeIn(isolate, tenant)).toEqual(['dedicated', `dedicated:${tenant}`])
    const recycled = await isolate(`/admin/connections/${tenant}/recycle`, ADMIN, { method: 'POST' })
    expect(recycled).toMatchObject({ status: 200, body: { recycled: 1 } })
    const { body } = await isolate<{ posts: unknown[] }>('/api/posts?limit=100', headersOf(tenant))
    expect(body.posts).toHaveLength(Math.min(100, statuses.length))
  })

  it('counts a tenant once that has just moved', async () => {
    const [small, large] = [
      workerWith({ STRATEGY: 'grouped', PLACEMENT_GROUPS: '1' }),
      workerWith({ STRATEGY: 'dedicated' }),
    ]
    const { active_tenants: before } = await strategyIn(newIsolate())
    const tenants = Array.from({ length: 3 }, () => newTenant('postgres'))
    for (const isolate of [small, large]) {
      await Promise.all(tenants.map((tenant) => isolate('/api/posts', headersOf(tenant))))
    }
    await until(
      async () =>
        (await asAdmin<{ hosts: { host: string }[] }>('/admin/fleet')).body.hosts.map(({ host }) => host),
      (hosts) => tenants.every((tenant) => hosts.includes(`dedicated:${tenant}`)),
    )
    await until(
      () => strategyIn(small),
      ({ active_tenants }) => active_tenants === before + 3,
    )
  })

  it('is what it was after the Ledger was reset', async () => {
    const before = await strategyIn(newIsolate())
    expect(before.auto).toBe('dedicated')
    await evictDurableObject(env.LEDGER.getByName('postgres'))
    const after = await strategyIn(newIsolate())
    expect(after).toMatchObject({ auto: 'dedicated', auto_since: before.auto_since })
  })

  it('is shown beside another strategy that is in force', async () => {
    const other = await strategyIn(workerWith({ STRATEGY: 'grouped' }))
    expect(other).toMatchObject({ configured: 'grouped', in_force: 'grouped', auto: 'dedicated' })
    const tiers = await strategyIn(workerWith({ STRATEGY: 'tiers' }))
    expect(tiers).toMatchObject({ configured: 'tiers', in_force: 'tiers', auto: 'dedicated' })
  })
})
