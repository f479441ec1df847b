import type { Bytes } from '../bytes.ts'
import { RedisError } from '../reply.ts'
import { Hash } from './hash.ts'
import type { Keyspace } from './keyspace.ts'
import { SortedSet } from './sorted-set.ts'

const wrongType = () => new RedisError('WRONGTYPE Operation against a key holding the wrong kind of value')

/** The string at a key. @throws {RedisError} WRONGTYPE */
export function stringAt(keys: Keyspace, key: Bytes): Bytes | undefined {
  const value = keys.get(key)
  if (value !== undefined && typeof value !== 'string') throw wrongType()
  return value
}

/** The hash at a key. @throws {RedisError} WRONGTYPE */
export function hashAt(keys: Keyspace, key: Bytes): Hash | undefined {
  const value = keys.get(key)
  if (value !== undefined && !(value instanceof Hash)) throw wrongType()
  return value
}

/** The list at a key. @throws {RedisError} WRONGTYPE */
export function listAt(keys: Keyspace, key: Bytes): Bytes[] | undefined {
  const value = keys.get(key)
  if (value !== undefined && !Array.isArray(value)) throw wrongType()
  return value
}

/** The set at a key. @throws {RedisError} WRONGTYPE */
export function setAt(keys: Keyspace, key: Bytes): Set<Bytes> | undefined {
  const value = keys.get(key)
  if (value !== undefined && !(value instanceof Set)) throw wrongType()
  return value
}

/** The sorted set at a key. @throws {RedisError} WRONGTYPE */
export function sortedSetAt(keys: Keyspace, key: Bytes): SortedSet | undefined {
  const value = keys.get(key)
  if (value !== undefined && !(value instanceof SortedSet)) throw wrongType()
  return value
}
