import { validate as isUuid } from 'uuid'
import type { PostgresConnection } from '../../engines/connection.ts'
import { literal, quoted } from '../../engines/postgres-names.ts'
import { schemaOf } from '../../tenants/tenant.ts'
import { before, type Page } from '../page.ts'
import { insertTasks } from '../tasks/postgres.ts'
import {
  draftPlan,
  type NewProject,
  type Plan,
  PROJECT_STATUSES,
  type Project,
  type ProjectChange,
} from './project.ts'
import type { ProjectStore } from './store.ts'

/** What creates the projects table in a schema whose quoted name is given; safe to repeat. */
export const projectsTable = (schema: string): readonly string[] => [
  // Names sort by code point, as on MongoDB, whatever the database's collation is.
  `CREATE TABLE IF NOT EXISTS ${schema}.projects (
    id uuid PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    status text NOT NULL CHECK (status IN (${PROJECT_STATUSES.map(literal).join(', ')})),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  `CREATE INDEX IF NOT EXISTS projects_name ON ${schema}.projects (name, id)`,
]

const COLUMNS = 'id, name, status, created_at, updated_at'

export class PostgresProjects implements ProjectStore {
  readonly #connection: PostgresConnection
  readonly #schema: string
  readonly #table: string

  constructor(connection: PostgresConnection, tenantId: string) {
    this.#connection = connection
    this.#schema = quoted(schemaOf(tenantId))
    this.#table = `${this.#schema}.projects`
  }

  list(page: Page): Promise<Project[]> {
    return this.#connection.query<Project>(
      `SELECT ${COLUMNS} FROM ${this.#table} ORDER BY name, id LIMIT $1 OFFSET $2`,
      [page.limit, before(page)],
    )
  }

  async create(newProject: NewProject): Promise<Plan> {
    const plan = draftPlan(newProject, new Date())
    const { id, name, status, created_at, updated_at } = plan.project
    const insertProject = {
      text: `INSERT INTO ${this.#table} (${COLUMNS}) VALUES ($1, $2, $3, $4, $5)`,
      parameters: [id, name, status, created_at, updated_at],
    }
    if (plan.tasks.length === 0) await this.#connection.query(insertProject.text, insertProject.parameters)
    else await this.#connection.atomically([insertProject, insertTasks(this.#schema, plan.tasks)])
    return plan
  }

  async find(id: string): Promise<Project | undefined> {
    if (!isUuid(id)) return undefined
    const rows = await this.#connection.query<Project>(
      `SELECT ${COLUMNS} FROM ${this.#table} WHERE id = $1`,
      [id],
    )
    return rows[0]
  }

  async change(id: string, { name, status }: ProjectChange): Promise<Project | undefined> {
    if (!isUuid(id)) return undefined
    const rows = await this.#connection.query<Project>(
      `UPDATE ${this.#table} SET name = coalesce($2, name), status = coalesce($3, status), updated_at = now()
        WHERE id = $1 RETURNING ${COLUMNS}`,
      [id, name ?? null, status ?? null],
    )
    return rows[0]
  }

  /** The tasks go by their foreign key, in the same statement. */
  async remove(id: string): Promise<boolean> {
    if (!isUuid(id)) return false
    const rows = await this.#connection.query(`DELETE FROM ${this.#table} WHERE id = $1 RETURNING id`, [id])
    return rows.length > 0
  }
}
