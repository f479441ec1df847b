import { validate as isUuid, NIL, v7 as uuidv7 } from 'uuid'
import type { PostgresConnection } from '../../engines/connection.ts'
import { quoted } from '../../engines/postgres-names.ts'
import { schemaOf } from '../../tenants/tenant.ts'
import {
  badCursor,
  type Comment,
  type CommentList,
  type CommentPage,
  type NewComment,
  pageOf,
} from './comment.ts'
import type { CommentStore } from './store.ts'

/** What creates the comments table in a schema whose quoted name is given; safe to repeat. */
export const commentsTable = (schema: string): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS ${schema}.comments (
    id uuid PRIMARY KEY,
    post_id uuid NOT NULL REFERENCES ${schema}.posts ON DELETE CASCADE,
    author text,
    content text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX IF NOT EXISTS comments_of_post ON ${schema}.comments (post_id, id)`,
]

const COLUMNS = 'id, author, content, created_at'

/** A comment as JSON has it, which knows no times. */
export type CommentJson = Omit<Comment, 'created_at'> & { readonly created_at: string }

/**
 * An expression for the first comments of a post as JSON, so that one statement reads a post and them, however many
 * there are. `post`, `after` and `rows` are expressions too.
 */
export function commentsOf(schema: string, post: string, after: string, rows: string): string {
  return `(SELECT coalesce(json_agg(page ORDER BY page.id), '[]')
             FROM (SELECT ${COLUMNS} FROM ${schema}.comments WHERE post_id = ${post} AND id > ${after}
                    ORDER BY id LIMIT ${rows}) AS page)`
}

/** A parameter for `after` that is before every comment. */
export const FROM_THE_FIRST = NIL

export function toComment({ created_at, ...comment }: CommentJson): Comment {
  return { ...comment, created_at: new Date(created_at) }
}

export class PostgresComments implements CommentStore {
  readonly #connection: PostgresConnection
  readonly #schema: string

  constructor(connection: PostgresConnection, tenantId: string) {
    this.#connection = connection
    this.#schema = quoted(schemaOf(tenantId))
  }

  async list(
    postId: string,
    { limit, cursor = FROM_THE_FIRST }: CommentPage,
  ): Promise<CommentList | undefined> {
    if (!isUuid(cursor)) throw badCursor()
    if (!isUuid(postId)) return undefined
    const [row] = await this.#connection.query<{ comments: CommentJson[] }>(
      `SELECT ${commentsOf(this.#schema, 'posts.id', '$2', '$3')} AS comments
         FROM ${this.#schema}.posts WHERE posts.id = $1`,
      [postId, cursor, limit + 1],
    )
    return row && pageOf(row.comments.map(toComment), limit)
  }

  async create(postId: string, { author, content }: NewComment): Promise<Comment | undefined> {
    if (!isUuid(postId)) return undefined
    // Locked, a post that is being deleted is waited for, and then it is no post: not an error of the foreign key.
    const rows = await this.#connection.query<Comment>(
      `INSERT INTO ${this.#schema}.comments (id, post_id, author, content)
       SELECT $1, posts.id, $3, $4 FROM ${this.#schema}.posts WHERE posts.id = $2 FOR KEY SHARE
       RETURNING ${COLUMNS}`,
      [uuidv7(), postId, author, content],
    )
    return rows[0]
  }
}
