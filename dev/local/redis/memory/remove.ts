import type { Bytes } from '../bytes.ts'
import type { Reply } from '../reply.ts'
import { argument, type Context } from './command.ts'
import type { Hash } from './hash.ts'
import type { Keyspace } from './keyspace.ts'
import type { SortedSet } from './sorted-set.ts'

type Collection = Hash | Set<Bytes> | SortedSet

/** HDEL, SREM and ZREM: answers how many of the members were there. */
export function remove(find: (keys: Keyspace, key: Bytes) => Collection | undefined) {
  return ({ keys }: Context, args: readonly Bytes[]): Reply => {
    const key = argument(args, 0)
    const collection = find(keys, key)
    if (!collection) return 0
    const removed = args.slice(1).filter((member) => collection.delete(member)).length
    if (removed > 0) keys.replace(key, collection)
    return removed
  }
}
