import type { Collection, Db, Filter, ObjectId } from 'mongodb'
import type { MongoConnection } from '../../engines/mongo-connection.ts'
import type { Limits } from '../../engines/mongo-read.ts'
import { databaseOf } from '../../tenants/tenant.ts'
import { FIRST_PAGE, pageOf } from '../comments/comment.ts'
import { COMMENTS, type CommentDocument, toComment, withComments } from '../comments/mongo.ts'
import { objectId } from '../object-id.ts'
import { before } from '../page.ts'
import type { Counter, NewPost, Page, Post, PostChange, PostStats, VersionedPost } from './post.ts'
import type { PostStore } from './store.ts'

interface PostDocument {
  readonly _id: ObjectId
  readonly title: string
  readonly content: string
  readonly tags: string[]
  /** Absent, as are likes and version, in posts of the first deployments until they change. */
  readonly views?: number
  readonly likes?: number
  readonly version?: number | null
  readonly created_at: Date
  readonly updated_at: Date
}

const COLLECTION = 'posts'
const NEWEST_FIRST = { created_at: -1, _id: -1 } as const
const OLDEST_FIRST = { created_at: 1, _id: 1 } as const
const COMMENT_ROWS = FIRST_PAGE.limit + 1

/** Creates the indexes of the posts collection; safe to repeat. */
export async function postsIndexes(db: Db, limits: Limits): Promise<void> {
  await db.collection(COLLECTION).createIndexes(
    [
      { key: NEWEST_FIRST, name: 'posts_newest' },
      { key: { tags: 1, ...NEWEST_FIRST }, name: 'posts_tags' },
    ],
    limits,
  )
}

export class MongoPosts implements PostStore {
  readonly #connection: MongoConnection
  readonly #database: string

  constructor(connection: MongoConnection, tenantId: string) {
    this.#connection = connection
    this.#database = databaseOf(tenantId)
  }

  async list({ limit, page, tag, sort }: Page): Promise<Post[]> {
    const order = sort === '-created_at' ? NEWEST_FIRST : OLDEST_FIRST
    const documents = await this.#connection.read<PostDocument>(this.#database, {
      find: COLLECTION,
      filter: tag === undefined ? {} : { tags: tag },
      sort: order,
      skip: before({ limit, page }),
      limit,
    })
    return documents.map(toPost)
  }

  async create({ title, content, tags }: NewPost): Promise<string> {
    const { ObjectId } = await import('mongodb')
    const now = new Date()
    const counters = { views: 0, likes: 0, version: 1 }
    const document = {
      _id: new ObjectId(),
      title,
      content,
      tags,
      ...counters,
      created_at: now,
      updated_at: now,
    }
    await this.#run((posts, limits) => posts.insertOne(document, limits))
    return document._id.toHexString()
  }

  async find(id: string): Promise<VersionedPost | undefined> {
    const _id = await objectId(id)
    if (!_id) return undefined
    const pipeline = [{ $match: { _id } }, withComments(COMMENT_ROWS)]
    const [found] = await this.#connection.read<PostDocument & { comments: CommentDocument[] }>(
      this.#database,
      { aggregate: COLLECTION, pipeline },
    )
    if (!found) return undefined
    const { comments, ...document } = found
    return toVersionedPost(document, comments)
  }

  async update(
    id: string,
    change: PostChange,
    expected?: readonly number[],
  ): Promise<VersionedPost | 'stale' | undefined> {
    const _id = await objectId(id)
    if (!_id) return undefined
    const $set = { ...change, updated_at: new Date() } as Partial<PostDocument>
    const document = await this.#run((posts, limits) =>
      posts.findOneAndUpdate(
        { _id, ...(expected && { version: { $in: expected.map(stored) } }) },
        { $set, $inc: { version: 1 } },
        { returnDocument: 'after', ...limits },
      ),
    )
    if (!document) return expected && (await this.#exists({ _id })) ? 'stale' : undefined
    const comments = await this.#connection.read<CommentDocument>(this.#database, {
      find: COMMENTS,
      filter: { post_id: _id },
      sort: { _id: 1 },
      limit: COMMENT_ROWS,
    })
    return toVersionedPost(document, comments)
  }

  async remove(id: string): Promise<boolean> {
    const _id = await objectId(id)
    if (!_id) return false
    const { deletedCount } = await this.#run((posts, limits) => posts.deleteOne({ _id }, limits))
    // Also where somebody else has deleted the post, who may not have come this far.
    await this.#connection.run(this.#database, (db, limits) =>
      db.collection(COMMENTS).deleteMany({ post_id: _id }, limits),
    )
    return deletedCount === 1
  }

  async count(id: string, counter: Counter): Promise<number | undefined> {
    const _id = await objectId(id)
    if (!_id) return undefined
    const document = await this.#run((posts, limits) =>
      posts.findOneAndUpdate(
        { _id },
        { $inc: { [counter]: 1 } },
        { returnDocument: 'after', projection: { [counter]: 1 }, ...limits },
      ),
    )
    return document?.[counter]
  }

  async stats(): Promise<PostStats> {
    const sums = {
      _id: null,
      total_posts: { $sum: 1 },
      total_views: { $sum: '$views' },
      total_likes: { $sum: '$likes' },
    }
    const pipeline = [{ $group: sums }, { $project: { _id: 0 } }]
    const [found] = await this.#connection.read<PostStats>(this.#database, {
      aggregate: COLLECTION,
      pipeline,
    })
    return found ?? { total_posts: 0, total_views: 0, total_likes: 0 }
  }

  async #exists(filter: Filter<PostDocument>): Promise<boolean> {
    const projection = { _id: 1 }
    const found = await this.#connection.read(this.#database, {
      find: COLLECTION,
      filter,
      projection,
      limit: 1,
    })
    return found.length > 0
  }

  #run<T>(
    operation: (posts: Collection<PostDocument>, limits: { maxTimeMS: number }) => Promise<T>,
  ): Promise<T> {
    return this.#connection.run(this.#database, (db, limits) =>
      operation(db.collection<PostDocument>(COLLECTION), limits),
    )
  }
}

/** A version as filters look for it: 0 is that of a post without one, so that its first change makes another. */
function stored(version: number): number | null {
  return version === 0 ? null : version
}

function toPost({ _id, title, content, tags, views = 0, likes = 0, ...times }: PostDocument): Post {
  const { created_at, updated_at } = times
  return { id: _id.toHexString(), title, content, tags, views, likes, created_at, updated_at }
}

function toVersionedPost(document: PostDocument, rows: readonly CommentDocument[]): VersionedPost {
  const { comments, cursor } = pageOf(rows.map(toComment), FIRST_PAGE.limit)
  return {
    version: document.version ?? 0,
    post: { ...toPost(document), comments, comments_cursor: cursor },
  }
}
