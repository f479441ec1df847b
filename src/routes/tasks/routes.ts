import { Problem } from '../../problem.ts'
import type { RouteEnv } from '../bindings.ts'
import { openApiApp } from '../openapi.ts'
import { missingProject } from '../projects/routes.ts'
import { read } from '../read.ts'
import { changeTask, createTask, findTask, listTasks } from './api.ts'
import { taskStore } from './store.ts'

/** Tasks of a company's projects; see company/role.ts for who may do what. */
export const tasks = openApiApp<RouteEnv>()

tasks.openapi(listTasks, async (c) => {
  const { project_id: projectId } = c.req.valid('param')
  const query = c.req.valid('query')
  const { tenant } = c.env
  const found = await read(c, 'tasks.list', (connection) =>
    taskStore(connection, tenant).list(projectId, query),
  )
  if (!found) throw missingProject()
  return c.json({ company_id: tenant.id, tasks: found }, 200)
})

tasks.openapi(createTask, async (c) => {
  const { project_id: projectId } = c.req.valid('param')
  const newTask = c.req.valid('json')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const task = await taskStore(lease.connection, tenant).create(projectId, newTask)
  if (!task) throw missingProject()
  return c.json({ company_id: tenant.id, task }, 201, { location: `/api/company/tasks/${task.id}` })
})

tasks.openapi(findTask, async (c) => {
  const { task_id: id } = c.req.valid('param')
  const { tenant } = c.env
  const task = await read(c, 'tasks.find', (connection) => taskStore(connection, tenant).find(id))
  if (!task) throw missingTask()
  return c.json({ company_id: tenant.id, task }, 200)
})

tasks.openapi(changeTask, async (c) => {
  const { task_id: id } = c.req.valid('param')
  const change = c.req.valid('json')
  const { tenant } = c.env
  await using lease = await c.env.lease()
  const task = await taskStore(lease.connection, tenant).change(id, change)
  if (!task) throw missingTask()
  return c.json({ company_id: tenant.id, task }, 200)
})

function missingTask(): Problem {
  return new Problem('not_found', { detail: 'There is no such task.' })
}
