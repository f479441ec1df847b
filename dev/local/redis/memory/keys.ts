import type { Bytes } from '../bytes.ts'
import { OK, RedisError, type Reply, Status } from '../reply.ts'
import { argument, type CommandTable, type Context, read, syntaxError, write, wrongArity } from './command.ts'
import {
  deadline,
  MILLISECONDS,
  mayReplace,
  SECONDS,
  type TimeUnit,
  UNIX_MILLISECONDS,
  UNIX_SECONDS,
} from './deadlines.ts'
import { glob } from './glob.ts'
import { Hash } from './hash.ts'
import { typeOf, type Value } from './keyspace.ts'
import { integer } from './numbers.ts'
import { SortedSet } from './sorted-set.ts'

function countOf(args: readonly Bytes[], test: (key: Bytes) => boolean): number {
  return args.reduce((count, key) => count + (test(key) ? 1 : 0), 0)
}

function expire(unit: TimeUnit, command: string) {
  return ({ keys }: Context, args: readonly Bytes[]) => {
    const key = argument(args, 0)
    const at = deadline(argument(args, 1), unit, keys.now, command)
    const entry = keys.entry(key)
    if (!mayReplace(entry?.expireAt ?? 0, at, args.slice(2)) || !entry) return 0
    // 0 means "never" inside; the epoch itself is as far in the past as any other moment.
    keys.setExpiry(key, at || -1)
    return 1
  }
}

/** -2 without the key, -1 without a deadline, else what `answer` makes of the deadline. */
function expiry(answer: (expireAt: number, now: number) => number) {
  return ({ keys }: Context, args: readonly Bytes[]) => {
    const entry = keys.entry(argument(args, 0))
    if (!entry) return -2
    return entry.expireAt === 0 ? -1 : answer(entry.expireAt, keys.now)
  }
}

function scan({ keys }: Context, args: readonly Bytes[]): Reply {
  const cursor = argument(args, 0)
  if (!/^\d{1,20}$/.test(cursor)) throw new RedisError('ERR invalid cursor')
  let count = 10
  let matches = (_: Bytes) => true
  let type: string | undefined
  for (let at = 1; at < args.length; at += 2) {
    const word = argument(args, at).toUpperCase()
    const value = argument(args, at + 1)
    if (word === 'COUNT') count = integer(value)
    else if (word === 'MATCH') matches = glob(value)
    else if (word === 'TYPE') type = value.toLowerCase()
    else throw syntaxError()
  }
  if (count < 1) throw syntaxError()
  const step = keys.scan(Number(cursor), count)
  const found = step.entries.filter((entry) => matches(entry.key) && (!type || typeOf(entry.value) === type))
  return [String(step.cursor), found.map((entry) => entry.key)]
}

function rename({ keys }: Context, args: readonly Bytes[]): void {
  const entry = keys.entry(argument(args, 0))
  if (!entry) throw new RedisError('ERR no such key')
  const { key, value, expireAt } = entry
  keys.delete(key)
  keys.delete(argument(args, 1))
  keys.set(argument(args, 1), value, expireAt)
}

function copy({ keys }: Context, args: readonly Bytes[]): Reply {
  const options = args.slice(2).map((word) => word.toUpperCase())
  if (options.some((word) => word !== 'REPLACE')) throw syntaxError()
  const target = argument(args, 1)
  if (argument(args, 0) === target) throw new RedisError('ERR source and destination objects are the same')
  const source = keys.entry(argument(args, 0))
  if (!source || (options.length === 0 && keys.get(target) !== undefined)) return 0
  keys.set(target, copyOf(source.value), source.expireAt)
  return 1
}

function copyOf(value: Value): Value {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return [...value]
  if (value instanceof Set) return new Set(value)
  if (value instanceof SortedSet) {
    const copy = new SortedSet()
    for (const { member, score } of value.entries()) copy.set(member, score)
    return copy
  }
  const copy = new Hash()
  for (const [field, content] of value.fields) copy.set(field, content)
  for (const [field, at] of value.deadlines) copy.setDeadline(field, at)
  return copy
}

function randomKey({ keys, random }: Context): Reply {
  const live = [...keys.live()]
  return live[Math.floor(random() * live.length)]?.key ?? null
}

function flush({ keys }: Context, args: readonly Bytes[]): Reply {
  if (args.length > 1 || !['SYNC', 'ASYNC', ''].includes((args[0] ?? '').toUpperCase())) throw syntaxError()
  keys.clear()
  return OK
}

const exists = read(-2, ({ keys }, args) => countOf(args, (key) => keys.get(key) !== undefined))
const del = write(-2, ({ keys }, args) => countOf(args, (key) => keys.delete(key)))

export const KEYS: CommandTable = {
  DEL: del,
  UNLINK: del,
  EXISTS: exists,
  TOUCH: exists,
  TYPE: read(2, ({ keys }, args) => {
    const value = keys.get(argument(args, 0))
    return new Status(value === undefined ? 'none' : typeOf(value))
  }),
  KEYS: read(2, ({ keys }, args) => {
    const matches = glob(argument(args, 0))
    return [...keys.live()].map((entry) => entry.key).filter(matches)
  }),
  SCAN: read(-2, scan),
  RANDOMKEY: read(1, randomKey),
  DBSIZE: read(1, ({ keys }) => keys.size),
  FLUSHDB: write(-1, flush),
  FLUSHALL: write(-1, flush),
  RENAME: write(3, (context, args) => {
    rename(context, args)
    return OK
  }),
  RENAMENX: write(3, (context, args) => {
    const isTaken = context.keys.get(argument(args, 1)) !== undefined
    if (isTaken && context.keys.get(argument(args, 0)) !== undefined) return 0
    rename(context, args)
    return 1
  }),
  COPY: write(-3, copy),
  EXPIRE: write(-3, expire(SECONDS, 'expire')),
  PEXPIRE: write(-3, expire(MILLISECONDS, 'pexpire')),
  EXPIREAT: write(-3, expire(UNIX_SECONDS, 'expireat')),
  PEXPIREAT: write(-3, expire(UNIX_MILLISECONDS, 'pexpireat')),
  TTL: read(
    2,
    expiry((at, now) => Math.round((at - now) / 1000)),
  ),
  PTTL: read(
    2,
    expiry((at, now) => at - now),
  ),
  EXPIRETIME: read(
    2,
    expiry((at) => Math.round(at / 1000)),
  ),
  PEXPIRETIME: read(
    2,
    expiry((at) => at),
  ),
  PERSIST: write(2, ({ keys }, args) => {
    if (!keys.entry(argument(args, 0))?.expireAt) return 0
    keys.setExpiry(argument(args, 0), 0)
    return 1
  }),
  PING: read(-1, (_, args) => {
    if (args.length > 1) throw wrongArity('ping')
    return args[0] ?? new Status('PONG')
  }),
  ECHO: read(2, (_, args) => argument(args, 0)),
  TIME: read(1, ({ keys }) => [String(Math.floor(keys.now / 1000)), String((keys.now % 1000) * 1000)]),
}
