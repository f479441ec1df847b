import { CommandError } from '../errors.ts'
import { isOperatorDoc } from '../query/match.ts'
import { type Doc, isDoc } from '../values/codec.ts'
import { placesAt } from './path.ts'

const NO_POSITIONS = { matched: undefined, filters: new Map() }

/**
 * The document an upsert starts from: the equality conditions of the filter, also below `$and`, `$eq`, a `$all` or
 * `$in` with one value, and a `$or` with one branch.
 */
export function seedFromFilter(filter: Doc): Doc {
  const equalities = new Map<string, unknown>()
  collect(filter, equalities)
  const doc: Doc = {}
  for (const [path, value] of equalities) {
    for (const place of placesAt(doc, path, NO_POSITIONS, true)) place.set(value)
  }
  return doc
}

/** The `_id` that a filter asks for, if it asks for one. */
export function idFromFilter(filter: Doc): unknown {
  const equalities = new Map<string, unknown>()
  collect(filter, equalities)
  return equalities.get('_id')
}

function collect(filter: Doc, equalities: Map<string, unknown>): void {
  for (const name of Object.keys(filter)) {
    const condition = filter[name]
    if (name === '$and' || (name === '$or' && Array.isArray(condition) && condition.length === 1)) {
      if (Array.isArray(condition)) for (const part of condition) if (isDoc(part)) collect(part, equalities)
    } else if (!name.startsWith('$')) {
      const value = equalityOf(condition)
      if (value === undefined) continue
      if (equalities.has(name)) {
        throw new CommandError(54, `cannot infer query fields to set, path '${name}' is matched twice`)
      }
      equalities.set(name, value)
    }
  }
}

function equalityOf(condition: unknown): unknown {
  if (!isOperatorDoc(condition)) return isPattern(condition) ? undefined : condition
  if ('$eq' in condition) return condition.$eq
  for (const list of [condition.$all, condition.$in]) {
    if (Array.isArray(list) && list.length === 1 && !isOperatorDoc(list[0]) && !isPattern(list[0]))
      return list[0]
  }
  return undefined
}

function isPattern(value: unknown): boolean {
  return (value as { _bsontype?: unknown } | null)?._bsontype === 'BSONRegExp'
}
