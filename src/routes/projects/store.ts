import type { Connection } from '../../engines/connection.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { Page } from '../page.ts'
import { MongoProjects } from './mongo.ts'
import { PostgresProjects } from './postgres.ts'
import type { NewProject, Plan, Project, ProjectChange } from './project.ts'

/** The projects of one tenant. An id that does not exist, or cannot exist, is `undefined` or `false`, never an error. */
export interface ProjectStore {
  /** By name in the order of its code points, then in the order of their creation. */
  list(page: Page): Promise<Project[]>
  /** Stores a project with its first tasks: all of it, or nothing that anybody would see. */
  create(project: NewProject): Promise<Plan>
  find(id: string): Promise<Project | undefined>
  change(id: string, change: ProjectChange): Promise<Project | undefined>
  /** Removes a project with its tasks. What failed on the way is finished by doing it again. */
  remove(id: string): Promise<boolean>
}

export function projectStore(connection: Connection, tenant: Tenant): ProjectStore {
  return connection.engine === 'postgres'
    ? new PostgresProjects(connection, tenant.id)
    : new MongoProjects(connection, tenant.id)
}
