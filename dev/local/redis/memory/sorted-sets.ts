import type { Bytes } from '../bytes.ts'
import { RedisError, type Reply } from '../reply.ts'
import { sortedSetAt } from './access.ts'
import { argument, type CommandTable, type Context, read, syntaxError, write } from './command.ts'
import { float, formatFloat, integer } from './numbers.ts'
import { type RangeBy, readInterval, readRangeOptions, select } from './ranges.ts'
import { remove } from './remove.ts'
import { sample } from './sample.ts'
import { scanCollection } from './scan-collection.ts'
import { type Scored, SortedSet } from './sorted-set.ts'

const EMPTY = new SortedSet()

const withScores = (entries: readonly Scored[]): Bytes[] =>
  entries.flatMap(({ member, score }) => [member, formatFloat(score)])

const members = (entries: readonly Scored[]): Bytes[] => entries.map(({ member }) => member)

function addScore(score: number, delta: number): number {
  const sum = score + delta
  if (Number.isNaN(sum)) throw new RedisError('ERR resulting score is not a number (NaN)')
  return sum
}

/** ZADD (https://redis.io/docs/latest/commands/zadd/). */
function add({ keys }: Context, args: readonly Bytes[]): Reply {
  const key = argument(args, 0)
  const flags = new Set<string>()
  let at = 1
  for (; at < args.length; at++) {
    const word = argument(args, at).toUpperCase()
    if (!['NX', 'XX', 'GT', 'LT', 'CH', 'INCR'].includes(word)) break
    flags.add(word)
  }
  const words = args.slice(at)
  if (words.length === 0 || words.length % 2 !== 0) throw syntaxError()
  if (flags.has('NX') && flags.has('XX')) {
    throw new RedisError('ERR XX and NX options at the same time are not compatible')
  }
  if ((flags.has('GT') && flags.has('LT')) || (flags.has('NX') && (flags.has('GT') || flags.has('LT')))) {
    throw new RedisError('ERR GT, LT, and/or NX options at the same time are not compatible')
  }
  if (flags.has('INCR') && words.length > 2) {
    throw new RedisError('ERR INCR option supports a single increment-element pair')
  }
  const wanted = words.flatMap((word, index) =>
    index % 2 === 0 ? [{ score: float(word), member: argument(words, index + 1) }] : [],
  )
  const set = sortedSetAt(keys, key) ?? new SortedSet()
  let added = 0
  let changed = 0
  let last: number | undefined
  for (const { score, member } of wanted) {
    const old = set.score(member)
    if (old === undefined ? flags.has('XX') : flags.has('NX')) continue
    const next = flags.has('INCR') ? addScore(old ?? 0, score) : score
    if (old !== undefined && ((flags.has('GT') && next <= old) || (flags.has('LT') && next >= old))) continue
    last = next
    if (next === old) continue
    set.set(member, next)
    if (old === undefined) added++
    else changed++
  }
  if (added + changed > 0) keys.replace(key, set)
  if (flags.has('INCR')) return last === undefined ? null : formatFloat(last)
  return flags.has('CH') ? added + changed : added
}

function incrementBy({ keys }: Context, args: readonly Bytes[]): Reply {
  const delta = float(argument(args, 1))
  const set = sortedSetAt(keys, argument(args, 0)) ?? new SortedSet()
  const score = addScore(set.score(argument(args, 2)) ?? 0, delta)
  set.set(argument(args, 2), score)
  keys.replace(argument(args, 0), set)
  return formatFloat(score)
}

function range(words: readonly string[], by: RangeBy, isReverse: boolean) {
  return read(-4, ({ keys }, args) => {
    const options = readRangeOptions(args.slice(3), words, { by, isReverse })
    const find = readInterval(options.by, argument(args, 1), argument(args, 2), options.isReverse)
    const set = sortedSetAt(keys, argument(args, 0)) ?? EMPTY
    const found = select(set, find(set), options)
    return options.hasScores ? withScores(found) : members(found)
  })
}

const count = (by: RangeBy) =>
  read(4, ({ keys }, args) => {
    const find = readInterval(by, argument(args, 1), argument(args, 2), false)
    const { from, to } = find(sortedSetAt(keys, argument(args, 0)) ?? EMPTY)
    return to - from
  })

