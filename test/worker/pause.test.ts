import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Ledger, PoolHost } from '../../src/index.ts'
import { as, asAdmin, ENGINES, headersOf, newTenant, send, until, workerWith } from './support.ts'

/** DB_POOL_TIMEOUT of these tests, in ms; see test/support/stack-setup.ts. */
const TIMEOUT_MS = 5_000

interface Fleet {
  clusters: { cluster: string; paused: number }[]
  paused: { fleet_since: string | null; tenants: { user_id: string; since: string }[] }
}

let tenant: string

function change(action: 'pause' | 'resume', user_id?: string) {
  return asAdmin(`/admin/${action}`, 'POST', user_id === undefined ? {} : { user_id })
}

async function fleet(): Promise<Fleet> {
  return (await asAdmin<Fleet>('/admin/fleet')).body
}

/** Whether a request has been answered yet, and with what. */
function sent(who: string) {
  const request = { status: 0, done: Promise.resolve() }
  request.done = as(who, '/api/posts').then(({ status }) => {
    request.status = status
  })
  return request
}

/** Ends the life of an object, as a crash would. */
async function reset(stub: DurableObjectStub<PoolHost> | DurableObjectStub<Ledger>): Promise<void> {
  await runInDurableObject(stub, (_, state) => state.abort('reset by a test')).catch(() => {})
}

/** Until `count` requests are known to be held. */
function held(count: number) {
  return until(fleet, ({ clusters }) => clusters.reduce((sum, one) => sum + one.paused, 0) === count)
}

afterEach(async () => {
  for (const user_id of [undefined, tenant]) await change('resume', user_id)
})

describe.each(ENGINES)('a paused tenant on %s', (engine) => {
  beforeEach(() => {
    tenant = newTenant(engine)
  })

  it('waits, and goes on when it is resumed; others never waited', async () => {
    const other = newTenant(engine)
    await Promise.all([as(tenant, '/api/posts'), as(other, '/api/posts')])
    expect(await change('pause', tenant)).toMatchObject({
      status: 200,
      body: { user_id: tenant, paused: true },
    })
    const waiting = [sent(tenant), sent(tenant)]
    await held(2)
    expect((await as(other, '/api/posts')).status).toBe(200)
    expect(waiting.map((one) => one.status)).toEqual([0, 0])
    await change('resume', tenant)
    await Promise.all(waiting.map((one) => one.done))
    expect(waiting.map((one) => one.status)).toEqual([200, 200])
  })

  it('waits on a host that starts after the pause, and goes on there too', async () => {
    await change('pause', tenant)
    const waiting = sent(tenant)
    await held(1)
    await change('resume', tenant)
    await waiting.done
    expect(waiting.status).toBe(200)
  })

  it('is told to come back when its time is up', async () => {
    await change('pause', tenant)
    const started = Date.now()
    const { status, headers, body } = await as(tenant, '/api/posts')
    expect(Date.now() - started).toBeGreaterThanOrEqual(TIMEOUT_MS - 100)
    expect(status).toBe(503)
    expect(body.code).toBe('paused')
    expect(headers.get('retry-after')).toBe('5')
  })

  it('stays paused when its host and the Ledger are reset', async () => {
    await as(tenant, '/api/posts')
    await change('pause', tenant)
    await reset(env.POOL_HOST.getByName(`dedicated:${tenant}`))
    const waiting = sent(tenant)
    await held(1)
    await reset(env.LEDGER.getByName(engine))
    expect((await fleet()).paused.tenants.map(({ user_id }) => user_id)).toContain(tenant)
    expect(waiting.status).toBe(0)
    await change('resume', tenant)
    await waiting.done
    expect(waiting.status).toBe(200)
  })

  it('stays paused when its pool was closed meanwhile, and is resumed all the same', async () => {
    await as(tenant, '/api/posts')
    await change('pause', tenant)
    await asAdmin(`/admin/connections/${tenant}`, 'DELETE')
    const waiting = sent(tenant)
    await held(1)
    await change('resume', tenant)
    await waiting.done
    expect(waiting.status).toBe(200)
  })
})

describe('a pause of the fleet', () => {
  it('holds everybody but health checks, is shown, and ends', async () => {
    const tenants = [newTenant('postgres'), newTenant('mongo'), newTenant('postgres')]
    await Promise.all(tenants.map((one) => as(one, '/api/posts')))
    const before = Date.now()
    expect(await change('pause')).toMatchObject({ status: 200, body: { user_id: null, unreached: 0 } })
    const waiting = tenants.map(sent)
    const { paused } = await held(3)
    expect(Date.parse(paused.fleet_since ?? '')).toBeGreaterThanOrEqual(before)
    expect((await send('/health')).status).toBe(200)
    expect(waiting.map((one) => one.status)).toEqual([0, 0, 0])
    await change('resume')
    await Promise.all(waiting.map((one) => one.done))
    expect(waiting.map((one) => one.status)).toEqual([200, 200, 200])
    expect((await fleet()).paused.fleet_since).toBeNull()
  })

  it('leaves a tenant paused that was paused for itself', async () => {
    tenant = newTenant('postgres')
    await change('pause', tenant)
    const since = (await fleet()).paused.tenants.find((one) => one.user_id === tenant)?.since
    await change('pause')
    await change('pause', tenant)
    await change('resume')
    expect((await fleet()).paused).toMatchObject({ fleet_since: null, tenants: [{ user_id: tenant, since }] })
    const waiting = sent(tenant)
    await held(1)
    await change('resume', tenant)
    await waiting.done
    expect(waiting.status).toBe(200)
  })
})

describe('a paused tenant without a host', () => {
  it('waits too, at the latest five seconds after the pause', async () => {
    tenant = newTenant('postgres')
    const call = workerWith({ STRATEGY: 'isolate', DB_POOL_TIMEOUT: '8' })
    await call('/api/posts', headersOf(tenant))
    await change('pause', tenant)
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    const started = Date.now()
    const waiting = call('/api/posts', headersOf(tenant))
    await new Promise((resolve) => setTimeout(resolve, 500))
    await change('resume', tenant)
    expect((await waiting).status).toBe(200)
    expect(Date.now() - started).toBeGreaterThanOrEqual(500)
  })
})

describe('pausing', () => {
  it.each([
    [{ user_id: 'Not a tenant' }, 'user_id'],
    [{ tenant: 'acme' }, 'tenant'],
  ])('refuses %j', async (body, field) => {
    for (const action of ['pause', 'resume']) {
      expect(await asAdmin(`/admin/${action}`, 'POST', body)).toMatchObject({ status: 400, body: { field } })
    }
  })

  it('needs the admin token', async () => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
    for (const action of ['pause', 'resume']) {
      expect((await send(`/admin/${action}`, init)).status).toBe(401)
    }
  })
})
