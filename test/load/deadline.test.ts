import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Bundled, startBundled } from '../support/bundled.ts'

/** Wait, statement and request, in seconds. */
const WAIT = 1
const COMMAND = 2
const DEADLINE_MS = (WAIT + COMMAND + 1) * 1_000
/** Room for what a busy machine adds: what is shown is that waits do not add up, to twice as much at least. */
const ROOM_MS = 4_000

const ENGINES = ['postgres', 'mongo'] as const

/** Ways in which a database is not there. */
const FAULTS = {
  'black-holed': { delayMs: 600_000 },
  'slow by 3 s': { delayMs: 3_000 },
  refusing: { refuse: true },
} as const

const start = (engine: (typeof ENGINES)[number]) =>
  startBundled({
    STRATEGY: 'dedicated',
    DEFAULT_ENGINE: engine,
    TENANT_SOURCES: 'header',
    ENROLLMENT: 'open',
    RATE_LIMITS: 'off',
    DB_POOL_TIMEOUT: String(WAIT),
    DB_POOL_COMMAND_TIMEOUT: String(COMMAND),
  })

/** What a tenant and the admin ask. */
function routesOf(worker: Bundled, tenant: string, post: string) {
  const admin = { authorization: `Bearer ${worker.variables.ADMIN_TOKEN}` }
  const own = { 'x-user-id': tenant }
  const title = { title: 'a', content: '' }
  return [
    ['GET', '/api/posts', own],
    ['GET', `/api/posts/${post}`, own],
    ['POST', '/api/posts', own, title],
    ['PUT', `/api/posts/${post}`, own, { title: 'b' }],
    ['POST', `/api/posts/${post}/likes`, own],
    ['POST', `/api/posts/${post}/comments`, own, { content: 'hm' }],
    ['GET', `/api/posts/${post}/comments`, own],
    ['DELETE', `/api/posts/${post}`, own],
    ['POST', '/api/company/projects', own, { name: 'Reef', tasks: [{ title: 'Count' }] }],
    ['GET', '/api/company/projects', own],
    ['GET', '/api/company/users', own],
    ['POST', '/admin/tenants', admin, { id: `new-${Math.random().toString(36).slice(2, 10)}` }],
    ['GET', `/admin/connections/${tenant}`, admin],
    ['GET', '/health', {}],
  ] as const
}

type Route = ReturnType<typeof routesOf>[number]

async function timed({ url }: Bundled, [method, path, headers, body]: Route) {
  const started = performance.now()
  const answer = await fetch(url + path, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  await answer.arrayBuffer()
  return {
    route: `${method} ${path.replace(/[0-9a-f-]{24,}/, ':id')}`,
    status: answer.status,
    ms: performance.now() - started,
  }
}

describe.each(ENGINES)('with a database on %s that is not there', (engine) => {
  it.each((process.env.LOAD === 'full' ? Object.keys(FAULTS) : ['black-holed']) as (keyof typeof FAULTS)[])(
    'no answer takes longer than the wait, a statement and a second: %s',
    async (fault) => {
      await using worker = await start(engine)
      const tenant = `t-${engine}`
      const created = await fetch(`${worker.url}/api/posts`, {
        method: 'POST',
        headers: { 'x-user-id': tenant, 'content-type': 'application/json' },
        body: JSON.stringify({ title: 'a', content: '' }),
      })
      const { post_id: post } = (await created.json()) as { post_id: string }
      const faults = worker.stack.faults[engine]
      faults.set(FAULTS[fault])
      if (fault === 'refusing') faults.cut()
      const seen: Awaited<ReturnType<typeof timed>>[] = []
      for (const route of routesOf(worker, tenant, post)) seen.push(await timed(worker, route))
      const together = Array.from({ length: 64 }, (_, n) => {
        const routes = routesOf(worker, tenant, post)
        return timed(worker, routes[n % routes.length] ?? routes[0])
      })
      seen.push(...(await Promise.all(together)))
      const slowest = seen.toSorted((a, b) => b.ms - a.ms)
      console.info(
        `${engine}, ${fault}: slowest ${slowest
          .slice(0, 5)
          .map(({ route, status, ms }) => `${route} ${status} ${(ms / 1000).toFixed(1)} s`)
          .join(', ')}`,
      )
      for (const { route, ms } of seen) expect(ms, route).toBeLessThan(DEADLINE_MS + ROOM_MS)
      for (const { route, status } of seen) expect(status, route).not.toBe(500)
      faults.clear()
      // And it goes on when the database is back.
      await expect
        .poll(
          async () =>
            (await timed(worker, ['GET', '/api/company/users', { 'x-user-id': tenant }] as unknown as Route))
              .status,
          { timeout: 60_000, interval: 500 },
        )
        .toBe(200)
      await setTimeout(100)
    },
  )
})
