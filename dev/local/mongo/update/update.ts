import { type PipelineEnv, parsePipeline, runPipeline } from '../aggregate/pipeline.ts'
import { CommandError } from '../errors.ts'
import { compileFilter } from '../query/match.ts'
import type { Test } from '../query/paths.ts'
import { copyValue, type Doc, isDoc } from '../values/codec.ts'
import { compileChange } from './operators.ts'
import { type Positions, placesAt } from './path.ts'

/** The new form of a document. The document given is not used again and may be changed. */
export type Update = (doc: Doc, context: UpdateContext) => Doc

interface UpdateContext {
  /** The array element that the filter matched, for the positional `$`. */
  matched: number | undefined
  /** True while the document of an upsert is made. */
  inserting: boolean
}

/** Compiles the `u` of an update: operators, a pipeline, or a whole new document. */
export function compileUpdate(spec: unknown, arrayFilters: unknown, env: PipelineEnv): Update {
  if (Array.isArray(spec)) return pipelineUpdate(spec, env)
  if (!isDoc(spec)) {
    throw new CommandError('FailedToParse', 'Update argument must be either an object or an array')
  }
  return isReplacement(spec) ? replacement(spec) : operatorUpdate(spec, arrayFilters)
}

/** True for an update that is a whole new document. */
export function isReplacement(spec: unknown): boolean {
  return isDoc(spec) && !Object.keys(spec)[0]?.startsWith('$')
}

function replacement(spec: Doc): Update {
  for (const name of Object.keys(spec)) {
    if (name.startsWith('$')) {
      throw new CommandError(
        'DollarPrefixedFieldName',
        `The dollar ($) prefixed field '${name}' in '${name}' is not valid for storage.`,
      )
    }
  }
  return (doc) => {
    const copy = copyValue(spec) as Doc
    // A replacement keeps the _id it replaces; the caller refuses another one.
    if ('_id' in copy || !('_id' in doc)) return copy
    return { _id: doc._id, ...copy }
  }
}

const PIPELINE_STAGES = ['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith']

function pipelineUpdate(spec: unknown[], env: PipelineEnv): Update {
  const pipeline = parsePipeline(spec)
  for (const stage of pipeline) {
    const name = Object.keys(stage)[0] as string
    if (!PIPELINE_STAGES.includes(name)) {
      throw new CommandError('InvalidOptions', `${name} is not allowed to be used within an update`)
    }
  }
  return (doc) => {
    const [result] = runPipeline([doc], pipeline, env)
    if (!result) throw new CommandError('InternalError', 'an update pipeline gave no document')
    return '_id' in result || !('_id' in doc) ? result : { _id: doc._id, ...result }
  }
}

function operatorUpdate(spec: Doc, arrayFilters: unknown): Update {
  const filters = compileArrayFilters(arrayFilters)
  const used = new Set<string>()
  const steps: ((doc: Doc, positions: Positions, context: UpdateContext) => void)[] = []
  const paths: string[] = []
  for (const name of Object.keys(spec)) {
    const fields = spec[name]
    if (!isDoc(fields)) {
      throw new CommandError(
        'FailedToParse',
        `Modifiers operate on fields but we found another type of object for ${name}`,
      )
    }
    for (const path of Object.keys(fields)) {
      checkPath(path)
      claim(paths, path)
      for (const [, identifier] of path.matchAll(/\$\[(\w+)\]/g)) used.add(identifier as string)
      if (name === '$rename') {
        steps.push(renaming(path, fields[path], paths))
        continue
      }
      const change = compileChange(name, path, fields[path])
      steps.push((doc, positions, context) => {
        if (name === '$setOnInsert' && !context.inserting) return
        for (const place of placesAt(doc, path, positions, change.create)) change.apply(place)
      })
    }
  }
  for (const identifier of filters.keys()) {
    if (!used.has(identifier)) {
      throw new CommandError(
        'FailedToParse',
        `The array filter for identifier '${identifier}' was not used in the update`,
      )
    }
  }
  return (doc, context) => {
    const positions = { matched: context.matched, filters }
    for (const step of steps) step(doc, positions, context)
    return doc
  }
}

function renaming(from: string, to: unknown, paths: string[]) {
  if (typeof to !== 'string') {
    throw new CommandError('BadValue', `The 'to' field for $rename must be a string: ${from}`)
  }
  claim(paths, to)
  return (doc: Doc, positions: Positions) => {
    const [source] = placesAt(doc, from, positions, false)
    const value = source?.value
    if (!source || value === undefined) return
    source.remove()
    for (const place of placesAt(doc, to, positions, true)) place.set(value)
  }
}

function checkPath(path: string): void {
  if (path === '') throw new CommandError(56, 'An empty update path is not valid.')
  const components = path.split('.')
  if (components.includes('')) {
    throw new CommandError(
      56,
      `The update path '${path}' contains an empty field name, which is not allowed.`,
    )
  }
  if (/^\$/.test(path)) {
    throw new CommandError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${components[0]}' in '${path}' is not valid for storage.`,
    )
  }
}

/** Refuses two changes of one field, or of a field and one inside it. */
function claim(paths: string[], path: string): void {
  for (const other of paths) {
    if (other === path || other.startsWith(`${path}.`) || path.startsWith(`${other}.`)) {
      const at = other.length < path.length ? other : path
      throw new CommandError(
        'ConflictingUpdateOperators',
        `Updating the path '${path}' would create a conflict at '${at}'`,
      )
    }
  }
  paths.push(path)
}

function compileArrayFilters(arrayFilters: unknown): Map<string, Test> {
  const filters = new Map<string, Test>()
  if (!Array.isArray(arrayFilters)) return filters
  for (const filter of arrayFilters) {
    if (!isDoc(filter)) throw new CommandError('TypeMismatch', 'an array filter must be an object')
    const identifier = identifierOf(filter)
    if (filters.has(identifier)) {
      throw new CommandError(
        'FailedToParse',
        `Found multiple array filters with the same top-level field name ${identifier}`,
      )
    }
    const predicate = compileFilter(filter)
    filters.set(identifier, (value) => predicate({ [identifier]: value }))
  }
  return filters
}

/** The one name that every path of an array filter begins with. */
function identifierOf(filter: Doc): string {
  const names = new Set<string>()
  const visit = (part: Doc) => {
    for (const name of Object.keys(part)) {
      const value = part[name]
      if (!name.startsWith('$')) names.add(name.split('.', 1)[0] as string)
      else if (Array.isArray(value)) value.filter(isDoc).forEach(visit)
    }
  }
  visit(filter)
  const [identifier] = names
  if (names.size !== 1 || identifier === undefined) {
    throw new CommandError('FailedToParse', 'Expected a single top-level field name in an array filter')
  }
  return identifier
}
