import { compileExpression } from '../aggregate/expression.ts'
import { withoutPath, withPath } from '../aggregate/set-path.ts'
import { CommandError } from '../errors.ts'
import { type Doc, isDoc } from '../values/codec.ts'
import { toNumeric } from '../values/compare.ts'
import { compileFilter, type MatchOptions } from './match.ts'
import { isTruthy } from './operators.ts'
import { fieldOf, type MatchDetails } from './paths.ts'
import { isFlag, isSimpleProjection, project } from './projection.ts'

/** Changes a projected document by what the whole document says. */
type Step = (result: Doc, doc: Doc) => Doc

/**
 * Compiles the projection of a find: inclusion and exclusion, `$slice`, `$elemMatch`, the positional `$` and computed
 * fields. Undefined when documents go out as they are stored.
 */
export function compileProjection(
  spec: unknown,
  filter: Doc,
  options: MatchOptions,
): ((doc: Doc) => Doc) | undefined {
  if (!isDoc(spec) || Object.keys(spec).length === 0) return undefined
  if (isSimpleProjection(spec)) return project(spec)
  const flags: Doc = {}
  const sliced: string[] = []
  const steps: Step[] = []
  // $slice alone keeps the other fields; everything else here makes the projection an inclusion.
  let inclusion = false
  for (const name of Object.keys(spec)) {
    const value = spec[name]
    const operator = isDoc(value) ? Object.keys(value)[0] : undefined
    if (name.endsWith('.$')) {
      const path = name.slice(0, -2)
      flags[path] = true
      steps.push(positionalStep(path, filter, options))
    } else if (isFlag(value) || (isDoc(value) && isSimpleProjection(value))) {
      flags[name] = value
      if (name === '_id' || !isTruthy(value)) continue
    } else if (operator === '$slice' && isSlice((value as Doc).$slice)) {
      sliced.push(name)
      steps.push(sliceStep(name, (value as Doc).$slice))
      continue
    } else if (operator === '$elemMatch') {
      flags[name] = true
      steps.push(elementStep(name, (value as Doc).$elemMatch, options))
    } else {
      if (name.startsWith('$')) {
        throw new CommandError(16410, `FieldPath field names may not start with '$': '${name}'`)
      }
      steps.push(computedStep(name, value, options))
    }
    inclusion = true
  }
  if (inclusion) for (const name of sliced) flags[name] = true
  const keep = project(flags, inclusion)
  return (doc) => steps.reduce((result, step) => step(result, doc), keep(doc))
}

function isSlice(argument: unknown): boolean {
  const list = Array.isArray(argument) ? argument : [argument]
  return list.length <= 2 && list.every((part) => isFlag(part) && typeof part !== 'boolean')
}

function sliceStep(path: string, argument: unknown): Step {
  const [first, second] = (Array.isArray(argument) ? argument : [argument]).map((part) =>
    Number(toNumeric(part)),
  )
  const skip = second === undefined ? Math.min(first as number, 0) : (first as number)
  const count = second === undefined ? Math.abs(first as number) : second
  if (count < 0) throw new CommandError(28724, 'First argument to $slice must be positive')
  return (result) => {
    const value = valueAt(result, path)
    if (!Array.isArray(value)) return result
    const start = skip < 0 ? Math.max(value.length + skip, 0) : skip
    return withPath(result, path, value.slice(start, start + count))
  }
}

function elementStep(path: string, condition: unknown, options: MatchOptions): Step {
  const matches = compileFilter({ list: { $elemMatch: condition } }, options)
  return (result, doc) => {
    const value = valueAt(doc, path)
    const at = Array.isArray(value) ? value.findIndex((element) => matches({ list: [element] })) : -1
    return at < 0 ? withoutPath(result, path) : withPath(result, path, [(value as unknown[])[at]])
  }
}

function positionalStep(path: string, filter: Doc, options: MatchOptions): Step {
  const matches = compileFilter(filter, options)
  return (result, doc) => {
    const details: MatchDetails = {}
    matches(doc, details)
    const value = valueAt(doc, path)
    if (!Array.isArray(value)) return result
    if (details.arrayIndex === undefined) {
      throw new CommandError(
        51246,
        "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
      )
    }
    return withPath(result, path, value.slice(details.arrayIndex, details.arrayIndex + 1))
  }
}

function computedStep(path: string, expression: unknown, options: MatchOptions): Step {
  const compute = compileExpression(expression, options.variables)
  return (result, doc) => {
    const value = compute(doc)
    return value === undefined ? withoutPath(result, path) : withPath(result, path, value)
  }
}

function valueAt(doc: Doc, path: string): unknown {
  let value: unknown = doc
  for (const component of path.split('.')) {
    if (!isDoc(value)) return undefined
    value = fieldOf(value, component)
  }
  return value
}
