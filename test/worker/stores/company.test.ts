import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CompanyStore, companyStore } from '../../../src/routes/company/store.ts'
import { type ProjectStore, projectStore } from '../../../src/routes/projects/store.ts'
import { provision, unprovision } from '../../../src/routes/provision.ts'
import { type TaskStore, taskStore } from '../../../src/routes/tasks/store.ts'
import { type UserStore, userStore } from '../../../src/routes/users/store.ts'
import type { Tenant } from '../../../src/tenants/tenant.ts'
import { newTenant } from '../support.ts'
import { type CountedConnection, openConnection, WAYS } from './connections.ts'

/** What every store of a company owes the routes above it, shown on the real driver and server. */
describe.each(WAYS)('a company on %s', (way) => {
  let counted: CountedConnection
  let tenant: Tenant
  let users: UserStore
  let projects: ProjectStore
  let tasks: TaskStore
  let company: CompanyStore

  beforeAll(async () => {
    counted = await openConnection(way)
    const { engine, connection } = counted
    tenant = { id: newTenant(engine), tier: 'free', engine }
    await provision(connection, tenant)
    users = userStore(connection, tenant)
    projects = projectStore(connection, tenant)
    tasks = taskStore(connection, tenant)
    company = companyStore(connection, tenant)
  })

  afterAll(async () => {
    await unprovision(counted.connection, tenant)
    await counted[Symbol.asyncDispose]()
  })

  const plan = (name: string, ...titles: string[]) =>
    projects.create({ name, tasks: titles.map((title) => ({ title, status: 'todo' })) })

  it('keeps its record when it is prepared again', async () => {
    const before = await company.find()
    expect(before).toEqual({ created_at: expect.any(Date) })
    await provision(counted.connection, tenant)
    expect(await company.find()).toEqual(before)
  })

  it('counts all of its figures in one round trip', async () => {
    await users.add({ email: 'a@acme.test', name: 'A', role: 'viewer' })
    const { project, tasks: first } = await plan('p', 'one', 'two')
    await projects.change((await plan('q', 'three')).project.id, { status: 'archived' })
    await tasks.change(first[0]?.id ?? '', { status: 'completed' })
    let figures: unknown
    const commands = await counted.commands(async () => {
      figures = await company.analytics()
    })
    expect([commands, figures]).toEqual([
      1,
      { total_users: 1, total_projects: 2, total_tasks: 3, active_projects: 1, completed_tasks: 1 },
    ])
    expect(await projects.remove(project.id)).toBe(true)
    expect(await company.analytics()).toMatchObject({ total_projects: 1, total_tasks: 1, completed_tasks: 0 })
  })

  it('gives what it stored, times and all', async () => {
    const { project, tasks: stored } = await plan('stored', 'one')
    expect(await projects.find(project.id)).toEqual(project)
    expect(await tasks.find(stored[0]?.id ?? '')).toEqual(stored[0])
    const added = await tasks.create(project.id, { title: 'two', status: 'active' })
    expect(await tasks.list(project.id, { limit: 20, page: 1 })).toEqual([added, stored[0]])
    expect(await tasks.list(project.id, { limit: 20, page: 1, status: 'todo' })).toEqual(stored)
  })

  it('shows no password hash of a user, and whether it has one only to sign-in', async () => {
    const member = await users.add({ email: 'b@acme.test', name: 'B', role: 'admin' })
    expect(Object.keys(member ?? {}).sort()).toEqual(['created_at', 'email', 'id', 'name', 'role'])
    expect(await users.list({ limit: 20, page: 1 })).toContainEqual(member)
    expect(await users.find({ email: 'b@acme.test' })).toEqual({ ...member, password_hash: null })
  })

  it('lets a user be claimed once, and only by who may claim', async () => {
    await users.add({ email: 'c@acme.test', name: 'C', role: 'admin' })
    const register = (claim: boolean) => users.create({ email: 'c@acme.test', password_hash: 'h', claim })
    expect(await register(false)).toBeUndefined()
    expect(await register(true)).toMatchObject({ name: 'C', role: 'admin', password_hash: 'h' })
    expect(await register(true)).toBeUndefined()
  })
})

describe('a schema that was prepared before users without a password', () => {
  it('takes them once it is prepared again', async () => {
    await using counted = await openConnection('postgres')
    const { connection } = counted
    if (connection.engine !== 'postgres') throw new TypeError('not Postgres')
    const tenant = { id: newTenant('postgres'), tier: 'free', engine: 'postgres' } as const
    await provision(connection, tenant)
    const users = userStore(connection, tenant)
    const member = { email: 'd@acme.test', name: 'D', role: 'viewer' } as const
    await connection.batch([
      `ALTER TABLE "tenant_${tenant.id}".users ALTER COLUMN password_hash SET NOT NULL`,
    ])
    await expect(users.add(member)).rejects.toMatchObject({ code: 'unprocessable' })
    await provision(connection, tenant)
    expect(await users.add(member)).toMatchObject({ name: 'D' })
    await unprovision(connection, tenant)
  })
})
