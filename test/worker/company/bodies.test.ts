import { describe, expect, it } from 'vitest'
import { ENGINES, newTenant, send } from '../support.ts'
import { type Created, companyOf, planned } from './calls.ts'

const USER = { email: 'a@acme.test', name: 'A', role: 'member' }

type Bad = readonly [why: string, path: string, body: unknown, field: string | undefined]

const BAD: readonly Bad[] = [
  ['no email', '/users', { name: 'A', role: 'member' }, 'email'],
  ['no name', '/users', { email: 'a@b.test', role: 'member' }, 'name'],
  ['no role', '/users', { email: 'a@b.test', name: 'A' }, 'role'],
  ['an email that is none', '/users', { ...USER, email: 'nobody' }, 'email'],
  ['an operator for an email', '/users', { ...USER, email: { $gt: '' } }, 'email'],
  ['NUL in an email', '/users', { ...USER, email: 'a\u0000@b.test' }, 'email'],
  ['half a surrogate pair in an email', '/users', { ...USER, email: 'a\ud800@b.test' }, 'email'],
  ['NUL in a name', '/users', { ...USER, name: 'a\u0000' }, 'name'],
  ['a role that is none', '/users', { ...USER, role: 'root' }, 'role'],
  ['a password', '/users', { ...USER, password: 'correct horse' }, 'password'],
  ['a hash', '/users', { ...USER, password_hash: 'x' }, 'password_hash'],
  ['no project name', '/projects', {}, 'name'],
  ['an empty project name', '/projects', { name: '' }, 'name'],
  ['half a surrogate pair', '/projects', { name: '\udfff' }, 'name'],
  ['an id of their own', '/projects', { name: 'p', id: 'x' }, 'id'],
  ['tasks that are no list', '/projects', { name: 'p', tasks: { length: 1 } }, 'tasks'],
  ['a bad task among good ones', '/projects', { name: 'p', tasks: [{ title: 'a' }, {}] }, 'tasks.1.title'],
  ['an operator in a task', '/projects', { name: 'p', tasks: [{ title: { $ne: 1 } }] }, 'tasks.0.title'],
  ['too many tasks', '/projects', planned('p', ...Array.from({ length: 101 }, () => 'x')), 'tasks'],
  ['a task without a title', '/projects/:id/tasks', {}, 'title'],
  ['a task for another project', '/projects/:id/tasks', { title: 'a', project_id: 'x' }, 'project_id'],
  ['a status that is none', '/projects/:id/tasks', { title: 'a', status: 'done' }, 'status'],
  ['an operator for a status', '/tasks/:id', { status: { $set: 1 } }, 'status'],
  ['no status', '/tasks/:id', {}, 'status'],
  ['a title where only the status changes', '/tasks/:id', { status: 'todo', title: 'b' }, 'title'],
  ['nothing to change', '/projects/:id', {}, undefined],
  ['a list', '/projects', [], undefined],
  ['nothing', '/users', null, undefined],
]

describe.each(ENGINES)('a body on %s', (engine) => {
  it('that is not right is refused with the field at fault, and nothing of it is stored', async () => {
    const tenant = newTenant(engine)
    const company = companyOf(tenant)
    const { project, tasks } = (await company<Created>('/projects', 'POST', planned('p', 'one'))).body
    const before = (await company('/analytics')).body
    for (const [why, template, body, field] of BAD) {
      const isChange = /^\/(tasks|projects)\/:id$/.test(template)
      const id = template.startsWith('/tasks') ? (tasks[0]?.id ?? '') : project.id
      const answer = await company(template.replace(':id', id), isChange ? 'PATCH' : 'POST', body)
      expect([why, answer.status, answer.body.code, answer.body.field]).toEqual([
        why,
        400,
        'invalid_request',
        field,
      ])
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
    }
    expect((await company('/analytics')).body).toEqual(before)
    expect((await company(`/projects/${project.id}`)).body.project).toEqual(project)
  })

  it('reaches no prototype, and is JSON of at most 1 MiB', async () => {
    const tenant = newTenant(engine)
    const post = (body: string, type = 'application/json') =>
      send('/api/company/projects', {
        method: 'POST',
        body,
        headers: { 'x-user-id': tenant, 'content-type': type },
      })
    const polluting = await post('{"name":"p","__proto__":{"status":"archived"}}')
    expect([polluting.status, polluting.body.field]).toEqual([400, '__proto__'])
    const nested = await post('{"name":"p","tasks":[{"title":"a","__proto__":{"x":1}}]}')
    expect([nested.status, nested.body.field]).toEqual([400, 'tasks.0.__proto__'])
    expect((await post(JSON.stringify({ name: 'x'.repeat(1_100_000) }))).status).toBe(413)
    expect((await post('{"name":')).status).toBe(400)
    expect((await post('name=p', 'text/plain')).status).toBe(415)
    expect((await companyOf(tenant)('/projects')).body.projects).toEqual([])
  })

  it.each([
    '/users?limit=0',
    '/projects?page=x',
    '/projects/x/tasks?status=done',
    '/projects/x/tasks?limit=101',
  ])('makes up for no query that is wrong: %s', async (path) => {
    const { status, body } = await companyOf(newTenant(engine))(path)
    expect([status, body.code, body.field]).toEqual([
      400,
      'invalid_request',
      path.replace(/^.*\?(\w+)=.*$/, '$1'),
    ])
  })
})
