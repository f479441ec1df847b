import { Timestamp } from 'bson'
import { CommandError } from '../errors.ts'
import { typeAlias } from '../query/types.ts'
import { isDoc } from '../values/codec.ts'
import { compareValues, isNumeric } from '../values/compare.ts'
import { compute, computeBits, isWhole } from './arithmetic.ts'
import { addToSet, pop, pull, pullAll, push } from './array-operators.ts'
import type { Place } from './path.ts'

/** What one operator does with one of its fields. */
interface Change {
  /** Whether missing documents on the way to the field are made. */
  create: boolean
  apply(place: Place): void
}

/** Compiles one field of an update operator. `path` is for the error messages. `$rename` is not one of these. */
export function compileChange(name: string, path: string, operand: unknown): Change {
  switch (name) {
    case '$set':
    case '$setOnInsert':
      return making((place) => place.set(operand))
    case '$unset':
      return { create: false, apply: (place) => place.remove() }
    case '$inc':
    case '$mul':
      return arithmetic(name, path, operand)
    case '$min':
      return making((place) => replaceIf(place, operand, (order) => order < 0))
    case '$max':
      return making((place) => replaceIf(place, operand, (order) => order > 0))
    case '$currentDate':
      return currentDate(operand)
    case '$bit':
      return bitwise(path, operand)
    case '$push':
      return making(push(path, operand))
    case '$addToSet':
      return making(addToSet(path, operand))
    case '$pop':
      return { create: false, apply: pop(path, operand) }
    case '$pull':
      return { create: false, apply: pull(operand) }
    case '$pullAll':
      return { create: false, apply: pullAll(operand) }
    default:
      throw new CommandError(
        'FailedToParse',
        `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`,
      )
  }
}

function making(apply: (place: Place) => void): Change {
  return { create: true, apply }
}

function arithmetic(name: string, path: string, operand: unknown): Change {
  const word = name === '$inc' ? 'increment' : 'multiply'
  if (!isNumeric(operand)) {
    throw new CommandError(
      'TypeMismatch',
      `Cannot ${word} with non-numeric argument: {${path}: ${show(operand)}}`,
    )
  }
  return making((place) => {
    const current = place.value
    if (current === undefined) {
      place.set(name === '$inc' ? operand : compute('multiply', 0, operand))
    } else if (isNumeric(current)) {
      place.set(compute(name === '$inc' ? 'add' : 'multiply', current, operand))
    } else {
      throw new CommandError(
        'TypeMismatch',
        `Cannot apply ${name} to a value of non-numeric type. The field '${place.name}' has the value ${show(current)} of non-numeric type ${typeAlias(current)}`,
      )
    }
  })
}

function replaceIf(place: Place, operand: unknown, wins: (order: number) => boolean): void {
  if (place.value === undefined || wins(compareValues(operand, place.value))) place.set(operand)
}

function currentDate(operand: unknown): Change {
  const type = isDoc(operand) ? operand.$type : operand === true || operand === false ? 'date' : undefined
  if (type === 'date') return making((place) => place.set(new Date()))
  if (type === 'timestamp') {
    return making((place) => place.set(new Timestamp({ t: Math.floor(Date.now() / 1000), i: 1 })))
  }
  throw new CommandError('BadValue', `The '$type' string field is required to be 'date' or 'timestamp'`)
}

function bitwise(path: string, operand: unknown): Change {
  const entries = isDoc(operand) ? Object.entries(operand) : []
  if (
    entries.length === 0 ||
    entries.some(([word, mask]) => !['and', 'or', 'xor'].includes(word) || !isWhole(mask))
  ) {
    throw new CommandError(
      'BadValue',
      `The $bit modifier needs and, or or xor with an integer: {${path}: ${show(operand)}}`,
    )
  }
  return making((place) => {
    let value: unknown = place.value ?? 0
    if (!isWhole(value)) {
      throw new CommandError(
        'BadValue',
        `Cannot apply $bit to a value of non-integral type. The field '${place.name}' has the value ${show(value)}`,
      )
    }
    for (const [word, mask] of entries) value = computeBits(word, value, mask)
    place.set(value)
  })
}

/** A value as an error message shows it. */
export function show(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'undefined')
}