const removeRange = (by: RangeBy) =>
  write(4, ({ keys }, args) => {
    const find = readInterval(by, argument(args, 1), argument(args, 2), false)
    const set = sortedSetAt(keys, argument(args, 0))
    if (!set) return 0
    const { from, to } = find(set)
    const doomed = set.slice(from, to)
    for (const { member } of doomed) set.delete(member)
    if (doomed.length > 0) keys.replace(argument(args, 0), set)
    return doomed.length
  })

const pop = (isHighest: boolean) =>
  write(-2, ({ keys }, args) => {
    if (args.length > 2) throw syntaxError()
    const wanted = args[1] === undefined ? 1 : integer(args[1])
    if (wanted < 0) throw new RedisError('ERR value is out of range, must be positive')
    const set = sortedSetAt(keys, argument(args, 0))
    if (!set) return []
    const amount = Math.min(wanted, set.size)
    const taken = isHighest ? set.slice(set.size - amount, set.size).reverse() : set.slice(0, amount)
    for (const { member } of taken) set.delete(member)
    if (taken.length > 0) keys.replace(argument(args, 0), set)
    return withScores(taken)
  })

const rank = (isReverse: boolean) =>
  read(-3, ({ keys }, args) => {
    if (args.length > 3 || (args[2] !== undefined && args[2].toUpperCase() !== 'WITHSCORE'))
      throw syntaxError()
    const set = sortedSetAt(keys, argument(args, 0)) ?? EMPTY
    const place = set.rank(argument(args, 1))
    if (place === undefined) return null
    const shown = isReverse ? set.size - 1 - place : place
    return args[2] === undefined ? shown : [shown, formatFloat(set.score(argument(args, 1)) ?? 0)]
  })

export const SORTED_SETS: CommandTable = {
  ZADD: write(-4, add),
  ZINCRBY: write(4, incrementBy),
  ZREM: write(-3, remove(sortedSetAt)),
  ZCARD: read(2, ({ keys }, args) => (sortedSetAt(keys, argument(args, 0)) ?? EMPTY).size),
  ZSCORE: read(3, ({ keys }, args) => {
    const score = sortedSetAt(keys, argument(args, 0))?.score(argument(args, 1))
    return score === undefined ? null : formatFloat(score)
  }),
  ZMSCORE: read(-3, ({ keys }, args) => {
    const set = sortedSetAt(keys, argument(args, 0)) ?? EMPTY
    const scores = args.slice(1).map((member) => set.score(member))
    return scores.map((score) => (score === undefined ? null : formatFloat(score)))
  }),
  ZRANK: rank(false),
  ZREVRANK: rank(true),
  ZCOUNT: count('score'),
  ZLEXCOUNT: count('lex'),
  ZRANGE: range(['BYSCORE', 'BYLEX', 'REV', 'LIMIT', 'WITHSCORES'], 'rank', false),
  ZREVRANGE: range(['WITHSCORES'], 'rank', true),
  ZRANGEBYSCORE: range(['WITHSCORES', 'LIMIT'], 'score', false),
  ZREVRANGEBYSCORE: range(['WITHSCORES', 'LIMIT'], 'score', true),
  ZRANGEBYLEX: range(['LIMIT'], 'lex', false),
  ZREVRANGEBYLEX: range(['LIMIT'], 'lex', true),
  ZREMRANGEBYRANK: removeRange('rank'),
  ZREMRANGEBYSCORE: removeRange('score'),
  ZREMRANGEBYLEX: removeRange('lex'),
  ZPOPMIN: pop(false),
  ZPOPMAX: pop(true),
  ZRANDMEMBER: read(-2, ({ keys, random }, args) => {
    const entries = (sortedSetAt(keys, argument(args, 0)) ?? EMPTY).entries()
    return sample(
      entries.map(({ member, score }) => [member, formatFloat(score)] as const),
      args.slice(1),
      random,
      'WITHSCORES',
    )
  }),
  ZSCAN: read(-3, ({ keys }, args) => {
    const entries = (sortedSetAt(keys, argument(args, 0)) ?? EMPTY).entries()
    return scanCollection(
      entries.map(({ member, score }) => [member, formatFloat(score)] as const),
      args.slice(1),
    )
  }),
}
