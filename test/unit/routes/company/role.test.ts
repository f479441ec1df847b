import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { toProblem } from '../../../../src/problem.ts'
import type { RouteBindings } from '../../../../src/routes/bindings.ts'
import { byRole, roleFor } from '../../../../src/routes/company/role.ts'
import { company } from '../../../../src/routes/company/routes.ts'
import type { Role } from '../../../../src/tenants/caller.ts'

const app = new Hono<{ Bindings: RouteBindings }>()
app.use('/api/company/*', byRole)
app.all('*', (c) => c.text('allowed'))
app.onError((error, c) => {
  const { code, detail } = toProblem(error)
  return c.json({ code, detail })
})

async function ask(role: Role | undefined, method: string, path: string): Promise<unknown> {
  const bindings = { caller: { role } } as RouteBindings
  const answer = await app.fetch(new Request(`http://host${path}`, { method }), bindings)
  const text = await answer.text()
  return text === 'allowed' ? text : JSON.parse(text)
}

const MEMBERS_WRITE = ['POST /api/company/projects/:project_id/tasks', 'PATCH /api/company/tasks/:task_id']

describe('of the routes of a company', () => {
  const writes = company.routes
    .filter(({ method }) => !['GET', 'ALL'].includes(method))
    .map(({ method, path }) => ({ method, path: `/api/company${path}` }))

  test('those that change something are known here, and no other is open to members', () => {
    const open = writes
      .filter(({ method, path }) => roleFor(method, path) !== 'admin')
      .map(({ method, path }) => `${method} ${path}`)
    expect([...new Set(open)].sort()).toEqual(MEMBERS_WRITE.sort())
    expect(writes.length).toBeGreaterThan(4)
  })
})

describe.each<[Role | undefined, string, string]>([
  ['viewer', 'POST', '/api/company/projects/p1/tasks'],
  ['viewer', 'PATCH', '/api/company/tasks/t1'],
  [undefined, 'PATCH', '/api/company/tasks/t1'],
])('a caller with the role %s', (role, method, path) => {
  test(`is refused ${method} ${path} and told the role that it takes`, async () => {
    expect(await ask(role, method, path)).toEqual({
      code: 'forbidden',
      detail: 'This needs the role member.',
    })
  })
})

test.each<[Role, string, string]>([
  ['member', 'POST', '/api/company/users'],
  ['member', 'POST', '/api/company/projects'],
  ['member', 'DELETE', '/api/company/projects/p1'],
  ['member', 'DELETE', '/api/company/projects/tasks'],
  ['member', 'PATCH', '/api/company/projects/tasks'],
  ['member', 'POST', '/api/company/tasks'],
  ['viewer', 'POST', '/api/company/something-new'],
])('%s may not %s %s, which is for admins', async (role, method, path) => {
  expect(await ask(role, method, path)).toEqual({ code: 'forbidden', detail: 'This needs the role admin.' })
})

test('everybody reads, members write tasks, admins everything', async () => {
  const roles: (Role | undefined)[] = ['admin', 'member', 'viewer', undefined]
  for (const role of roles) {
    expect(await ask(role, 'GET', '/api/company/users')).toBe('allowed')
  }
  for (const role of ['admin', 'member'] as const) {
    expect(await ask(role, 'PATCH', '/api/company/tasks/t1')).toBe('allowed')
  }
  expect(await ask('admin', 'DELETE', '/api/company/projects/p1')).toBe('allowed')
})
