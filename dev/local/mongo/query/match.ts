import { BSONRegExp } from 'bson'
import { compileExpression } from '../aggregate/expression.ts'
import { CommandError } from '../errors.ts'
import { type Doc, isDoc } from '../values/codec.ts'
import { type Compare, compareValues } from '../values/compare.ts'
import { compileOperator, type Operator } from './operators.ts'
import { anyValue, type MatchDetails, type Test } from './paths.ts'

/** Decides whether a document in exact form matches a filter. */
export type Predicate = (doc: Doc, details?: MatchDetails) => boolean

export interface MatchOptions {
  /** The order of values; a collation changes it. */
  compare?: Compare
  /** The command's `let` variables, for `$expr`. */
  variables?: Doc
}

/**
 * Compiles a filter. Written here rather than taken from mingo, because mingo knows neither BSON's order of types nor
 * its type brackets, takes documents with the same fields in another order for equal, and builds a hash map per
 * document for `$in`.
 */
export function compileFilter(filter: Doc, options: MatchOptions = {}): Predicate {
  const parts: Predicate[] = []
  for (const name of Object.keys(filter)) {
    const condition = filter[name]
    if (name.startsWith('$')) {
      const predicate = compileTopLevel(name, condition, options)
      if (predicate) parts.push(predicate)
    } else {
      parts.push(compileField(name, condition, options))
    }
  }
  return all(parts)
}

/** Compiles what stands beside one field name: a value, a regular expression or operators. */
function compileField(path: string, condition: unknown, options: MatchOptions): Predicate {
  const components = path.split('.')
  const operators = compileCondition(condition, options)
  return all(operators.map((operator) => onField(components, operator)))
}

/** Compiles a condition for values themselves, as `$pull`, `$elemMatch` and `arrayFilters` need it. */
export function compileValueTest(condition: unknown, options: MatchOptions): Test {
  const operators = compileCondition(condition, options)
  return (value) => operators.every((operator) => testValue(operator, value))
}

/** True for a document whose first field is an operator, so that it is no value to compare with. */
export function isOperatorDoc(value: unknown): value is Doc {
  if (!isDoc(value)) return false
  const first = Object.keys(value)[0]
  // { $ref, $id } is a DBRef, that is a value.
  return first?.startsWith('$') === true && !['$ref', '$id', '$db'].includes(first)
}

function compileCondition(condition: unknown, options: MatchOptions): Operator[] {
  const compare = options.compare ?? compareValues
  if (!isOperatorDoc(condition)) {
    const name = condition instanceof BSONRegExp ? '$regex' : '$eq'
    return [compileOperator(name, condition, {}, compare, nested(options))]
  }
  const operators: Operator[] = []
  for (const name of Object.keys(condition)) {
    if (!name.startsWith('$')) throw new CommandError('BadValue', `unknown operator: ${name}`)
    if (name === '$options' && '$regex' in condition) continue
    operators.push(compileOperator(name, condition[name], condition, compare, nested(options)))
  }
  return operators
}

function nested(options: MatchOptions) {
  return {
    filter: (filter: Doc) => compileFilter(filter, options),
    condition: (condition: unknown) => compileCondition(condition, options),
    value: (condition: unknown) => compileValueTest(condition, options),
  }
}

function onField(path: readonly string[], operator: Operator): Predicate {
  if (operator.kind === 'not') {
    const parts = operator.operators.map((inner) => onField(path, inner))
    return (doc) => !parts.every((part) => part(doc))
  }
  const { test, expand, negate } = operator
  if (negate) return (doc) => !anyValue(doc, path, test, expand)
  return (doc, details) => anyValue(doc, path, test, expand, details)
}

function testValue(operator: Operator, value: unknown): boolean {
  if (operator.kind === 'not') return !operator.operators.every((inner) => testValue(inner, value))
  return operator.test(value) !== operator.negate
}

function compileTopLevel(name: string, condition: unknown, options: MatchOptions): Predicate | undefined {
  switch (name) {
    case '$and':
      return all(branches(name, condition, options))
    case '$or': {
      const parts = branches(name, condition, options)
      return (doc, details) => parts.some((part) => part(doc, details))
    }
    case '$nor': {
      const parts = branches(name, condition, options)
      return (doc) => !parts.some((part) => part(doc))
    }
    case '$expr': {
      const value = compileExpression(condition, options.variables)
      return (doc) => isTrue(value(doc))
    }
    case '$comment':
      return undefined
    case '$alwaysTrue':
      return () => true
    case '$alwaysFalse':
      return () => false
    case '$where':
      throw new CommandError('BadValue', '$where is not supported: no server-side JavaScript here')
    case '$text':
    case '$jsonSchema':
      throw new CommandError('CommandNotSupported', `${name} is not supported by this stand-in server`)
    default:
      throw new CommandError(
        'BadValue',
        `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
      )
  }
}

function branches(name: string, condition: unknown, options: MatchOptions): Predicate[] {
  if (!Array.isArray(condition)) throw new CommandError('BadValue', `${name} must be an array`)
  if (condition.length === 0) throw new CommandError('BadValue', '$and/$or/$nor must be a nonempty array')
  return condition.map((branch) => {
    if (!isDoc(branch)) throw new CommandError('BadValue', '$or/$and/$nor entries need to be full objects')
    return compileFilter(branch, options)
  })
}

function all(parts: Predicate[]): Predicate {
  if (parts.length === 0) return () => true
  if (parts.length === 1) return parts[0] as Predicate
  return (doc, details) => {
    for (const part of parts) if (!part(doc, details)) return false
    return true
  }
}

/** Truth in an aggregation expression: false, null, missing and zero are false, everything else is true. */
function isTrue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== 0
}
