import type { Connection } from '../../engines/connection.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { MongoPosts } from './mongo.ts'
import type { Counter, NewPost, Page, Post, PostChange, PostStats, VersionedPost } from './post.ts'
import { PostgresPosts } from './postgres.ts'

/** The posts of one tenant. An id that does not exist, or cannot exist, is `undefined` or `false`, never an error. */
export interface PostStore {
  /** By time of creation, in one round trip; the order is stable for equal times. */
  list(page: Page): Promise<Post[]>
  /** Stores a post and returns its id. */
  create(post: NewPost): Promise<string>
  /** The post with its first comments, in one round trip. */
  find(id: string): Promise<VersionedPost | undefined>
  /**
   * Changes a post if it still is one of the versions `expected`, any if that is `undefined`; `stale` when it is not.
   */
  update(
    id: string,
    change: PostChange,
    expected?: readonly number[],
  ): Promise<VersionedPost | 'stale' | undefined>
  /** Deletes a post with its comments. */
  remove(id: string): Promise<boolean>
  /** Counts one more, and returns how many there are now. No two at once count as one. */
  count(id: string, counter: Counter): Promise<number | undefined>
  stats(): Promise<PostStats>
}

export function postStore(connection: Connection, tenant: Tenant): PostStore {
  return connection.engine === 'postgres'
    ? new PostgresPosts(connection, tenant.id)
    : new MongoPosts(connection, tenant.id)
}
