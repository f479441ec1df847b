import type { Connection } from '../../engines/connection.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { MongoPosts } from './mongo.ts'
import type { NewPost, Page, Post, PostChange } from './post.ts'
import { PostgresPosts } from './postgres.ts'

/** The posts of one tenant. An id that does not exist, or cannot exist, is `undefined` or `false`, never an error. */
export interface PostStore {
  /** Newest first; the order is stable for equal times. */
  list(page: Page): Promise<Post[]>
  /** Stores a post and returns its id. */
  create(post: NewPost): Promise<string>
  find(id: string): Promise<Post | undefined>
  update(id: string, change: PostChange): Promise<Post | undefined>
  remove(id: string): Promise<boolean>
}

export function postStore(connection: Connection, tenant: Tenant): PostStore {
  return connection.engine === 'postgres'
    ? new PostgresPosts(connection, tenant.id)
    : new MongoPosts(connection, tenant.id)
}
