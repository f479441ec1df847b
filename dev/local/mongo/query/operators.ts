import { BSONRegExp, Long, MaxKey, MinKey, ObjectId } from 'bson'
import { CommandError } from '../errors.ts'
import { type Doc, isDoc } from '../values/codec.ts'
import { type Compare, compareValues, isNumeric, ORDER, toNumeric, typeOrder } from '../values/compare.ts'
import { keyOf } from '../values/key.ts'
import { bitTest } from './bits.ts'
import type { Predicate } from './match.ts'
import type { Test } from './paths.ts'
import { toRegExp } from './regex.ts'
import { typeTest } from './types.ts'

/** One compiled operator: a test on the values of a field, or the negation of a group of operators. */
export type Operator =
  | {
      kind: 'test'
      test: Test
      /** Whether the elements of an array are tested too. */
      expand: boolean
      /** Whether no value may pass the test. */
      negate: boolean
    }
  | { kind: 'not'; operators: readonly Operator[] }

/** How operators that hold conditions of their own get them compiled. */
interface Nested {
  filter(filter: Doc): Predicate
  condition(condition: unknown): Operator[]
  value(condition: unknown): Test
}

/** Compiles one query operator. `siblings` is the document it stands in, for `$regex` with `$options`. */
export function compileOperator(
  name: string,
  argument: unknown,
  siblings: Doc,
  compare: Compare,
  nested: Nested,
): Operator {
  switch (name) {
    case '$eq':
      return tests(equalTo(argument, compare))
    case '$ne':
      return tests(equalTo(argument, compare), { negate: true })
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return tests(rangeTest(name, argument, compare))
    case '$in':
      return tests(inTest(name, argument, compare))
    case '$nin':
      return tests(inTest(name, argument, compare), { negate: true })
    case '$exists':
      return tests((value) => value !== undefined, { expand: false, negate: !isTruthy(argument) })
    case '$type':
      return tests(typeTest(argument))
    case '$regex':
      return tests(regexTest(argument, siblings.$options))
    case '$mod':
      return tests(modTest(argument))
    case '$size':
      return tests(sizeTest(argument), { expand: false })
    case '$all':
      return allOf(argument, compare, nested)
    case '$elemMatch':
      return tests(elementTest(argument, nested), { expand: false })
    case '$not':
      if (!(argument instanceof BSONRegExp) && !(isDoc(argument) && Object.keys(argument).length > 0)) {
        throw new CommandError('BadValue', '$not needs a regex or a document')
      }
      return { kind: 'not', operators: nested.condition(argument) }
    case '$bitsAllSet':
    case '$bitsAllClear':
    case '$bitsAnySet':
    case '$bitsAnyClear':
      return tests(bitTest(name, argument))
    case '$comment':
      return tests(() => true)
    default:
      throw new CommandError('BadValue', `unknown operator: ${name}`)
  }
}

function tests(test: Test, { expand = true, negate = false } = {}): Operator {
  return { kind: 'test', test, expand, negate }
}

/** A test for equality as MongoDB means it: null also matches a missing field, numbers are equal across types. */
function equalTo(argument: unknown, compare: Compare = compareValues): Test {
  if (argument === null || argument === undefined) return (value) => value === null || value === undefined
  if (argument instanceof ObjectId) return (value) => value instanceof ObjectId && argument.equals(value)
  if (typeof argument === 'number' || (typeof argument === 'string' && compare === compareValues)) {
    return (value) => value === argument || (typeof value === 'object' && compare(value, argument) === 0)
  }
  return (value) => value !== undefined && compare(value, argument) === 0
}

function rangeTest(name: string, argument: unknown, compare: Compare): Test {
  const inclusive = name === '$gte' || name === '$lte'
  const sign = name === '$gt' || name === '$gte' ? 1 : -1
  if (argument === null) return (value) => inclusive && (value === null || value === undefined)
  if (argument instanceof BSONRegExp)
    throw new CommandError('BadValue', `Can't have RegEx as arg to predicate over field`)
  const order = typeOrder(argument)
  if (argument instanceof MinKey || argument instanceof MaxKey) {
    return (value) => {
      const result = compare(value, argument) * sign
      return value !== undefined && (result > 0 || (inclusive && result === 0))
    }
  }
  const isNaNArgument = order === ORDER.number && Number.isNaN(toNumeric(argument))
  return (value) => {
    if (typeOrder(value) !== order) return false
    const isNaNValue = order === ORDER.number && Number.isNaN(toNumeric(value))
    // NaN is neither above nor below any number, though it sorts first.
    if (isNaNArgument || isNaNValue) return inclusive && isNaNArgument && isNaNValue
    const result = compare(value, argument) * sign
    return result > 0 || (inclusive && result === 0)
  }
}

