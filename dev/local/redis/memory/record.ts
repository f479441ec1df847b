import type { Bytes } from '../bytes.ts'
import { Hash } from './hash.ts'
import type { Entry, Keyspace, Value } from './keyspace.ts'
import { SortedSet } from './sorted-set.ts'

/** One key as the journal holds it: everything about it, or only its name when it is gone. */
export type JournalRecord = [key: Bytes] | [key: Bytes, expireAt: number, content: Content]

type Content =
  | { readonly string: Bytes }
  | { readonly hash: [Bytes, Bytes][]; readonly deadlines?: [Bytes, number][] }
  | { readonly list: Bytes[] }
  | { readonly set: Bytes[] }
  | { readonly zset: [Bytes, number | 'inf' | '-inf'][] }

export function recordOf({ key, expireAt, value }: Entry): JournalRecord {
  return [key, expireAt, contentOf(value)]
}

/** Puts the recorded state of a key in place of what is there. */
export function applyRecord(keys: Keyspace, record: JournalRecord): void {
  const [key, expireAt, content] = record
  keys.delete(key)
  if (content !== undefined) keys.set(key, restored(content), expireAt)
}

function contentOf(value: Value): Content {
  if (typeof value === 'string') return { string: value }
  if (Array.isArray(value)) return { list: value }
  if (value instanceof Set) return { set: [...value] }
  if (value instanceof SortedSet) {
    return { zset: value.entries().map(({ member, score }) => [member, finite(score)]) }
  }
  const hash = [...value.fields]
  return value.deadlines.size > 0 ? { hash, deadlines: [...value.deadlines] } : { hash }
}

function restored(content: Content): Value {
  if ('string' in content) return content.string
  if ('list' in content) return content.list
  if ('set' in content) return new Set(content.set)
  if ('zset' in content) {
    const set = new SortedSet()
    for (const [member, score] of content.zset) set.set(member, infinite(score))
    return set
  }
  const hash = new Hash()
  for (const [field, value] of content.hash) hash.set(field, value)
  for (const [field, at] of content.deadlines ?? []) hash.setDeadline(field, at)
  return hash
}

/** JSON has no infinities. */
function finite(score: number): number | 'inf' | '-inf' {
  if (Number.isFinite(score)) return score
  return score > 0 ? 'inf' : '-inf'
}

function infinite(score: number | 'inf' | '-inf'): number {
  if (typeof score === 'number') return score
  return score === 'inf' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
}
