import type { PostgresConnection } from '../engines/connection.ts'
import { Problem } from '../problem.ts'

/** What a tenant's schema is to have: the columns of each table, and the indexes beside the keys' own. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  posts: ['id', 'title', 'content', 'tags', 'created_at', 'updated_at'],
  comments: ['id', 'post_id', 'author', 'content', 'created_at'],
  users: ['id', 'email', 'name', 'role', 'password_hash', 'founder', 'created_at'],
  projects: ['id', 'name', 'status', 'created_at', 'updated_at'],
  tasks: ['id', 'project_id', 'title', 'status', 'created_at', 'updated_at'],
  metadata: ['tenant_id', 'created_at'],
}
/** Columns that tables of earlier versions lack, and get. */
const LATER: Readonly<Record<string, readonly string[]>> = { posts: ['views', 'likes', 'version'] }
const INDEXES = ['posts_newest', 'posts_tags', 'comments_of_post', 'projects_name', 'tasks_project_status']

interface Relation {
  readonly name: string
  readonly kind: string
  readonly columns: readonly string[] | null
  /** Of a table: whether one of its users must have a password, as in the first version. */
  readonly strict: boolean | null
}

/**
 * Whether a schema has everything already, by one read of the catalogue that takes no lock on any table. Throws
 * `schema_conflict` where something else has the name of what is to be made.
 */
export async function isUpToDate(connection: PostgresConnection, schema: string): Promise<boolean> {
  const relations = await connection.query<Relation>(
    `SELECT c.relname AS name, c.relkind::text AS kind,
            array_agg(a.attname::text) FILTER (WHERE a.attnum > 0 AND NOT a.attisdropped) AS columns,
            bool_or(a.attname = 'password_hash' AND a.attnotnull) AS strict
       FROM pg_namespace n
       JOIN pg_class c ON c.relnamespace = n.oid
       LEFT JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE n.nspname = $1 AND c.relname = ANY ($2::text[])
      GROUP BY c.relname, c.relkind`,
    [schema, [...Object.keys(TABLES), ...INDEXES]],
  )
  const found = new Map(relations.map((relation) => [relation.name, relation]))
  let isComplete = true
  for (const [table, columns] of Object.entries(TABLES)) {
    const relation = found.get(table)
    if (!relation) {
      isComplete = false
      continue
    }
    const has = new Set(relation.columns ?? [])
    const missing = columns.find((column) => !has.has(column))
    if (!['r', 'p'].includes(relation.kind)) throw foreign(table, 'is no table')
    if (missing !== undefined) throw foreign(table, `has no column ${missing}`)
    if (LATER[table]?.some((column) => !has.has(column)) || (table === 'users' && relation.strict))
      isComplete = false
  }
  for (const index of INDEXES) {
    const relation = found.get(index)
    if (!relation) isComplete = false
    else if (!['i', 'I'].includes(relation.kind)) throw foreign(index, 'is no index')
  }
  return isComplete
}

function foreign(name: string, why: string): Problem {
  return new Problem('schema_conflict', {
    detail: `The tenant's schema has a relation ${name} that is not Rockpool's: it ${why}.`,
  })
}
