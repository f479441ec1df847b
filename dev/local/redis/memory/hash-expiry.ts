import type { Bytes } from '../bytes.ts'
import { RedisError, type Reply } from '../reply.ts'
import { hashAt } from './access.ts'
import { argument, type CommandTable, type Context, pairs, read, syntaxError, write } from './command.ts'
import {
  deadline,
  deadlineOption,
  MILLISECONDS,
  mayReplace,
  SECONDS,
  type TimeUnit,
  UNIX_MILLISECONDS,
  UNIX_SECONDS,
} from './deadlines.ts'
import { Hash } from './hash.ts'
import { integer } from './numbers.ts'

/** What HEXPIRE and its like answer for each field. */
const NO_FIELD = -2
const NO_DEADLINE = -1

/** The words after `FIELDS <count>`, `width` of them for each field. @throws {RedisError} when the count is wrong. */
function fieldsAfter(args: readonly Bytes[], at: number, width = 1): readonly Bytes[] {
  if (args[at]?.toUpperCase() !== 'FIELDS') {
    throw new RedisError('ERR Mandatory argument FIELDS is missing or not at the right position')
  }
  const count = integer(argument(args, at + 1))
  if (count < 1) throw new RedisError('ERR Number of fields must be a positive integer')
  const words = args.slice(at + 2)
  if (words.length !== count * width) {
    throw new RedisError('ERR The `numfields` parameter must match the number of arguments')
  }
  return words
}

function indexOfFields(args: readonly Bytes[], from: number): number {
  const at = args.findIndex((word, index) => index >= from && word.toUpperCase() === 'FIELDS')
  return at === -1 ? args.length : at
}

function expireFields(unit: TimeUnit, command: string) {
  return ({ keys }: Context, args: readonly Bytes[]): Reply => {
    const key = argument(args, 0)
    const at = deadline(argument(args, 1), unit, keys.now, command)
    const fieldsAt = indexOfFields(args, 2)
    const flags = args.slice(2, fieldsAt)
    const fields = fieldsAfter(args, fieldsAt)
    const hash = hashAt(keys, key)
    const answers = fields.map((field) => {
      if (!hash?.fields.has(field)) return NO_FIELD
      if (!mayReplace(hash.deadlines.get(field) ?? 0, at, flags)) return 0
      if (at > keys.now) {
        hash.setDeadline(field, at)
        return 1
      }
      hash.delete(field)
      return 2
    })
    if (hash) keys.replace(key, hash)
    return answers
  }
}

function fieldExpiry(answer: (at: number, now: number) => number) {
  return ({ keys }: Context, args: readonly Bytes[]): Reply => {
    const hash = hashAt(keys, argument(args, 0))
    return fieldsAfter(args, 1).map((field) => {
      if (!hash?.fields.has(field)) return NO_FIELD
      const at = hash.deadlines.get(field)
      return at === undefined ? NO_DEADLINE : answer(at, keys.now)
    })
  }
}

function persistFields({ keys }: Context, args: readonly Bytes[]): Reply {
  const key = argument(args, 0)
  const hash = hashAt(keys, key)
  const answers = fieldsAfter(args, 1).map((field) => {
    if (!hash?.fields.has(field)) return NO_FIELD
    return hash.deadlines.delete(field) ? 1 : NO_DEADLINE
  })
  if (hash) keys.replace(key, hash)
  return answers
}

/** HSETEX (https://redis.io/docs/latest/commands/hsetex/): 1 when all fields were set, 0 when FNX or FXX forbade it. */
function setWithExpiry({ keys }: Context, args: readonly Bytes[]): Reply {
  const key = argument(args, 0)
  const fieldsAt = indexOfFields(args, 1)
  let condition: string | undefined
  let at: number | undefined
  let keepsTtl = false
  for (let index = 1; index < fieldsAt; index++) {
    const word = argument(args, index).toUpperCase()
    if ((word === 'FNX' || word === 'FXX') && !condition) condition = word
    else if (at !== undefined || keepsTtl) throw syntaxError()
    else if (word === 'KEEPTTL') keepsTtl = true
    else {
      at = deadlineOption(args, index++, keys.now, 'hsetex')
      if (at === undefined) throw syntaxError()
    }
  }
  const entries = pairs(fieldsAfter(args, fieldsAt, 2), 'hsetex')
  const hash = hashAt(keys, key) ?? new Hash()
  if (condition && entries.some(([field]) => hash.fields.has(field) === (condition === 'FNX'))) return 0
  for (const [field, value] of entries) {
    const old = hash.deadlines.get(field)
    hash.set(field, value)
    const next = keepsTtl ? old : at
    if (next !== undefined) hash.setDeadline(field, next)
  }
  keys.replace(key, hash)
  return 1
}

function getWithExpiry({ keys }: Context, args: readonly Bytes[]): Reply {
  const key = argument(args, 0)
  const fieldsAt = indexOfFields(args, 1)
  const isPersist = args[1]?.toUpperCase() === 'PERSIST'
  const at = isPersist || fieldsAt === 1 ? undefined : deadlineOption(args, 1, keys.now, 'hgetex')
  if (fieldsAt !== 1 && fieldsAt !== (isPersist ? 2 : 3)) throw syntaxError()
  const fields = fieldsAfter(args, fieldsAt)
  const hash = hashAt(keys, key)
  if (!hash) return fields.map(() => null)
  const values = fields.map((field) => hash.fields.get(field) ?? null)
  for (const field of fields) {
    if (isPersist) hash.deadlines.delete(field)
    if (at !== undefined && hash.fields.has(field)) hash.setDeadline(field, at)
  }
  if (fieldsAt !== 1) keys.replace(key, hash)
  return values
}

function getAndDelete({ keys }: Context, args: readonly Bytes[]): Reply {
  const key = argument(args, 0)
  const hash = hashAt(keys, key)
  const values = fieldsAfter(args, 1).map((field) => {
    const value = hash?.fields.get(field) ?? null
    hash?.delete(field)
    return value
  })
  if (hash) keys.replace(key, hash)
  return values
}

export const HASH_EXPIRY: CommandTable = {
  HEXPIRE: write(-6, expireFields(SECONDS, 'hexpire')),
  HPEXPIRE: write(-6, expireFields(MILLISECONDS, 'hpexpire')),
  HEXPIREAT: write(-6, expireFields(UNIX_SECONDS, 'hexpireat')),
  HPEXPIREAT: write(-6, expireFields(UNIX_MILLISECONDS, 'hpexpireat')),
  HTTL: read(
    -5,
    fieldExpiry((at, now) => Math.ceil((at - now) / 1000)),
  ),
  HPTTL: read(
    -5,
    fieldExpiry((at, now) => at - now),
  ),
  HEXPIRETIME: read(
    -5,
    fieldExpiry((at) => Math.ceil(at / 1000)),
  ),
  HPEXPIRETIME: read(
    -5,
    fieldExpiry((at) => at),
  ),
  HPERSIST: write(-5, persistFields),
  HSETEX: write(-6, setWithExpiry),
  HGETEX: write(-5, getWithExpiry),
  HGETDEL: write(-5, getAndDelete),
}
