import { evalExpr } from 'mingo/core'
import type { Iterator } from 'mingo/lazy'
import type { Options } from 'mingo/types'
import { CommandError } from '../errors.ts'
import { valuesAt } from '../query/paths.ts'
import type { Doc } from '../values/codec.ts'
import { keyOf } from '../values/key.ts'
import { withPath } from './set-path.ts'

/** Another collection as a pipeline sees it: plain documents. */
export interface Foreign {
  all(): Doc[]
  byId(id: unknown): Doc | undefined
}

interface LookupEnv {
  foreign(collection: string): Foreign
  run(docs: Doc[], pipeline: Doc[], variables: Doc): Doc[]
}

/** `$lookup` by fields, by pipeline, or both; mingo runs the pipeline over documents that the fields do not join. */
export function lookupStage(env: LookupEnv) {
  return (docs: Iterator, spec: Doc, options: Options): Iterator => {
    const { from, as, localField, foreignField, let: bindings, pipeline } = spec
    if (typeof as !== 'string')
      throw new CommandError('FailedToParse', "must specify 'as' field for a $lookup")
    const hasFields = typeof localField === 'string' && typeof foreignField === 'string'
    if (!hasFields && !Array.isArray(pipeline)) {
      throw new CommandError(
        'FailedToParse',
        "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified",
      )
    }
    const foreign = typeof from === 'string' ? env.foreign(from) : NOTHING
    const join = hasFields
      ? joinOn(foreign, localField.split('.'), foreignField.split('.'))
      : () => foreign.all()
    return docs.map((doc: Doc) => {
      let joined = join(doc)
      if (Array.isArray(pipeline)) {
        const variables = bindings ? (evalExpr(doc, bindings, options) as Doc) : {}
        joined = env.run(joined, pipeline, variables)
      }
      return withPath(doc, as, joined)
    })
  }
}

/** `$lookup` without `from`: its pipeline begins with `$documents`. */
const NOTHING: Foreign = { all: () => [], byId: () => undefined }

function joinOn(foreign: Foreign, local: string[], field: string[]): (doc: Doc) => Doc[] {
  if (field.length === 1 && field[0] === '_id') {
    return (doc) =>
      localValues(doc, local).flatMap((value): Doc[] => {
        const found = foreign.byId(value)
        return found ? [found] : []
      })
  }
  let positions: Map<string, number[]> | undefined
  return (doc) => {
    const all = foreign.all()
    positions ??= positionsByKey(all, field)
    const found = new Set<number>()
    for (const value of localValues(doc, local))
      for (const at of positions.get(keyOf(value)) ?? []) found.add(at)
    return [...found].sort((a, b) => a - b).map((at) => all[at] as Doc)
  }
}

function localValues(doc: Doc, path: string[]): unknown[] {
  const values = valuesAt(doc, path)
  return values.length > 0 ? values : [null]
}

function positionsByKey(docs: Doc[], path: string[]): Map<string, number[]> {
  const positions = new Map<string, number[]>()
  docs.forEach((doc, position) => {
    for (const value of localValues(doc, path)) {
      const key = keyOf(value)
      const list = positions.get(key)
      if (list) list.push(position)
      else positions.set(key, [position])
    }
  })
  return positions
}
