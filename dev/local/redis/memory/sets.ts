import type { Bytes } from '../bytes.ts'
import { RedisError, type Reply } from '../reply.ts'
import { setAt } from './access.ts'
import { argument, type CommandTable, type Context, read, syntaxError, write } from './command.ts'
import type { Keyspace } from './keyspace.ts'
import { integer } from './numbers.ts'
import { remove } from './remove.ts'
import { sample, shuffled } from './sample.ts'
import { scanCollection } from './scan-collection.ts'

type Combine = (sets: readonly ReadonlySet<Bytes>[]) => Set<Bytes>

const EMPTY: ReadonlySet<Bytes> = new Set()

const intersect: Combine = ([first = EMPTY, ...others]) =>
  new Set([...first].filter((member) => others.every((other) => other.has(member))))

const subtract: Combine = ([first = EMPTY, ...others]) =>
  new Set([...first].filter((member) => !others.some((other) => other.has(member))))

const unite: Combine = (sets) => new Set(sets.flatMap((set) => [...set]))

function setsAt(keys: Keyspace, names: readonly Bytes[]): ReadonlySet<Bytes>[] {
  return names.map((name) => setAt(keys, name) ?? EMPTY)
}

const combined = (combine: Combine) => read(-2, ({ keys }: Context, args) => [...combine(setsAt(keys, args))])

const stored = (combine: Combine) =>
  write(-3, ({ keys }: Context, args) => {
    const result = combine(setsAt(keys, args.slice(1)))
    keys.delete(argument(args, 0))
    keys.replace(argument(args, 0), result)
    return result.size
  })

/** SINTERCARD numkeys key… [LIMIT n] */
function intersectionSize({ keys }: Context, args: readonly Bytes[]): Reply {
  const count = integer(argument(args, 0))
  if (count < 1) throw new RedisError('ERR numkeys should be greater than 0')
  if (count > args.length - 1) {
    throw new RedisError("ERR Number of keys can't be greater than number of args")
  }
  const [word, limitText, ...rest] = args.slice(1 + count)
  if (
    rest.length > 0 ||
    (word !== undefined && (word.toUpperCase() !== 'LIMIT' || limitText === undefined))
  ) {
    throw syntaxError()
  }
  const limit = limitText === undefined ? 0 : integer(limitText)
  if (limit < 0) throw new RedisError("ERR LIMIT can't be negative")
  const { size } = intersect(setsAt(keys, args.slice(1, 1 + count)))
  return limit === 0 ? size : Math.min(size, limit)
}

function pop({ keys, random }: Context, args: readonly Bytes[]): Reply {
  if (args.length > 2) throw syntaxError()
  const set = setAt(keys, argument(args, 0))
  const count = args[1] === undefined ? undefined : integer(args[1])
  if (count !== undefined && count < 0) throw new RedisError('ERR value is out of range, must be positive')
  if (!set) return count === undefined ? null : []
  const taken = shuffled([...set], random).slice(0, count ?? 1)
  for (const member of taken) set.delete(member)
  keys.replace(argument(args, 0), set)
  return count === undefined ? (taken[0] ?? null) : taken
}

function move({ keys }: Context, args: readonly Bytes[]): Reply {
  const [source, target, member] = [argument(args, 0), argument(args, 1), argument(args, 2)]
  const from = setAt(keys, source)
  if (!from) return 0
  const to = setAt(keys, target) ?? new Set<Bytes>()
  if (!from.has(member)) return 0
  if (source === target) return 1
  from.delete(member)
  to.add(member)
  keys.replace(source, from)
  keys.replace(target, to)
  return 1
}

const has = (keys: Keyspace, key: Bytes, member: Bytes) => (setAt(keys, key)?.has(member) ? 1 : 0)

export const SETS: CommandTable = {
  SADD: write(-3, ({ keys }, args) => {
    const set = setAt(keys, argument(args, 0)) ?? new Set<Bytes>()
    const before = set.size
    for (const member of args.slice(1)) set.add(member)
    if (set.size > before) keys.replace(argument(args, 0), set)
    return set.size - before
  }),
  SREM: write(-3, remove(setAt)),
  SISMEMBER: read(3, ({ keys }, args) => has(keys, argument(args, 0), argument(args, 1))),
  SMISMEMBER: read(-3, ({ keys }, args) =>
    args.slice(1).map((member) => has(keys, argument(args, 0), member)),
  ),
  SMEMBERS: read(2, ({ keys }, args) => [...(setAt(keys, argument(args, 0)) ?? EMPTY)]),
  SCARD: read(2, ({ keys }, args) => setAt(keys, argument(args, 0))?.size ?? 0),
  SPOP: write(-2, pop),
  SRANDMEMBER: read(-2, ({ keys, random }, args) => {
    const members = [...(setAt(keys, argument(args, 0)) ?? EMPTY)]
    return sample(
      members.map((member) => [member] as const),
      args.slice(1),
      random,
    )
  }),
  SMOVE: write(4, move),
  SINTER: combined(intersect),
  SUNION: combined(unite),
  SDIFF: combined(subtract),
  SINTERSTORE: stored(intersect),
  SUNIONSTORE: stored(unite),
  SDIFFSTORE: stored(subtract),
  SINTERCARD: read(-3, intersectionSize),
  SSCAN: read(-3, ({ keys }, args) => {
    const members = [...(setAt(keys, argument(args, 0)) ?? EMPTY)]
    return scanCollection(
      members.map((member) => [member] as const),
      args.slice(1),
    )
  }),
}
