import { Problem } from '../../problem.ts'
import type { RouteEnv } from '../bindings.ts'
import { openApiApp } from '../openapi.ts'
import { projects } from '../projects/routes.ts'
import { read } from '../read.ts'
import { tasks } from '../tasks/routes.ts'
import { storedForm } from '../users/email.ts'
import { userStore } from '../users/store.ts'
import { addMember, findCompany, listMembers, readAnalytics } from './api.ts'
import { byRole } from './role.ts'
import { companyStore } from './store.ts'

/** A tenant as a company: its users, projects and tasks, each open to those whose role allows it. */
export const company = openApiApp<RouteEnv>()

company.use(byRole)
company.route('/', projects)
company.route('/', tasks)

company.openapi(findCompany, async (c) => {
  const { tenant } = c.env
  const found = await read(c, 'company.find', (connection) => companyStore(connection, tenant).find())
  if (!found) throw new Problem('not_found')
  return c.json({ company_id: tenant.id, ...found }, 200)
})

company.openapi(readAnalytics, async (c) => {
  const { tenant } = c.env
  const figures = await read(c, 'company.analytics', (connection) =>
    companyStore(connection, tenant).analytics(),
  )
  return c.json({ company_id: tenant.id, ...figures }, 200)
})

company.openapi(listMembers, async (c) => {
  const page = c.req.valid('query')
  const { tenant } = c.env
  const users = await read(c, 'users.list', (connection) => userStore(connection, tenant).list(page))
  return c.json({ company_id: tenant.id, users }, 200)
})

company.openapi(addMember, async (c) => {
  const member = c.req.valid('json')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const users = userStore(lease.connection, tenant)
  const user = await users.add({ ...member, email: await storedForm(member.email, users) })
  if (!user) throw new Problem('email_taken', { field: 'email' })
  return c.json({ company_id: tenant.id, user }, 201)
})
