import { describe, expect, it } from 'vitest'
import { asAdmin, ENGINES, newTenant, unknownTenant } from '../support.ts'
import { type Created, companyOf, NO_FIGURES, type Project, planned, type Task, type User } from './calls.ts'
import { inDatabase } from './database.ts'

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

/** What a company's users, projects and tasks owe their callers, whichever the engine. */
describe.each(ENGINES)('a company on %s', (engine) => {
  it('has its tables, indexes and metadata record from its onboarding on, however often that is repeated', async () => {
    const id = unknownTenant()
    for (const status of [201, 200]) {
      expect((await asAdmin('/admin/tenants', 'POST', { id, engine })).status).toBe(status)
    }
    const company = companyOf(id)
    const found = await company('')
    expect([found.status, found.body]).toEqual([200, { company_id: id, created_at: TIME }])
    expect((await company('/analytics')).body).toEqual({ company_id: id, ...NO_FIGURES })
    const indexes = await inDatabase(engine, id, {
      async postgres(connection, schema) {
        const rows = await connection.query<{ name: string }>(
          `SELECT regexp_replace(indexdef, '^.* ON ".*"\\.(\\w+) USING btree', '\\1') AS name
             FROM pg_indexes WHERE quote_ident(schemaname) = $1`,
          [schema],
        )
        return rows.map(({ name }) => name)
      },
      mongo: (connection, database) =>
        connection.run(database, async (db) => {
          const names: string[] = []
          for (const name of ['users', 'projects', 'tasks']) {
            for (const { key } of await db.collection(name).indexes()) {
              names.push(`${name} (${Object.keys(key).join(', ').replace(/\b_id/, 'id')})`)
            }
          }
          return names
        }),
    })
    expect(indexes).toEqual(
      expect.arrayContaining(['users (email)', 'projects (name, id)', 'tasks (project_id, status, id)']),
    )
  })

  it('is there at the first use of a tenant that nobody onboarded', async () => {
    const tenant = newTenant(engine)
    const { status, body } = await companyOf(tenant)('/analytics')
    expect([status, body]).toEqual([200, { company_id: tenant, ...NO_FIGURES }])
  })

  it('adds users, oldest first in pages, and each email once', async () => {
    const tenant = newTenant(engine)
    const company = companyOf(tenant)
    const add = (n: number, role: string) =>
      company<{ company_id: string; user: User }>('/users', 'POST', {
        email: ` User-${n}@Acme.test`,
        name: `User ${n} 🦀`,
        role,
      })
    const roles = ['viewer', 'member', 'admin']
    const added = []
    for (const [n, role] of roles.entries()) added.push(await add(n, role))
    expect(added.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(added[0]?.body).toEqual({
      company_id: tenant,
      user: {
        id: expect.any(String),
        email: 'user-0@acme.test',
        name: 'User 0 🦀',
        role: 'viewer',
        created_at: TIME,
      },
    })
    const taken = await add(1, 'viewer')
    expect([taken.status, taken.body]).toEqual([
      409,
      expect.objectContaining({ code: 'email_taken', field: 'email' }),
    ])
    const users = added.map(({ body }) => body.user)
    const page = async (n: number) =>
      (await company<{ users: User[] }>(`/users?limit=2&page=${n}`)).body.users
    expect([await page(1), await page(2), await page(3)]).toEqual([users.slice(0, 2), users.slice(2), []])
  })

  it('takes one of ten users who come at once with the same email', async () => {
    const company = companyOf(newTenant(engine))
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        company('/users', 'POST', { email: 'a@acme.test', name: `${n}`, role: 'admin' }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 9 }, () => 409)])
  })

  it('creates a project with its first tasks, and finds, changes and deletes it with them', async () => {
    const tenant = newTenant(engine)
    const company = companyOf(tenant)
    const created = await company<Created>('/projects', 'POST', {
      name: "Tide'pools",
      tasks: [{ title: 'look, "closely"' }, { title: '{}\\', status: 'active' }],
    })
    expect(created.status).toBe(201)
    const { project, tasks } = created.body
    expect(project).toEqual({
      id: expect.any(String),
      name: "Tide'pools",
      status: 'active',
      created_at: TIME,
      updated_at: project.created_at,
    })
    expect(tasks.map(({ title, status, project_id }) => [title, status, project_id])).toEqual([
      ['look, "closely"', 'todo', project.id],
      ['{}\\', 'active', project.id],
    ])
    const path = `/projects/${project.id}`
    expect(created.headers.get('location')).toBe(`/api/company${path}`)
    expect((await company(path)).body).toEqual({ company_id: tenant, project })
    const listed = await company<{ tasks: Task[] }>(`${path}/tasks`)
    expect(listed.body).toEqual({ company_id: tenant, tasks: [tasks[1], tasks[0]] })

    const archived = await company<{ project: Project }>(path, 'PATCH', { status: 'archived' })
    expect(archived.body.project).toEqual({ ...project, status: 'archived', updated_at: TIME })
    const renamed = await company<{ project: Project }>(path, 'PATCH', { name: 'Rock pools' })
    expect(renamed.body.project).toMatchObject({ name: 'Rock pools', status: 'archived' })

    const deleted = await company(path, 'DELETE')
    expect(deleted.body).toEqual({
      company_id: tenant,
      project_id: project.id,
      message: 'Project deleted',
    })
    const task = `/tasks/${tasks[0]?.id}`
    for (const [gone, method, body] of [
      [path],
      [path, 'PATCH', { name: 'x' }],
      [path, 'DELETE'],
      [`${path}/tasks`],
      [`${path}/tasks`, 'POST', { title: 'x' }],
      [task],
      [task, 'PATCH', { status: 'todo' }],
    ] as const) {
      expect((await company(gone, method, body)).status).toBe(404)
    }
  })

  it('lists projects by name, in pages without gaps or repeats', async () => {
    const company = companyOf(newTenant(engine))
    for (const name of ['b', 'ä', 'B', 'a', 'b']) await company('/projects', 'POST', { name })
    const names: string[] = []
    for (const page of [1, 2, 3, 4]) {
      const { body } = await company<{ projects: Project[] }>(`/projects?limit=2&page=${page}`)
      names.push(...body.projects.map(({ name }) => name))
    }
    expect(names).toEqual(['B', 'a', 'b', 'b', 'ä'])
  })

  it('creates tasks, moves them on, and lists them by status in pages', async () => {
    const tenant = newTenant(engine)
    const company = companyOf(tenant)
    const { project } = (await company<Created>('/projects', 'POST', { name: 'p' })).body
    const path = `/projects/${project.id}/tasks`
    expect((await company(path)).body).toEqual({ company_id: tenant, tasks: [] })
    const tasks: Task[] = []
    for (const title of ['one', 'two', 'three']) {
      const created = await company<{ task: Task }>(path, 'POST', { title })
      expect([created.status, created.body.task]).toEqual([
        201,
        expect.objectContaining({ title, status: 'todo' }),
      ])
      expect(created.headers.get('location')).toBe(`/api/company/tasks/${created.body.task.id}`)
      tasks.push(created.body.task)
    }
    const second = `/tasks/${tasks[1]?.id}`
    const moved = await company<{ task: Task }>(second, 'PATCH', { status: 'completed' })
    expect(moved.body.task).toEqual({ ...tasks[1], status: 'completed', updated_at: TIME })
    expect((await company(second)).body).toEqual({ company_id: tenant, task: moved.body.task })
    const titles = async (query: string) =>
      (await company<{ tasks: Task[] }>(`${path}?${query}`)).body.tasks.map(({ title }) => title)
    expect(await titles('')).toEqual(['two', 'one', 'three'])
    expect(await titles('status=todo')).toEqual(['one', 'three'])
    expect(await titles('status=active')).toEqual([])
    expect([await titles('limit=2'), await titles('limit=2&page=2')]).toEqual([['two', 'one'], ['three']])
  })

  it('counts what it has', async () => {
    const tenant = newTenant(engine)
    const company = companyOf(tenant)
    await company('/users', 'POST', { email: 'a@acme.test', name: 'A', role: 'member' })
    const first = (await company<Created>('/projects', 'POST', planned('p', 'one', 'two', 'three'))).body
    const second = (await company<Created>('/projects', 'POST', planned('q', 'four'))).body
    await company(`/projects/${second.project.id}`, 'PATCH', { status: 'archived' })
    for (const task of [first.tasks[0], second.tasks[0]]) {
      await company(`/tasks/${task?.id}`, 'PATCH', { status: 'completed' })
    }
    await company('/projects', 'POST', { name: 'empty' })
    expect((await company('/analytics')).body).toEqual({
      company_id: tenant,
      total_users: 1,
      total_projects: 3,
      total_tasks: 4,
      active_projects: 2,
      completed_tasks: 2,
    })
  })

  it.each(['nope', '0', "1' OR '1'='1", '00000000-0000-0000-0000-000000000000', '[object%20Object]'])(
    'does not know the id %s',
    async (id) => {
      const company = companyOf(newTenant(engine))
      for (const [path, method, body] of [
        [`/projects/${id}`],
        [`/projects/${id}`, 'PATCH', { name: 'x' }],
        [`/projects/${id}`, 'DELETE'],
        [`/projects/${id}/tasks`],
        [`/projects/${id}/tasks`, 'POST', { title: 'x' }],
        [`/tasks/${id}`],
        [`/tasks/${id}`, 'PATCH', { status: 'todo' }],
      ] as const) {
        const answer = await company(path, method, body)
        expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'not_found'])
      }
    },
  )
})
