import { describe, expect, it } from 'vitest'
import { as, ENGINES, newTenant, workerWith } from '../support.ts'
import { type Created, companyOf, NO_FIGURES, type Project, planned, type Task } from './calls.ts'
import { inDatabase, makeUnique, stored } from './database.ts'

describe.each(ENGINES)('a multi-step write on %s', (engine) => {
  it('that is refused in the middle leaves nothing behind', async () => {
    const tenant = newTenant(engine)
    const company = companyOf(tenant)
    await company('')
    await makeUnique(engine, tenant, 'tasks', 'title')
    const refused = await company('/projects', 'POST', planned('p', 'one', 'two', 'one'))
    expect([refused.status, refused.body.code]).toEqual([409, 'conflict'])
    expect([await stored(engine, tenant, 'projects'), await stored(engine, tenant, 'tasks')]).toEqual([0, 0])
    expect((await company('/analytics')).body).toEqual({ company_id: tenant, ...NO_FIGURES })
    expect((await company('/projects', 'POST', planned('p', 'one', 'two'))).status).toBe(201)
  })

  it('that is refused at its parent leaves no child behind', async () => {
    const tenant = newTenant(engine)
    const company = companyOf(tenant)
    await company('')
    await makeUnique(engine, tenant, 'projects', 'name')
    expect((await company('/projects', 'POST', planned('p', 'one', 'two'))).status).toBe(201)
    expect((await company('/projects', 'POST', planned('p', 'three', 'four'))).status).toBe(409)
    expect([await stored(engine, tenant, 'projects'), await stored(engine, tenant, 'tasks')]).toEqual([1, 2])
  })

  it('meets others as if each ran alone: a project is deleted while tasks come', async () => {
    const tenant = newTenant(engine)
    const company = companyOf(tenant)
    for (let round = 0; round < 5; round++) {
      const { project } = (await company<Created>('/projects', 'POST', planned(`${round}`, 'first'))).body
      const path = `/projects/${project.id}`
      const add = () => company(`${path}/tasks`, 'POST', { title: 'x' })
      const [deleted, ...added] = await Promise.all([company(path, 'DELETE'), add(), add(), add(), add()])
      expect(deleted.status).toBe(200)
      for (const { status } of added) expect([201, 404]).toContain(status)
    }
    expect([await stored(engine, tenant, 'projects'), await stored(engine, tenant, 'tasks')]).toEqual([0, 0])
  })
})

describe('a transaction on postgres', () => {
  it('is over when its connection goes back, whatever became of it', async () => {
    const tenant = newTenant('postgres')
    const company = companyOf(tenant)
    const before = await as<{ id: number }>(tenant, '/api/test/connection')
    await makeUnique('postgres', tenant, 'tasks', 'title')
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        company('/projects', 'POST', n % 2 ? planned('p', `${n}`, 'a') : planned('p', `${n}`, `${n}`)),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(11)
    const sessions = await inDatabase('postgres', tenant, {
      postgres: (connection) =>
        connection.query<{ pid: number; state: string; in_transaction: boolean }>(
          `SELECT pid, state, xact_start IS NOT NULL AS in_transaction FROM pg_stat_activity
            WHERE application_name = $1`,
          [`rockpool/dedicated:${tenant}`],
        ),
      mongo: () => Promise.resolve([]),
    })
    // Kept, not closed: a refusal costs a request, not a connection.
    expect(sessions.map(({ pid }) => pid)).toContain(before.body.id)
    for (const { state, in_transaction } of sessions) expect([state, in_transaction]).toEqual(['idle', false])
    expect([await stored('postgres', tenant, 'projects'), await stored('postgres', tenant, 'tasks')]).toEqual(
      [1, 2],
    )
  })

  it('holds without a host too, over HTTP', async () => {
    const tenant = newTenant('postgres')
    const call = workerWith({ STRATEGY: 'isolate' })
    const create = (body: object) =>
      call<Created>('/api/company/projects', { 'x-user-id': tenant }, { method: 'POST', body })
    const created = await create(planned('p', 'one', "t'wo"))
    expect([created.status, created.body.tasks.map(({ title }) => title)]).toEqual([201, ['one', "t'wo"]])
    await makeUnique('postgres', tenant, 'tasks', 'title')
    const refused = await create(planned('q', 'three', 'one'))
    expect([refused.status, refused.body]).toEqual([409, expect.objectContaining({ code: 'conflict' })])
    expect([await stored('postgres', tenant, 'projects'), await stored('postgres', tenant, 'tasks')]).toEqual(
      [1, 2],
    )
  })
})

describe('on a MongoDB without transactions, what a crash left behind', () => {
  it('is in no list and no figure: tasks whose project never came', async () => {
    const tenant = newTenant('mongo')
    const company = companyOf(tenant)
    await company('/projects', 'POST', planned('p', 'one'))
    await inDatabase('mongo', tenant, {
      postgres: () => Promise.resolve(),
      async mongo(connection, database) {
        await connection.run(database, (db) =>
          db.collection('tasks').insertOne({ project_id: 'never', title: 'x', status: 'completed' }),
        )
      },
    })
    expect((await company('/analytics')).body).toMatchObject({ total_tasks: 1, completed_tasks: 0 })
    expect((await company('/projects/never/tasks')).status).toBe(404)
  })

  it('is finished by asking again: a deletion that took the project but not its tasks', async () => {
    const tenant = newTenant('mongo')
    const company = companyOf(tenant)
    const { project } = (await company<Created>('/projects', 'POST', planned('p', 'one', 'two'))).body
    await inDatabase('mongo', tenant, {
      postgres: () => Promise.resolve(),
      async mongo(connection, database) {
        await connection.run(database, (db) =>
          db.collection<{ _id: string }>('projects').deleteOne({ _id: project.id }),
        )
      },
    })
    const path = `/projects/${project.id}`
    expect([(await company(path, 'DELETE')).status, (await company(path, 'DELETE')).status]).toEqual([
      200, 404,
    ])
    expect(await stored('mongo', tenant, 'tasks')).toBe(0)
    expect((await company<{ projects: Project[]; tasks: Task[] }>('/projects')).body.projects).toEqual([])
  })
})
