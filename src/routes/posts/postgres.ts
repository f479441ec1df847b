import { validate as isUuid, v7 as uuidv7 } from 'uuid'
import type { PostgresConnection } from '../../engines/connection.ts'
import { quoted } from '../../engines/postgres-names.ts'
import { schemaOf } from '../../tenants/tenant.ts'
import type { NewPost, Page, Post, PostChange } from './post.ts'
import type { PostStore } from './store.ts'

/** What creates the posts table in a schema whose quoted name is given; safe to repeat. */
export const postsTable = (schema: string): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS ${schema}.posts (
    id uuid PRIMARY KEY,
    title text NOT NULL,
    content text NOT NULL,
    tags text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX IF NOT EXISTS posts_newest ON ${schema}.posts (created_at DESC, id DESC)`,
]

const COLUMNS = 'id, title, content, tags, created_at, updated_at'

export class PostgresPosts implements PostStore {
  readonly #connection: PostgresConnection
  readonly #table: string

  constructor(connection: PostgresConnection, tenantId: string) {
    this.#connection = connection
    this.#table = `${quoted(schemaOf(tenantId))}.posts`
  }

  list({ limit, page }: Page): Promise<Post[]> {
    return this.#connection.query<Post>(
      `SELECT ${COLUMNS} FROM ${this.#table} ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2`,
      [limit, (page - 1) * limit],
    )
  }

  async create({ title, content, tags }: NewPost): Promise<string> {
    const id = uuidv7()
    await this.#connection.query(
      `INSERT INTO ${this.#table} (id, title, content, tags) VALUES ($1, $2, $3, $4)`,
      [id, title, content, tags],
    )
    return id
  }

  async find(id: string): Promise<Post | undefined> {
    if (!isUuid(id)) return undefined
    const rows = await this.#connection.query<Post>(`SELECT ${COLUMNS} FROM ${this.#table} WHERE id = $1`, [
      id,
    ])
    return rows[0]
  }

  async update(id: string, { title, content, tags }: PostChange): Promise<Post | undefined> {
    if (!isUuid(id)) return undefined
    const rows = await this.#connection.query<Post>(
      `UPDATE ${this.#table}
          SET title = coalesce($2, title), content = coalesce($3, content), tags = coalesce($4, tags),
              updated_at = now()
        WHERE id = $1 RETURNING ${COLUMNS}`,
      [id, title ?? null, content ?? null, tags ?? null],
    )
    return rows[0]
  }

  async remove(id: string): Promise<boolean> {
    if (!isUuid(id)) return false
    const rows = await this.#connection.query(`DELETE FROM ${this.#table} WHERE id = $1 RETURNING id`, [id])
    return rows.length > 0
  }
}
