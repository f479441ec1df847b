import { TENANTS } from './tenants.ts'

/** How many posts are read: the newest one, about 350 bytes of JSON. */
export const POSTS = 1

/** The statement of src/routes/posts/postgres.ts, for everybody who is compared with Rockpool. */
export const NEWEST_POSTS = {
  text: `SELECT id, title, content, tags, views::float8 AS views, likes::float8 AS likes, created_at, updated_at
           FROM "tenant_${TENANTS.postgres}".posts
          ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2`,
  values: [POSTS, 0],
}

/** The database, and the options of `find`, of src/routes/posts/mongo.ts. */
export const MONGO_DATABASE = `user_${TENANTS.mongo}_db`
export const FIND_NEWEST = {
  sort: { created_at: -1, _id: -1 },
  skip: 0,
  limit: POSTS,
  batchSize: POSTS,
  singleBatch: true,
} as const

interface PostDocument {
  readonly _id: { toHexString(): string }
  readonly version?: unknown
}

/** What Rockpool shows of a document. */
export function postOf<T extends PostDocument>({ _id, version: _, ...post }: T) {
  return { id: _id.toHexString(), ...post }
}
