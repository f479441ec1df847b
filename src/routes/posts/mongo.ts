import type { Collection, Db, ObjectId } from 'mongodb'
import type { MongoConnection } from '../../engines/mongo.ts'
import { databaseOf } from '../../tenants/tenant.ts'
import type { NewPost, Page, Post, PostChange } from './post.ts'
import type { PostStore } from './store.ts'

interface PostDocument {
  readonly _id: ObjectId
  readonly title: string
  readonly content: string
  readonly tags: string[]
  readonly created_at: Date
  readonly updated_at: Date
}

const COLLECTION = 'posts'
const NEWEST_FIRST = { created_at: -1, _id: -1 } as const

/** Creates the indexes of the posts collection; safe to repeat. */
export async function postsIndexes(db: Db): Promise<void> {
  await db.collection(COLLECTION).createIndex(NEWEST_FIRST, { name: 'posts_newest' })
}

export class MongoPosts implements PostStore {
  readonly #connection: MongoConnection
  readonly #database: string

  constructor(connection: MongoConnection, tenantId: string) {
    this.#connection = connection
    this.#database = databaseOf(tenantId)
  }

  async list({ limit, page }: Page): Promise<Post[]> {
    const documents = await this.#run((posts) =>
      posts
        .find(
          {},
          { sort: NEWEST_FIRST, skip: (page - 1) * limit, limit, batchSize: limit, singleBatch: true },
        )
        .toArray(),
    )
    return documents.map(toPost)
  }

  async create({ title, content, tags }: NewPost): Promise<string> {
    const { ObjectId } = await import('mongodb')
    const now = new Date()
    const document = { _id: new ObjectId(), title, content, tags, created_at: now, updated_at: now }
    await this.#run((posts, limits) => posts.insertOne(document, limits))
    return document._id.toHexString()
  }

  async find(id: string): Promise<Post | undefined> {
    const _id = await objectId(id)
    const document = _id && (await this.#run((posts, limits) => posts.findOne({ _id }, limits)))
    return document ? toPost(document) : undefined
  }

  async update(id: string, change: PostChange): Promise<Post | undefined> {
    const _id = await objectId(id)
    const $set = { ...change, updated_at: new Date() } as Partial<PostDocument>
    const document =
      _id &&
      (await this.#run((posts, limits) =>
        posts.findOneAndUpdate({ _id }, { $set }, { returnDocument: 'after', ...limits }),
      ))
    return document ? toPost(document) : undefined
  }

  async remove(id: string): Promise<boolean> {
    const _id = await objectId(id)
    const result = _id && (await this.#run((posts, limits) => posts.deleteOne({ _id }, limits)))
    return result?.deletedCount === 1
  }

  #run<T>(
    operation: (posts: Collection<PostDocument>, limits: { maxTimeMS: number }) => Promise<T>,
  ): Promise<T> {
    return this.#connection.run(this.#database, (db, limits) =>
      operation(db.collection<PostDocument>(COLLECTION), limits),
    )
  }
}

async function objectId(id: string): Promise<ObjectId | undefined> {
  if (!/^[0-9a-f]{24}$/i.test(id)) return undefined
  const { ObjectId } = await import('mongodb')
  return new ObjectId(id)
}

function toPost({ _id, ...post }: PostDocument): Post {
  return { id: _id.toHexString(), ...post }
}
