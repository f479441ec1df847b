import type { Connection } from '../../engines/connection.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { Comment, CommentList, CommentPage, NewComment } from './comment.ts'
import { MongoComments } from './mongo.ts'
import { PostgresComments } from './postgres.ts'

/** The comments on one tenant's posts. A post that does not exist, or cannot exist, is `undefined`, never an error. */
export interface CommentStore {
  /** Oldest first, in one round trip. Throws `invalid_request` for a cursor that no answer gave. */
  list(postId: string, page: CommentPage): Promise<CommentList | undefined>
  create(postId: string, comment: NewComment): Promise<Comment | undefined>
}

export function commentStore(connection: Connection, tenant: Tenant): CommentStore {
  return connection.engine === 'postgres'
    ? new PostgresComments(connection, tenant.id)
    : new MongoComments(connection, tenant.id)
}
