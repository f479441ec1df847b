import type { Collection, Db, Document, ObjectId } from 'mongodb'
import type { MongoConnection } from '../../engines/mongo-connection.ts'
import type { Limits } from '../../engines/mongo-read.ts'
import { databaseOf } from '../../tenants/tenant.ts'
import { objectId } from '../object-id.ts'
import {
  badCursor,
  type Comment,
  type CommentList,
  type CommentPage,
  type NewComment,
  pageOf,
} from './comment.ts'
import type { CommentStore } from './store.ts'

/** A comment in its collection. */
export interface CommentDocument extends Omit<Comment, 'id'> {
  readonly _id: ObjectId
  readonly post_id: ObjectId
}

export const COMMENTS = 'comments'
const POSTS = 'posts'

/** Creates the indexes of the comments collection; safe to repeat. */
export async function commentsIndexes(db: Db, limits: Limits): Promise<void> {
  await db.collection(COMMENTS).createIndex({ post_id: 1, _id: 1 }, { name: 'comments_of_post', ...limits })
}

/**
 * A stage that puts the first `rows` comments of each post after `after` into its field `comments`, so that one
 * command reads a post and them, however many there are.
 */
export function withComments(rows: number, after?: ObjectId): Document {
  const following = after ? [{ $match: { _id: { $gt: after } } }] : []
  return {
    $lookup: {
      from: COMMENTS,
      localField: '_id',
      foreignField: 'post_id',
      pipeline: [...following, { $sort: { _id: 1 } }, { $limit: rows }],
      as: 'comments',
    },
  }
}

export function toComment({ _id, author, content, created_at }: CommentDocument): Comment {
  return { id: _id.toHexString(), author, content, created_at }
}

export class MongoComments implements CommentStore {
  readonly #connection: MongoConnection
  readonly #database: string

  constructor(connection: MongoConnection, tenantId: string) {
    this.#connection = connection
    this.#database = databaseOf(tenantId)
  }

  async list(postId: string, { limit, cursor }: CommentPage): Promise<CommentList | undefined> {
    const after = cursor === undefined ? undefined : await objectId(cursor)
    if (cursor !== undefined && !after) throw badCursor()
    const _id = await objectId(postId)
    if (!_id) return undefined
    const pipeline = [{ $match: { _id } }, { $project: { _id: 1 } }, withComments(limit + 1, after)]
    const [post] = await this.#connection.read<{ comments: CommentDocument[] }>(this.#database, {
      aggregate: POSTS,
      pipeline,
    })
    return post && pageOf(post.comments.map(toComment), limit)
  }

  async create(postId: string, { author, content }: NewComment): Promise<Comment | undefined> {
    const post_id = await objectId(postId)
    if (!post_id || !(await this.#hasPost(post_id))) return undefined
    const { ObjectId } = await import('mongodb')
    const comment = { _id: new ObjectId(), post_id, author, content, created_at: new Date() }
    await this.#run((comments, limits) => comments.insertOne(comment, limits))
    // Asked again, while a deletion takes the post first and its comments second: whichever way the two meet, no comment
    // stays behind without its post.
    if (await this.#hasPost(post_id)) return toComment(comment)
    await this.#run((comments, limits) => comments.deleteOne({ _id: comment._id }, limits))
    return undefined
  }

  async #hasPost(_id: ObjectId): Promise<boolean> {
    const found = await this.#connection.read(this.#database, {
      find: POSTS,
      filter: { _id },
      projection: { _id: 1 },
      limit: 1,
    })
    return found.length > 0
  }

  #run<T>(
    operation: (comments: Collection<CommentDocument>, limits: { maxTimeMS: number }) => Promise<T>,
  ): Promise<T> {
    return this.#connection.run(this.#database, (db, limits) =>
      operation(db.collection<CommentDocument>(COMMENTS), limits),
    )
  }
}
