import { BSONRegExp } from 'bson'
import { CommandError } from '../errors.ts'
import { compileFilter, compileValueTest, isOperatorDoc } from '../query/match.ts'
import type { Test } from '../query/paths.ts'
import { parseSort, sortBy } from '../query/sort.ts'
import { typeAlias } from '../query/types.ts'
import { type Doc, isDoc } from '../values/codec.ts'
import { compareValues, isNumeric, toNumeric } from '../values/compare.ts'
import { keyOf } from '../values/key.ts'
import type { Place } from './path.ts'

type Apply = (place: Place) => void

/** Compiles `$push` with its modifiers `$each`, `$position`, `$sort` and `$slice`. */
export function push(path: string, operand: unknown): Apply {
  const modifiers = isDoc(operand) && '$each' in operand ? operand : undefined
  const values = modifiers ? eachOf('$push', modifiers) : [operand]
  const position = wholeOf(modifiers, '$position')
  const slice = wholeOf(modifiers, '$slice')
  const sort = modifiers && '$sort' in modifiers ? sorter(modifiers.$sort) : undefined
  for (const name of Object.keys(modifiers ?? {})) {
    if (!['$each', '$position', '$slice', '$sort'].includes(name)) {
      throw new CommandError('BadValue', `Unrecognized clause in $push: ${name}`)
    }
  }
  return (place) => {
    const list = listAt(place, path)
    const at =
      position === undefined ? list.length : position < 0 ? Math.max(list.length + position, 0) : position
    let result = [...list.slice(0, at), ...values, ...list.slice(at)]
    if (sort) result = sort(result)
    if (slice !== undefined) result = slice < 0 ? result.slice(slice) : result.slice(0, slice)
    place.set(result)
  }
}

/** Compiles `$addToSet`, with or without `$each`. */
export function addToSet(path: string, operand: unknown): Apply {
  const values = isDoc(operand) && '$each' in operand ? eachOf('$addToSet', operand) : [operand]
  return (place) => {
    const result = [...listAt(place, path)]
    const keys = new Set(result.map(keyOf))
    for (const value of values) {
      const key = keyOf(value)
      if (!keys.has(key)) result.push(value)
      keys.add(key)
    }
    place.set(result)
  }
}

/** Compiles `$pop`: 1 takes the last element, -1 the first. */
export function pop(path: string, operand: unknown): Apply {
  const end = isNumeric(operand) ? Number(toNumeric(operand)) : Number.NaN
  if (end !== 1 && end !== -1) {
    throw new CommandError('FailedToParse', `$pop expects 1 or -1, found: ${String(operand)}`)
  }
  return (place) => {
    if (place.value === undefined) return
    const list = arrayAt(place, path, '$pop')
    place.set(end === 1 ? list.slice(0, -1) : list.slice(1))
  }
}

/** Compiles `$pull` with a value, a condition on values or a filter on documents. */
export function pull(operand: unknown): Apply {
  const test = pullTest(operand)
  return (place) => {
    if (place.value === undefined) return
    place.set(arrayAt(place, place.name, '$pull').filter((element) => !test(element)))
  }
}

function pullTest(operand: unknown): Test {
  if (isOperatorDoc(operand) || operand instanceof BSONRegExp) return compileValueTest(operand, {})
  if (!isDoc(operand)) return (value) => compareValues(value, operand) === 0
  const predicate = compileFilter(operand)
  return (value) => isDoc(value) && predicate(value)
}

export function pullAll(operand: unknown): Apply {
  if (!Array.isArray(operand)) {
    throw new CommandError(
      'BadValue',
      `$pullAll requires an array argument but was given a ${typeAlias(operand)}`,
    )
  }
  const keys = new Set(operand.map(keyOf))
  return (place) => {
    if (place.value === undefined) return
    place.set(arrayAt(place, place.name, '$pullAll').filter((element) => !keys.has(keyOf(element))))
  }
}

function eachOf(name: string, modifiers: Doc): unknown[] {
  const { $each } = modifiers
  if (!Array.isArray($each)) {
    throw new CommandError(
      'TypeMismatch',
      `The argument to $each in ${name} must be an array but it was of type: ${typeAlias($each)}`,
    )
  }
  return $each
}

function wholeOf(modifiers: Doc | undefined, name: string): number | undefined {
  const value = modifiers?.[name]
  if (value === undefined) return undefined
  const number = isNumeric(value) ? Number(toNumeric(value)) : Number.NaN
  if (!Number.isInteger(number)) {
    throw new CommandError(
      'BadValue',
      `The value for ${name} must be an integer value but was given type: ${typeAlias(value)}`,
    )
  }
  return number
}

function sorter(spec: unknown): (values: unknown[]) => unknown[] {
  if (isNumeric(spec)) {
    const direction = Number(toNumeric(spec))
    return (values) => [...values].sort((a, b) => compareValues(a, b) * direction)
  }
  const sort = parseSort(spec)
  return (values) => sortBy(values, (value) => (isDoc(value) ? value : {}), sort)
}

function listAt(place: Place, path: string): unknown[] {
  const value = place.value
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  throw new CommandError(
    'BadValue',
    `The field '${path}' must be an array but is of type ${typeAlias(value)} in the document`,
  )
}

function arrayAt(place: Place, path: string, operator: string): unknown[] {
  const { value } = place
  if (Array.isArray(value)) return value
  throw operator === '$pop'
    ? new CommandError(
        'TypeMismatch',
        `Path '${path}' contains an element of non-array type '${typeAlias(value)}'`,
      )
    : new CommandError('BadValue', `Cannot apply ${operator} to a non-array value`)
}
