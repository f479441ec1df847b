import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { PoolHost } from '../../src/index.ts'
import { hostCall } from './host-call.ts'
import { as, asAdmin, ENGINES, newTenant, until } from './support.ts'

type EngineName = (typeof ENGINES)[number]

const ledger = (engine: EngineName) => env.LEDGER.getByName(engine)
const budgetOf = async (engine: EngineName) => (await ledger(engine).view(engine)).budget

afterEach(async () => {
  vi.restoreAllMocks()
  await asAdmin('/admin/connections', 'DELETE')
})

describe.each(ENGINES)('the budget of %s', (engine) => {
  it('counts a pool while it is open, with what its driver needs beside it, and not after', async () => {
    await asAdmin('/admin/connections', 'DELETE')
    await until(
      () => budgetOf(engine),
      ({ granted }) => granted === 0,
    )
    const tenant = newTenant(engine)
    await as(tenant, '/api/posts')
    const { granted, holders } = await budgetOf(engine)
    expect(holders).toEqual([`dedicated:${tenant}`])
    const { body } = await asAdmin<{ pools: { max_size: number }[] }>(`/admin/connections/${tenant}`)
    expect(granted).toBe((body.pools[0]?.max_size ?? 0) + (engine === 'mongo' ? 1 : 0))
    await asAdmin(`/admin/connections/${tenant}`, 'DELETE')
    await until(
      () => budgetOf(engine),
      (budget) => budget.granted === 0,
    )
  })

  it('is what it was after the Ledger was reset', async () => {
    await as(newTenant(engine), '/api/posts')
    const before = await until(
      () => budgetOf(engine),
      ({ source }) => source === 'server',
    )
    expect(before.granted).toBeGreaterThan(0)
    await evictDurableObject(ledger(engine))
    expect(await budgetOf(engine)).toEqual(before)
  })
})

it('without a Ledger a warm pool goes on, and a new one opens with one connection and says so', async () => {
  const [warm, cold] = [newTenant('postgres'), newTenant('postgres')]
  const host = 'dedicated:without-ledger'
  const logged: unknown[] = []
  await runInDurableObject(env.POOL_HOST.getByName(host), async (_, state) => {
    let isUp = true
    const LEDGER = {
      getByName(name: string) {
        if (!isUp) throw new Error('The Ledger cannot be reached.')
        return env.LEDGER.getByName(name)
      },
    }
    const alone = new PoolHost(state, { ...env, LEDGER: LEDGER as typeof env.LEDGER })
    const request = async (tenant: string) => {
      const headers = hostCall(tenant, 'postgres', host)
      return (await alone.fetch(new Request('http://rockpool.test/api/posts', { headers }))).status
    }
    expect(await request(warm)).toBe(200)
    isUp = false
    vi.spyOn(console, 'warn').mockImplementation((line) => logged.push(line))
    vi.spyOn(console, 'log').mockImplementation((line) => logged.push(line))
    expect(await request(warm)).toBe(200)
    expect(await Promise.all([request(cold), request(cold), request(cold)])).toEqual([200, 200, 200])
    expect((await alone.inspect(cold))?.pool).toMatchObject({ size: 1, max_size: 1, wanted_size: 4 })
    isUp = true
    // With the next report the Ledger takes the pool in, and it may grow; one that failed is made again after ten seconds.
    await until(
      () => budgetOf('postgres'),
      ({ granted }) => granted > 4,
      15_000,
    )
    await alone.closeAll()
  })
  expect(logged).toContainEqual(
    expect.objectContaining({ event: 'ledger.unreachable', cluster: 'postgres', host, pool: cold }),
  )
})
