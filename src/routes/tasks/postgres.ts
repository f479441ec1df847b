import { validate as isUuid } from 'uuid'
import type { PostgresConnection, Statement } from '../../engines/connection.ts'
import { literal, quoted } from '../../engines/postgres-names.ts'
import { schemaOf } from '../../tenants/tenant.ts'
import { before } from '../page.ts'
import type { TaskStore } from './store.ts'
import { draftTask, type NewTask, TASK_STATUSES, type Task, type TaskChange, type TaskQuery } from './task.ts'

/** What creates the tasks table beside that of the projects, in a schema whose quoted name is given; safe to repeat. */
export const tasksTable = (schema: string): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS ${schema}.tasks (
    id uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES ${schema}.projects ON DELETE CASCADE,
    title text NOT NULL,
    status text COLLATE "C" NOT NULL CHECK (status IN (${TASK_STATUSES.map(literal).join(', ')})),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  `CREATE INDEX IF NOT EXISTS tasks_project_status ON ${schema}.tasks (project_id, status, id)`,
]

const COLUMNS = 'id, project_id, title, status, created_at, updated_at'

/** What stores the first tasks of a project that is stored before, all of them in one statement. */
export function insertTasks(schema: string, tasks: readonly Task[]): Statement {
  const each = (field: 'id' | 'project_id' | 'title' | 'status') => tasks.map((task) => task[field])
  const times = tasks.map(({ created_at }) => created_at.toISOString())
  return {
    text: `INSERT INTO ${schema}.tasks (${COLUMNS})
           SELECT *, created_at FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])
             AS task (id, project_id, title, status, created_at)`,
    parameters: [each('id'), each('project_id'), each('title'), each('status'), times],
  }
}

export class PostgresTasks implements TaskStore {
  readonly #connection: PostgresConnection
  readonly #schema: string

  constructor(connection: PostgresConnection, tenantId: string) {
    this.#connection = connection
    this.#schema = quoted(schemaOf(tenantId))
  }

  async list(projectId: string, query: TaskQuery): Promise<Task[] | undefined> {
    if (!isUuid(projectId)) return undefined
    const tasks = await this.#query(
      `SELECT ${COLUMNS} FROM ${this.#schema}.tasks
        WHERE project_id = $1 AND ($2::text IS NULL OR status = $2)
        ORDER BY status, id LIMIT $3 OFFSET $4`,
      [projectId, query.status ?? null, query.limit, before(query)],
    )
    if (tasks.length > 0) return tasks
    const projects = await this.#query(`SELECT id FROM ${this.#schema}.projects WHERE id = $1`, [projectId])
    return projects.length > 0 ? [] : undefined
  }

  async create(projectId: string, task: NewTask): Promise<Task | undefined> {
    if (!isUuid(projectId)) return undefined
    const { id, title, status, created_at } = draftTask(projectId, task, new Date())
    // Locked, a project that is being deleted is waited for, and then it is no project: not an error of the foreign key.
    const rows = await this.#query(
      `INSERT INTO ${this.#schema}.tasks (${COLUMNS})
       SELECT $2, id, $3, $4, $5::timestamptz, $5 FROM ${this.#schema}.projects WHERE id = $1 FOR KEY SHARE
       RETURNING ${COLUMNS}`,
      [projectId, id, title, status, created_at],
    )
    return rows[0]
  }

  async find(id: string): Promise<Task | undefined> {
    if (!isUuid(id)) return undefined
    const rows = await this.#query(`SELECT ${COLUMNS} FROM ${this.#schema}.tasks WHERE id = $1`, [id])
    return rows[0]
  }

  async change(id: string, { status }: TaskChange): Promise<Task | undefined> {
    if (!isUuid(id)) return undefined
    const rows = await this.#query(
      `UPDATE ${this.#schema}.tasks SET status = $2, updated_at = now() WHERE id = $1 RETURNING ${COLUMNS}`,
      [id, status],
    )
    return rows[0]
  }

  #query(...[text, parameters]: Parameters<PostgresConnection['query']>): Promise<Task[]> {
    return this.#connection.query<Task>(text, parameters)
  }
}
