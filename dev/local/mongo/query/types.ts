import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'bson'
import { CommandError } from '../errors.ts'
import { isInt32 } from '../values/codec.ts'
import { isNumeric, toNumeric } from '../values/compare.ts'
import type { Test } from './paths.ts'

/** Numbers and aliases of types: https://www.mongodb.com/docs/manual/reference/bson-types/ */
const TYPE_NUMBERS: Readonly<Record<string, number>> = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: -1,
  maxKey: 127,
}
const NUMBER_ALIAS = ['double', 'int', 'long', 'decimal']
const ALIASES = new Map(Object.entries(TYPE_NUMBERS).map(([alias, number]) => [number, alias]))

/** The alias of a value's BSON type, as `$type` in an aggregation gives it; `missing` for undefined. */
export function typeAlias(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (typeof value === 'number') return isInt32(value) ? 'int' : 'double'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'long'
  if (Array.isArray(value)) return 'array'
  if (value instanceof ObjectId) return 'objectId'
  if (value instanceof Date) return 'date'
  if (value instanceof Double) return 'double'
  // Timestamp extends Long.
  if (value instanceof Timestamp) return 'timestamp'
  if (value instanceof Long) return 'long'
  if (value instanceof Decimal128) return 'decimal'
  if (value instanceof Binary) return 'binData'
  if (value instanceof BSONRegExp || value instanceof RegExp) return 'regex'
  if (value instanceof BSONSymbol) return 'symbol'
  if (value instanceof Code) return value.scope ? 'javascriptWithScope' : 'javascript'
  if (value instanceof MinKey) return 'minKey'
  if (value instanceof MaxKey) return 'maxKey'
  return 'object'
}

/** Compiles `$type`: one type or a list, each by number or alias. */
export function typeTest(argument: unknown): Test {
  const list = Array.isArray(argument) ? argument : [argument]
  const wanted = new Set<string>()
  for (const item of list) for (const alias of aliasesOf(item)) wanted.add(alias)
  return (value) => value !== undefined && wanted.has(typeAlias(value))
}

function aliasesOf(item: unknown): string[] {
  if (item === 'number') return NUMBER_ALIAS
  if (typeof item === 'string') {
    if (!(item in TYPE_NUMBERS)) throw new CommandError('BadValue', `Unknown type name alias: ${item}`)
    return [item]
  }
  if (isNumeric(item)) {
    const alias = ALIASES.get(Number(toNumeric(item)))
    if (!alias) throw new CommandError('BadValue', `Invalid numerical type code: ${toNumeric(item)}`)
    return [alias]
  }
  throw new CommandError('TypeMismatch', 'type must be represented as a number or a string')
}
