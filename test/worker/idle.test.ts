import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, expect, it, vi } from 'vitest'
import { PoolHost } from '../../src/index.ts'
import { hostCall } from './host-call.ts'
import { as, asAdmin, ENGINES, newTenant, until } from './support.ts'

const IDLE_S = 1

afterEach(async () => {
  vi.restoreAllMocks()
  await asAdmin('/admin/connections', 'DELETE')
})

/** Timers that are set from now on and have neither fired nor been cancelled. */
function watchTimers(): ReadonlySet<unknown> {
  const pending = new Set<unknown>()
  const [set, clear] = [globalThis.setTimeout, globalThis.clearTimeout]
  vi.spyOn(globalThis, 'setTimeout').mockImplementation((task, ms, ...rest) => {
    const timer = set(() => {
      pending.delete(timer)
      if (typeof task === 'function') task(...rest)
    }, ms)
    pending.add(timer)
    return timer
  })
  vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
    pending.delete(timer)
    clear(timer)
  })
  return pending
}

/** What the database server itself counts, seen from a pool of somebody else. */
async function serverConnections(observer: string, host: string): Promise<number> {
  return (await as<{ count: number }>(observer, `/api/test/server-connections?host=${host}`)).body.count
}

it.each(ENGINES)(
  'after its idle time a tenant on %s has no socket, no timer, no pool and no grant',
  async (engine) => {
    const tenant = newTenant(engine)
    const host = `dedicated:${tenant}`
    const headers = hostCall(tenant, engine, host)
    const known = async () => {
      const { hosts } = await env.LEDGER.getByName(engine).view(engine)
      return hosts.filter((one) => one.host === host).flatMap(({ pools }) => pools)
    }
    const granted = async () => (await env.LEDGER.getByName(engine).view(engine)).budget.granted
    const observer = newTenant(engine)
    const before = engine === 'mongo' ? await serverConnections(observer, host) : 0
    await asAdmin('/admin/connections', 'DELETE')
    await until(granted, (connections) => connections === 0)

    const timers = await runInDurableObject(env.POOL_HOST.getByName(host), async (_, state) => {
      const pending = watchTimers()
      const settings = { ...env, DB_POOL_MAX_INACTIVE_CONNECTION_LIFETIME: `${IDLE_S}` }
      const idling = new PoolHost(state, settings)
      const request = () => idling.fetch(new Request('http://rockpool.test/api/posts', { headers }))
      const answers = await Promise.all([request(), request(), request()])
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
      expect(pending.size).toBeGreaterThan(0)
      await until(known, (pools) => pools.length === 1 && pools[0]?.state === 'open')
      expect(await granted()).toBeGreaterThan(0)
      await until(known, (pools) => pools.length === 0, IDLE_S * 1000 + 15_000)
      await until(granted, (connections) => connections === 0)
      // What closes may still have one that bounds its farewell.
      return until(
        async () => pending.size,
        (timers) => timers === 0,
      )
    })
    expect(timers).toBe(0)
    // The server learns of a farewell when it has read it.
    await until(
      () => serverConnections(observer, host),
      (count) => count === before,
    )
  },
)
