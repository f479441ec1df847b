import { validate as isUuid, v7 as uuidv7 } from 'uuid'
import type { PostgresConnection } from '../../engines/connection.ts'
import { literal, quoted } from '../../engines/postgres-names.ts'
import { schemaOf } from '../../tenants/tenant.ts'
import { FIRST_PAGE, pageOf } from '../comments/comment.ts'
import { type CommentJson, commentsOf, FROM_THE_FIRST, toComment } from '../comments/postgres.ts'
import { before } from '../page.ts'
import type { Counter, NewPost, Page, Post, PostChange, PostStats, VersionedPost } from './post.ts'
import type { PostStore } from './store.ts'

/** Columns that the first deployments' posts did not have. */
const LATER_COLUMNS = [
  'views bigint NOT NULL DEFAULT 0',
  'likes bigint NOT NULL DEFAULT 0',
  'version integer NOT NULL DEFAULT 1',
]

/**
 * What creates the posts table in a schema whose quoted name is given; safe to repeat. Columns are added only where
 * they are missing: ALTER TABLE waits for all who read the table, even if it then finds nothing to do.
 */
export const postsTable = (schema: string): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS ${schema}.posts (
    id uuid PRIMARY KEY,
    title text NOT NULL,
    content text NOT NULL,
    tags text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    ${LATER_COLUMNS.join(', ')}
  )`,
  `DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute
                    WHERE attrelid = ${literal(`${schema}.posts`)}::regclass AND attname = 'version') THEN
      ALTER TABLE ${schema}.posts ${LATER_COLUMNS.map((column) => `ADD COLUMN ${column}`).join(', ')};
    END IF;
  END $$`,
  `CREATE INDEX IF NOT EXISTS posts_newest ON ${schema}.posts (created_at DESC, id DESC)`,
  `CREATE INDEX IF NOT EXISTS posts_tags ON ${schema}.posts USING gin (tags)`,
]

// As floats, because drivers give bigints as text; counts are exact up to 2^53.
const COLUMNS =
  'id, title, content, tags, views::float8 AS views, likes::float8 AS likes, created_at, updated_at'

const ORDER = {
  '-created_at': 'created_at DESC, id DESC',
  created_at: 'created_at, id',
} as const satisfies Record<Page['sort'], string>

type PostRow = Post & { readonly version: number; readonly comments: CommentJson[] }

export class PostgresPosts implements PostStore {
  readonly #connection: PostgresConnection
  readonly #schema: string
  readonly #table: string

  constructor(connection: PostgresConnection, tenantId: string) {
    this.#connection = connection
    this.#schema = quoted(schemaOf(tenantId))
    this.#table = `${this.#schema}.posts`
  }

  list({ limit, page, tag, sort }: Page): Promise<Post[]> {
    return this.#connection.query<Post>(
      `SELECT ${COLUMNS} FROM ${this.#table} ${tag === undefined ? '' : 'WHERE tags @> ARRAY[$3::text]'}
        ORDER BY ${ORDER[sort]} LIMIT $1 OFFSET $2`,
      [limit, before({ limit, page }), ...(tag === undefined ? [] : [tag])],
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

  async find(id: string): Promise<VersionedPost | undefined> {
    if (!isUuid(id)) return undefined
    const [row] = await this.#connection.query<PostRow>(
      `SELECT ${COLUMNS}, version, ${commentsOf(this.#schema, 'posts.id', '$2', '$3')} AS comments
         FROM ${this.#table} WHERE id = $1`,
      [id, FROM_THE_FIRST, FIRST_PAGE.limit + 1],
    )
    return row && toPost(row)
  }

  async update(
    id: string,
    { title, content, tags }: PostChange,
    expected?: readonly number[],
  ): Promise<VersionedPost | 'stale' | undefined> {
    if (!isUuid(id)) return undefined
    const [row] = await this.#connection.query<PostRow | { readonly version: null }>(
      `WITH changed AS (
         UPDATE ${this.#table}
            SET title = coalesce($2, title), content = coalesce($3, content), tags = coalesce($4, tags),
                updated_at = now(), version = version + 1
          WHERE id = $1 AND ($5::text[] IS NULL OR version::text = ANY ($5::text[]))
         RETURNING *)
       SELECT ${COLUMNS}, version, ${commentsOf(this.#schema, 'changed.id', '$6', '$7')} AS comments
         FROM (SELECT FROM ${this.#table} WHERE id = $1) AS found LEFT JOIN changed ON true`,
      [
        id,
        title ?? null,
        content ?? null,
        tags ?? null,
        expected?.map(String) ?? null,
        FROM_THE_FIRST,
        FIRST_PAGE.limit + 1,
      ],
    )
    if (!row) return undefined
    if (row.version !== null) return toPost(row)
    // Found, but not changed: deleted while the statement waited for it, or of another version.
    return expected && (await this.#exists(id)) ? 'stale' : undefined
  }

  async remove(id: string): Promise<boolean> {
    if (!isUuid(id)) return false
    const rows = await this.#connection.query(`DELETE FROM ${this.#table} WHERE id = $1 RETURNING id`, [id])
    return rows.length > 0
  }

  async count(id: string, counter: Counter): Promise<number | undefined> {
    if (!isUuid(id)) return undefined
    const [row] = await this.#connection.query<{ count: number }>(
      `UPDATE ${this.#table} SET ${counter} = ${counter} + 1 WHERE id = $1 RETURNING ${counter}::float8 AS count`,
      [id],
    )
    return row?.count
  }

  async #exists(id: string): Promise<boolean> {
    const rows = await this.#connection.query(`SELECT id FROM ${this.#table} WHERE id = $1`, [id])
    return rows.length > 0
  }

  async stats(): Promise<PostStats> {
    const [row] = await this.#connection.query<PostStats>(
      `SELECT count(*)::float8 AS total_posts, coalesce(sum(views), 0)::float8 AS total_views,
              coalesce(sum(likes), 0)::float8 AS total_likes
         FROM ${this.#table}`,
    )
    return row ?? { total_posts: 0, total_views: 0, total_likes: 0 }
  }
}

function toPost({ version, comments: rows, ...post }: PostRow): VersionedPost {
  const { comments, cursor } = pageOf(rows.map(toComment), FIRST_PAGE.limit)
  return { version, post: { ...post, comments, comments_cursor: cursor } }
}
