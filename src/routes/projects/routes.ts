import { Problem } from '../../problem.ts'
import type { RouteEnv } from '../bindings.ts'
import { openApiApp } from '../openapi.ts'
import { read } from '../read.ts'
import { changeProject, createProject, deleteProject, findProject, listProjects } from './api.ts'
import { projectStore } from './store.ts'

/** Projects of a company; see company/role.ts for who may do what. */
export const projects = openApiApp<RouteEnv>()

projects.openapi(listProjects, async (c) => {
  const page = c.req.valid('query')
  const { tenant } = c.env
  const found = await read(c, 'projects.list', (connection) => projectStore(connection, tenant).list(page))
  return c.json({ company_id: tenant.id, projects: found }, 200)
})

projects.openapi(createProject, async (c) => {
  const newProject = c.req.valid('json')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const { project, tasks } = await projectStore(lease.connection, tenant).create(newProject)
  return c.json({ company_id: tenant.id, project, tasks }, 201, {
    location: `/api/company/projects/${project.id}`,
  })
})

projects.openapi(findProject, async (c) => {
  const { project_id: id } = c.req.valid('param')
  const { tenant } = c.env
  const project = await read(c, 'projects.find', (connection) => projectStore(connection, tenant).find(id))
  if (!project) throw missingProject()
  return c.json({ company_id: tenant.id, project }, 200)
})

projects.openapi(changeProject, async (c) => {
  const { project_id: id } = c.req.valid('param')
  const change = c.req.valid('json')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const project = await projectStore(lease.connection, tenant).change(id, change)
  if (!project) throw missingProject()
  return c.json({ company_id: tenant.id, project }, 200)
})

projects.openapi(deleteProject, async (c) => {
  const { project_id: id } = c.req.valid('param')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  if (!(await projectStore(lease.connection, tenant).remove(id))) throw missingProject()
  return c.json({ company_id: tenant.id, project_id: id, message: 'Project deleted' }, 200)
})

export function missingProject(): Problem {
  return new Problem('not_found', { detail: 'There is no such project.' })
}
