import type { Connection } from '../../engines/connection.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { MongoTasks } from './mongo.ts'
import { PostgresTasks } from './postgres.ts'
import type { NewTask, Task, TaskChange, TaskQuery } from './task.ts'

/** The tasks of one tenant's projects. What does not exist, or cannot exist, is `undefined`, never an error. */
export interface TaskStore {
  /** By status, then in the order of their creation; `undefined` without such a project. */
  list(projectId: string, query: TaskQuery): Promise<Task[] | undefined>
  /** `undefined` without such a project. */
  create(projectId: string, task: NewTask): Promise<Task | undefined>
  find(id: string): Promise<Task | undefined>
  change(id: string, change: TaskChange): Promise<Task | undefined>
}

export function taskStore(connection: Connection, tenant: Tenant): TaskStore {
  return connection.engine === 'postgres'
    ? new PostgresTasks(connection, tenant.id)
    : new MongoTasks(connection, tenant.id)
}
