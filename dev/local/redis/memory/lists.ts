import type { Bytes } from '../bytes.ts'
import { OK, RedisError, type Reply } from '../reply.ts'
import { listAt } from './access.ts'
import {
  argument,
  type CommandTable,
  type Context,
  clipRange,
  read,
  syntaxError,
  write,
  wrongArity,
} from './command.ts'
import { integer } from './numbers.ts'

type End = 'LEFT' | 'RIGHT'

function push(end: End, needsKey: boolean) {
  return ({ keys }: Context, args: readonly Bytes[]): Reply => {
    const key = argument(args, 0)
    const present = listAt(keys, key)
    if (!present && needsKey) return 0
    const values = args.slice(1)
    const list = end === 'LEFT' ? values.reverse().concat(present ?? []) : (present ?? []).concat(values)
    keys.replace(key, list)
    return list.length
  }
}

function pop(end: End, command: string) {
  return ({ keys }: Context, args: readonly Bytes[]): Reply => {
    if (args.length > 2) throw wrongArity(command)
    const key = argument(args, 0)
    const count = args[1] === undefined ? undefined : integer(args[1])
    if (count !== undefined && count < 0) throw new RedisError('ERR value is out of range, must be positive')
    const list = listAt(keys, key)
    if (!list) return null
    const wanted = Math.min(count ?? 1, list.length)
    const taken = end === 'LEFT' ? list.splice(0, wanted) : list.splice(list.length - wanted).reverse()
    if (taken.length > 0) keys.replace(key, list)
    return count === undefined ? (taken[0] ?? null) : taken
  }
}

function endOf(word: Bytes): End {
  const upper = word.toUpperCase()
  if (upper !== 'LEFT' && upper !== 'RIGHT') throw syntaxError()
  return upper
}

function move({ keys }: Context, source: Bytes, target: Bytes, from: End, to: End): Reply {
  const list = listAt(keys, source)
  if (!list) return null
  const targetList = source === target ? list : (listAt(keys, target) ?? [])
  const value = from === 'LEFT' ? list.shift() : list.pop()
  if (value === undefined) return null
  if (to === 'LEFT') targetList.unshift(value)
  else targetList.push(value)
  keys.replace(source, list)
  keys.replace(target, targetList)
  return value
}

function remove({ keys }: Context, args: readonly Bytes[]): Reply {
  const key = argument(args, 0)
  const count = integer(argument(args, 1))
  const value = argument(args, 2)
  const list = listAt(keys, key)
  if (!list) return 0
  let left = Math.abs(count) || list.length
  const drops = new Set<number>()
  for (let step = 0; step < list.length && left > 0; step++) {
    const at = count < 0 ? list.length - 1 - step : step
    if (list[at] !== value) continue
    drops.add(at)
    left--
  }
  if (drops.size > 0) {
    keys.replace(
      key,
      list.filter((_, at) => !drops.has(at)),
    )
  }
  return drops.size
}

function insert({ keys }: Context, args: readonly Bytes[]): Reply {
  const key = argument(args, 0)
  const where = argument(args, 1).toUpperCase()
  if (where !== 'BEFORE' && where !== 'AFTER') throw syntaxError()
  const list = listAt(keys, key)
  if (!list) return 0
  const pivot = list.indexOf(argument(args, 2))
  if (pivot === -1) return -1
  list.splice(where === 'BEFORE' ? pivot : pivot + 1, 0, argument(args, 3))
  keys.replace(key, list)
  return list.length
}

/** LPOS with RANK, COUNT and MAXLEN (https://redis.io/docs/latest/commands/lpos/). */
function position({ keys }: Context, args: readonly Bytes[]): Reply {
  const options = { RANK: 1, COUNT: undefined as number | undefined, MAXLEN: 0 }
  for (let at = 2; at < args.length; at += 2) {
    const word = argument(args, at).toUpperCase()
    const value = integer(argument(args, at + 1))
    if (word !== 'RANK' && word !== 'COUNT' && word !== 'MAXLEN') throw syntaxError()
    if (word === 'RANK' ? value === 0 : value < 0) {
      throw new RedisError(word === 'RANK' ? "ERR RANK can't be zero" : `ERR ${word} can't be negative`)
    }
    options[word] = value
  }
  const list = listAt(keys, argument(args, 0)) ?? []
  const limit = options.MAXLEN || list.length
  const wanted = options.COUNT === undefined ? 1 : options.COUNT || list.length
  let skip = Math.abs(options.RANK) - 1
  const found: number[] = []
  for (let step = 0; step < Math.min(limit, list.length) && found.length < wanted; step++) {
    const at = options.RANK < 0 ? list.length - 1 - step : step
    if (list[at] === argument(args, 1) && skip-- <= 0) found.push(at)
  }
  return options.COUNT === undefined ? (found[0] ?? null) : found
}

export const LISTS: CommandTable = {
  LPUSH: write(-3, push('LEFT', false)),
  RPUSH: write(-3, push('RIGHT', false)),
  LPUSHX: write(-3, push('LEFT', true)),
  RPUSHX: write(-3, push('RIGHT', true)),
  LPOP: write(-2, pop('LEFT', 'lpop')),
  RPOP: write(-2, pop('RIGHT', 'rpop')),
  LLEN: read(2, ({ keys }, args) => listAt(keys, argument(args, 0))?.length ?? 0),
  LRANGE: read(4, ({ keys }, args) => {
    const [start, stop] = [integer(argument(args, 1)), integer(argument(args, 2))]
    const list = listAt(keys, argument(args, 0)) ?? []
    const { from, to } = clipRange(start, stop, list.length)
    return list.slice(from, to)
  }),
  LINDEX: read(3, ({ keys }, args) => {
    const list = listAt(keys, argument(args, 0))
    return list?.at(integer(argument(args, 1))) ?? null
  }),
  LSET: write(4, ({ keys }, args) => {
    const list = listAt(keys, argument(args, 0))
    if (!list) throw new RedisError('ERR no such key')
    const index = integer(argument(args, 1))
    const at = index < 0 ? index + list.length : index
    if (at < 0 || at >= list.length) throw new RedisError('ERR index out of range')
    list[at] = argument(args, 2)
    keys.replace(argument(args, 0), list)
    return OK
  }),
  LREM: write(4, remove),
  LTRIM: write(4, ({ keys }, args) => {
    const [start, stop] = [integer(argument(args, 1)), integer(argument(args, 2))]
    const list = listAt(keys, argument(args, 0))
    if (!list) return OK
    const { from, to } = clipRange(start, stop, list.length)
    keys.replace(argument(args, 0), list.slice(from, to))
    return OK
  }),
  LINSERT: write(5, insert),
  LPOS: read(-3, position),
  LMOVE: write(5, (context, args) => {
    const [from, to] = [endOf(argument(args, 2)), endOf(argument(args, 3))]
    return move(context, argument(args, 0), argument(args, 1), from, to)
  }),
  RPOPLPUSH: write(3, (context, args) =>
    move(context, argument(args, 0), argument(args, 1), 'RIGHT', 'LEFT'),
  ),
}
