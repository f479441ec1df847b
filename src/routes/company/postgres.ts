import type { PostgresConnection } from '../../engines/connection.ts'
import { literal, quoted } from '../../engines/postgres-names.ts'
import { Problem } from '../../problem.ts'
import { schemaOf } from '../../tenants/tenant.ts'
import { type Analytics, type Company, METADATA } from './company.ts'
import type { CompanyStore } from './store.ts'

/** What creates a tenant's metadata record in a schema whose quoted name is given; safe to repeat. */
export const metadataRecord = (schema: string, tenantId: string): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS ${schema}.${METADATA} (
    tenant_id text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `INSERT INTO ${schema}.${METADATA} (tenant_id) VALUES (${literal(tenantId)}) ON CONFLICT DO NOTHING`,
]

export class PostgresCompany implements CompanyStore {
  readonly #connection: PostgresConnection
  readonly #tenantId: string
  readonly #schema: string

  constructor(connection: PostgresConnection, tenantId: string) {
    this.#connection = connection
    this.#tenantId = tenantId
    this.#schema = quoted(schemaOf(tenantId))
  }

  async find(): Promise<Company | undefined> {
    const rows = await this.#connection.query<Company>(
      `SELECT created_at FROM ${this.#schema}.${METADATA} WHERE tenant_id = $1`,
      [this.#tenantId],
    )
    return rows[0]
  }

  async analytics(): Promise<Analytics> {
    const [figures] = await this.#connection.query<Analytics>(
      `SELECT * FROM (SELECT count(*)::int AS total_users FROM ${this.#schema}.users) AS users,
         (SELECT count(*)::int AS total_projects,
                 count(*) FILTER (WHERE status = 'active')::int AS active_projects
            FROM ${this.#schema}.projects) AS projects,
         (SELECT count(*)::int AS total_tasks,
                 count(*) FILTER (WHERE status = 'completed')::int AS completed_tasks
            FROM ${this.#schema}.tasks) AS tasks`,
    )
    if (!figures) throw new Problem('query_failed')
    return figures
  }
}