function inTest(name: string, argument: unknown, compare: Compare): Test {
  if (!Array.isArray(argument)) throw new CommandError('BadValue', `${name} needs an array`)
  const patterns: Test[] = []
  const values: unknown[] = []
  for (const item of argument) {
    if (item instanceof BSONRegExp) patterns.push(regexTest(item, undefined))
    else if (isDoc(item) && Object.keys(item)[0]?.startsWith('$') && !('$ref' in item)) {
      throw new CommandError('BadValue', `cannot nest $ under ${name}`)
    } else values.push(item)
  }
  const plain =
    compare === compareValues ? keySetTest(values) : anyTest(values.map((v) => equalTo(v, compare)))
  if (patterns.length === 0) return plain
  return (value) => plain(value) || patterns.some((test) => test(value))
}

function keySetTest(values: unknown[]): Test {
  const keys = new Set(values.map((value) => keyOf(value ?? null)))
  return (value) => keys.has(keyOf(value ?? null))
}

function anyTest(list: Test[]): Test {
  return (value) => list.some((test) => test(value))
}

function regexTest(pattern: unknown, options: unknown): Test {
  const regex = toRegExp(pattern, options)
  const source = pattern instanceof BSONRegExp ? pattern : undefined
  return (value) => {
    if (typeof value === 'string') return regex.test(value)
    return value instanceof BSONRegExp && source !== undefined && compareValues(value, source) === 0
  }
}

function modTest(argument: unknown): Test {
  if (!Array.isArray(argument)) throw new CommandError('BadValue', 'malformed mod, needs to be an array')
  if (argument.length < 2) throw new CommandError('BadValue', 'malformed mod, not enough elements')
  if (argument.length > 2) throw new CommandError('BadValue', 'malformed mod, too many elements')
  const [divisor, remainder] = argument.map((part) => wholeNumber(part))
  if (divisor === undefined || remainder === undefined) {
    throw new CommandError('BadValue', 'malformed mod, divisor and remainder must be numbers')
  }
  if (divisor === 0n) throw new CommandError('BadValue', 'divisor cannot be 0')
  return (value) => {
    const number = wholeNumber(value)
    return number !== undefined && number % divisor === remainder
  }
}

/** The whole part of a finite number of any type. */
function wholeNumber(value: unknown): bigint | undefined {
  if (!isNumeric(value)) return undefined
  const number = toNumeric(value)
  if (typeof number === 'bigint') return number
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : undefined
}

function sizeTest(argument: unknown): Test {
  const size = argument instanceof Long ? argument.toNumber() : Number(argument)
  if (!isNumeric(argument) || !Number.isInteger(size) || size < 0) {
    throw new CommandError('BadValue', `Failed to parse $size. Expected a non-negative integer number`)
  }
  return (value) => Array.isArray(value) && value.length === size
}

function allOf(argument: unknown, compare: Compare, nested: Nested): Operator {
  if (!Array.isArray(argument)) throw new CommandError('BadValue', '$all needs an array')
  if (argument.length === 0) return tests(() => false)
  const parts = argument.map((item): Operator => {
    if (isDoc(item) && '$elemMatch' in item)
      return tests(elementTest(item.$elemMatch, nested), { expand: false })
    if (item instanceof BSONRegExp) return tests(regexTest(item, undefined))
    return tests(equalTo(item, compare))
  })
  if (parts.length === 1) return parts[0] as Operator
  // Every part on its own: not(not(all)) keeps the parts together as one operator.
  return { kind: 'not', operators: [{ kind: 'not', operators: parts }] }
}

function elementTest(argument: unknown, nested: Nested): Test {
  if (!isDoc(argument)) throw new CommandError('BadValue', '$elemMatch needs an Object')
  const first = Object.keys(argument)[0]
  const isValueMatch = first?.startsWith('$') && !['$and', '$or', '$nor', '$expr', '$where'].includes(first)
  if (isValueMatch) {
    const test = nested.value(argument)
    return (value) => Array.isArray(value) && value.some((element) => test(element))
  }
  const predicate = nested.filter(argument)
  const test: Test = (element) => (isDoc(element) || Array.isArray(element)) && predicate(element as Doc)
  return (value) => Array.isArray(value) && value.some(test)
}

/** MongoDB's reading of a flag: every value but false, zero, null and missing is true. */
export function isTruthy(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false
  return !isNumeric(value) || Number(toNumeric(value)) !== 0
}
