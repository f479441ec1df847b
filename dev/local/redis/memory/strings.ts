import type { Bytes } from '../bytes.ts'
import { OK, RedisError } from '../reply.ts'
import { stringAt } from './access.ts'
import { argument, type CommandTable, type Context, pairs, read, syntaxError, write } from './command.ts'
import { deadlineOption, MILLISECONDS, positiveDeadline, SECONDS, type TimeUnit } from './deadlines.ts'
import { addFloats, addIntegers, integer, negate } from './numbers.ts'

/** Redis' default for proto-max-bulk-len. */
const LONGEST = 512 * 1024 * 1024

interface SetOptions {
  expireAt: number
  keepsTtl: boolean
  condition: 'NX' | 'XX' | undefined
  returnsOld: boolean
}

/** SET's options after key and value, in any order (https://redis.io/docs/latest/commands/set/). */
function setOptions(args: readonly Bytes[], now: number): SetOptions {
  const options: SetOptions = { expireAt: 0, keepsTtl: false, condition: undefined, returnsOld: false }
  for (let at = 2; at < args.length; at++) {
    const word = argument(args, at).toUpperCase()
    if (word === 'GET') options.returnsOld = true
    else if (word === 'NX' || word === 'XX') {
      if (options.condition && options.condition !== word) throw syntaxError()
      options.condition = word
    } else if (options.keepsTtl || options.expireAt !== 0) throw syntaxError()
    else if (word === 'KEEPTTL') options.keepsTtl = true
    else {
      const expireAt = deadlineOption(args, at++, now, 'set')
      if (expireAt === undefined) throw syntaxError()
      options.expireAt = expireAt
    }
  }
  return options
}

function set({ keys }: Context, args: readonly Bytes[]) {
  const key = argument(args, 0)
  const value = argument(args, 1)
  const options = setOptions(args, keys.now)
  const old = options.returnsOld ? stringAt(keys, key) : undefined
  const isAllowed = !options.condition || (keys.get(key) !== undefined) === (options.condition === 'XX')
  if (isAllowed) {
    if (options.keepsTtl) keys.replace(key, value)
    else keys.set(key, value, options.expireAt)
  }
  if (options.returnsOld) return old ?? null
  return isAllowed ? OK : null
}

function setExpiring(unit: TimeUnit, command: string) {
  return ({ keys }: Context, args: readonly Bytes[]) => {
    const expireAt = positiveDeadline(argument(args, 1), unit, keys.now, command)
    keys.set(argument(args, 0), argument(args, 2), expireAt)
    return OK
  }
}

function getEx({ keys }: Context, args: readonly Bytes[]) {
  const key = argument(args, 0)
  const value = stringAt(keys, key)
  if (args.length > 1) {
    const isPersist = argument(args, 1).toUpperCase() === 'PERSIST'
    const expireAt = isPersist ? 0 : deadlineOption(args, 1, keys.now, 'getex')
    if (expireAt === undefined || args.length > (isPersist ? 2 : 3)) throw syntaxError()
    if (value !== undefined) keys.setExpiry(key, expireAt)
  }
  return value ?? null
}

function add({ keys }: Context, key: Bytes, delta: Bytes) {
  const sum = addIntegers(stringAt(keys, key) ?? '0', delta)
  keys.replace(key, String(sum))
  return sum
}

function setRange({ keys }: Context, args: readonly Bytes[]) {
  const key = argument(args, 0)
  const offset = integer(argument(args, 1))
  const patch = argument(args, 2)
  if (offset < 0) throw new RedisError('ERR offset is out of range')
  const old = stringAt(keys, key) ?? ''
  if (patch === '') return old.length
  if (offset + patch.length > LONGEST) {
    throw new RedisError('ERR string exceeds maximum allowed size (proto-max-bulk-len)')
  }
  const value = old.slice(0, offset).padEnd(offset, '\0') + patch + old.slice(offset + patch.length)
  keys.replace(key, value)
  return value.length
}

function getRange({ keys }: Context, args: readonly Bytes[]) {
  const value = stringAt(keys, argument(args, 0)) ?? ''
  const start = integer(argument(args, 1))
  const end = integer(argument(args, 2))
  // Both from the end and crossed is empty, before a too negative end is clipped to the first byte (t_string.c).
  if (start < 0 && end < 0 && start > end) return ''
  const from = Math.max(0, start < 0 ? start + value.length : start)
  const to = Math.max(0, end < 0 ? end + value.length : end)
  return value.slice(from, to + 1)
}

export const STRINGS: CommandTable = {
  GET: read(2, ({ keys }, args) => stringAt(keys, argument(args, 0)) ?? null),
  SET: write(-3, set),
  SETNX: write(3, ({ keys }, args) => {
    if (keys.get(argument(args, 0)) !== undefined) return 0
    keys.set(argument(args, 0), argument(args, 1))
    return 1
  }),
  SETEX: write(4, setExpiring(SECONDS, 'setex')),
  PSETEX: write(4, setExpiring(MILLISECONDS, 'psetex')),
  GETSET: write(3, ({ keys }, args) => {
    const old = stringAt(keys, argument(args, 0))
    keys.set(argument(args, 0), argument(args, 1))
    return old ?? null
  }),
  GETDEL: write(2, ({ keys }, args) => {
    const old = stringAt(keys, argument(args, 0))
    keys.delete(argument(args, 0))
    return old ?? null
  }),
  GETEX: write(-2, getEx),
  MGET: read(-2, ({ keys }, args) =>
    args.map((key) => {
      const value = keys.get(key)
      return typeof value === 'string' ? value : null
    }),
  ),
  MSET: write(-3, ({ keys }, args) => {
    for (const [key, value] of pairs(args, 'mset')) keys.set(key, value)
    return OK
  }),
  MSETNX: write(-3, ({ keys }, args) => {
    const entries = pairs(args, 'msetnx')
    if (entries.some(([key]) => keys.get(key) !== undefined)) return 0
    for (const [key, value] of entries) keys.set(key, value)
    return 1
  }),
  APPEND: write(3, ({ keys }, args) => {
    const value = (stringAt(keys, argument(args, 0)) ?? '') + argument(args, 1)
    keys.replace(argument(args, 0), value)
    return value.length
  }),
  STRLEN: read(2, ({ keys }, args) => stringAt(keys, argument(args, 0))?.length ?? 0),
  INCR: write(2, (context, args) => add(context, argument(args, 0), '1')),
  DECR: write(2, (context, args) => add(context, argument(args, 0), '-1')),
  INCRBY: write(3, (context, args) => add(context, argument(args, 0), argument(args, 1))),
  DECRBY: write(3, (context, args) => add(context, argument(args, 0), negate(argument(args, 1)))),
  INCRBYFLOAT: write(3, ({ keys }, args) => {
    const sum = addFloats(stringAt(keys, argument(args, 0)) ?? '0', argument(args, 1))
    keys.replace(argument(args, 0), sum)
    return sum
  }),
  GETRANGE: read(4, getRange),
  SETRANGE: write(4, setRange),
}
