import type { Bytes } from '../bytes.ts'
import { OK, RedisError, type Reply } from '../reply.ts'
import { hashAt } from './access.ts'
import { argument, type CommandTable, type Context, pairs, read, write } from './command.ts'
import { Hash } from './hash.ts'
import { addFloats, addIntegers } from './numbers.ts'
import { remove } from './remove.ts'
import { sample } from './sample.ts'
import { scanCollection } from './scan-collection.ts'

function set({ keys }: Context, args: readonly Bytes[], command: string): number {
  const key = argument(args, 0)
  const hash = hashAt(keys, key) ?? new Hash()
  const entries = pairs(args.slice(1), command)
  const added = entries.filter(([field, value]) => hash.set(field, value)).length
  keys.replace(key, hash)
  return added
}

/** HINCRBY and its float twin; a field's deadline survives them, as in Redis. */
function increment(add: (current: Bytes, delta: Bytes) => number | bigint | Bytes, mismatch: string) {
  return ({ keys }: Context, args: readonly Bytes[]): Reply => {
    const key = argument(args, 0)
    const field = argument(args, 1)
    const hash = hashAt(keys, key) ?? new Hash()
    const current = hash.fields.get(field) ?? '0'
    // The delta is checked by itself first, so that the error tells which of the two is no number.
    add('0', argument(args, 2))
    let sum: number | bigint | Bytes
    try {
      sum = add(current, argument(args, 2))
    } catch (error) {
      if (error instanceof RedisError && error.message.startsWith('ERR value is not')) {
        throw new RedisError(mismatch)
      }
      throw error
    }
    hash.fields.set(field, String(sum))
    keys.replace(key, hash)
    return sum
  }
}

const flatten = (entries: Iterable<[Bytes, Bytes]>): Bytes[] => [...entries].flat()

export const HASHES: CommandTable = {
  HSET: write(-4, (context, args) => set(context, args, 'hset')),
  HMSET: write(-4, (context, args) => {
    set(context, args, 'hmset')
    return OK
  }),
  HSETNX: write(4, ({ keys }, args) => {
    const hash = hashAt(keys, argument(args, 0)) ?? new Hash()
    if (hash.fields.has(argument(args, 1))) return 0
    hash.set(argument(args, 1), argument(args, 2))
    keys.replace(argument(args, 0), hash)
    return 1
  }),
  HGET: read(3, ({ keys }, args) => {
    const hash = hashAt(keys, argument(args, 0))
    return hash?.fields.get(argument(args, 1)) ?? null
  }),
  HMGET: read(-3, ({ keys }, args) => {
    const hash = hashAt(keys, argument(args, 0))
    return args.slice(1).map((field) => hash?.fields.get(field) ?? null)
  }),
  HGETALL: read(2, ({ keys }, args) => flatten(hashAt(keys, argument(args, 0))?.fields ?? [])),
  HKEYS: read(2, ({ keys }, args) => [...(hashAt(keys, argument(args, 0))?.fields.keys() ?? [])]),
  HVALS: read(2, ({ keys }, args) => [...(hashAt(keys, argument(args, 0))?.fields.values() ?? [])]),
  HLEN: read(2, ({ keys }, args) => hashAt(keys, argument(args, 0))?.fields.size ?? 0),
  HEXISTS: read(3, ({ keys }, args) => {
    const hash = hashAt(keys, argument(args, 0))
    return hash?.fields.has(argument(args, 1)) ? 1 : 0
  }),
  HSTRLEN: read(3, ({ keys }, args) => {
    const hash = hashAt(keys, argument(args, 0))
    return hash?.fields.get(argument(args, 1))?.length ?? 0
  }),
  HDEL: write(-3, remove(hashAt)),
  HINCRBY: write(4, increment(addIntegers, 'ERR hash value is not an integer')),
  HINCRBYFLOAT: write(4, increment(addFloats, 'ERR hash value is not a float')),
  HRANDFIELD: read(-2, (context, args) => {
    const fields = [...(hashAt(context.keys, argument(args, 0))?.fields ?? [])]
    return sample(fields, args.slice(1), context.random, 'WITHVALUES')
  }),
  HSCAN: read(-3, ({ keys }, args) => {
    const hash = hashAt(keys, argument(args, 0))
    return scanCollection([...(hash?.fields ?? [])], args.slice(1))
  }),
}
