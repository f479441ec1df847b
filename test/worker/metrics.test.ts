import { abortAllDurableObjects, evictDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { samplesOf } from '../support/samples.ts'
import { conformance } from './conformance.ts'
import { ADMIN, as, asAdmin, newTenant, send, until, workerWith } from './support.ts'

async function read(headers: Record<string, string> = {}): Promise<Response> {
  return exports.default.fetch('http://rockpool.test/metrics', { headers: { ...ADMIN, ...headers } })
}

/** Every sample of a scrape by its name and labels. */
async function scrape(): Promise<Map<string, number>> {
  const response = await read()
  const text = await response.text()
  const { status, headers } = response
  conformance.expect(
    { method: 'GET', path: '/metrics' },
    { status, type: headers.get('content-type') ?? '', body: text },
  )
  return samplesOf(text)
}

/** Counters that are missing or smaller than before. */
function fallen(before: Map<string, number>, now: Map<string, number>): string[] {
  return [...before]
    .filter(
      ([name, value]) =>
        /^\w+_(total|bucket|sum|count)\b(?!.*state=)/.test(name) && !((now.get(name) ?? -1) >= value),
    )
    .map(([name, value]) => `${name}: ${value} → ${now.get(name)}`)
}

const poolsOf = (samples: Map<string, number>, tenant: string) =>
  [...samples].filter(([name]) => name.startsWith('db_pool_size{') && name.includes(`tenant="${tenant}"`))

it('Prometheus gets its text, and OpenMetrics when it prefers that', async () => {
  const plain = await read({ accept: 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1' })
  expect(plain.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(await plain.text()).not.toContain('# EOF')
  // What Prometheus 2.42 sends.
  const accept =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
  const open = await read({ accept })
  expect(open.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
  expect(open.headers.get('vary')).toContain('accept')
  expect(new TextDecoder().decode(await open.arrayBuffer()).endsWith('\n# EOF\n')).toBe(true)
})

it('needs the admin token', async () => {
  expect((await send('/metrics')).body).toMatchObject({ code: 'admin_token_required' })
})

it('shows the pool of a tenant while there is one, and its counts also afterwards', async () => {
  const tenant = newTenant('postgres')
  await as(tenant, '/api/posts')
  const during = await until(scrape, (samples) => poolsOf(samples, tenant).length === 1)
  expect([...during.keys()]).toContainEqual(expect.stringMatching(/^database_health_status.*primary/))
  await asAdmin(`/admin/connections/${tenant}`, 'DELETE')
  const after = await until(scrape, (samples) => poolsOf(samples, tenant).length === 0)
  expect(fallen(during, after)).toEqual([])
  const drained = 'db_pool_evictions_total{cluster="primary",reason="drained"}'
  expect(after.get(drained)).toBeGreaterThan(during.get(drained) ?? 0)
})

it('shows as many tenants by name as METRICS_TENANT_LABELS says, and the others as one', async () => {
  const tenant = newTenant('postgres')
  await as(tenant, '/api/posts')
  await until(scrape, (samples) => poolsOf(samples, tenant).length === 1)
  const { body } = await workerWith({ METRICS_TENANT_LABELS: '0' })<string>('/metrics', ADMIN)
  const samples = samplesOf(body)
  expect(poolsOf(samples, tenant)).toEqual([])
  expect(poolsOf(samples, 'other')).toHaveLength(1)
})

it('never shows a counter smaller than before, whatever is reset between two scrapes', async () => {
  const tenants = [newTenant('postgres'), newTenant('mongo')]
  let before = await scrape()
  const resets = [
    () => evictDurableObject(env.LEDGER.getByName('postgres')),
    () => evictDurableObject(env.METER.getByName('deployment')),
    () => abortAllDurableObjects(),
    () => abortAllDurableObjects(),
  ]
  for (const reset of resets) {
    for (const tenant of tenants) {
      for (let n = 0; n < 5; n++) await as(tenant, '/api/posts')
    }
    // Long enough for hosts to report, and not for the Ledger to write what it got.
    await scheduler.wait(400)
    const shown = await scrape()
    expect(fallen(before, shown)).toEqual([])
    await reset()
    before = await scrape()
    expect(fallen(shown, before)).toEqual([])
  }
  const leases = 'db_pool_leases_total{cluster="primary"}'
  expect(before.get(leases)).toBeGreaterThanOrEqual(5)
})

it('shows what it has shown when the Ledger has forgotten it, and goes on from there', async () => {
  const cluster = `postgres-replica-${Math.floor(1e6 * Math.random())}` as const
  const ledger = env.LEDGER.getByName(cluster)
  const report = (leases: number) =>
    ledger.report({ host: 'group:1', instance: 'a', cluster, pools: [], counters: { leases } })
  const leases = async () => (await ledger.scrape(cluster)).counters.leases
  await report(5)
  // Not written: nothing but the counters has changed.
  await report(50)
  expect(await leases()).toBe(50)
  await evictDurableObject(ledger)
  expect(await leases()).toBe(50)
  expect((await ledger.view(cluster)).counters.leases).toBe(50)
  await report(60)
  expect(await leases()).toBe(60)
})
