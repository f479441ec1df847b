import { TENANTS } from './tenants.ts'

/** The least that is read: the newest post, about 350 bytes of JSON. */
export const ONE_POST = 1
/** What `GET /api/posts` answers unless it is asked for fewer: about 7 KB of JSON. */
export const PAGE = 20

const STATEMENT = `
  SELECT id, title, content, tags, views::float8 AS views, likes::float8 AS likes, created_at, updated_at
    FROM "tenant_${TENANTS.postgres}".posts
   ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2`

/** The statement of src/routes/posts/postgres.ts for so many posts, for everybody who is compared with Rockpool. */
export function selectNewest(posts: number): { text: string; values: number[] } {
  return { text: STATEMENT, values: [posts, 0] }
}

/** The database of src/routes/posts/mongo.ts. */
export const MONGO_DATABASE = `user_${TENANTS.mongo}_db`

/** The options of `find` for so many posts, as a program that knows that it needs no more gives them. */
export function findNewest(posts: number) {
  const sort = { created_at: -1, _id: -1 } as const
  return { sort, skip: 0, limit: posts, batchSize: posts, singleBatch: true }
}

interface PostDocument {
  readonly _id: { toHexString(): string }
  readonly version?: unknown
}

/** What Rockpool shows of a document. */
export function postOf<T extends PostDocument>({ _id, version: _, ...post }: T) {
  return { id: _id.toHexString(), ...post }
}
