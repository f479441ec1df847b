import { evalExpr } from 'mingo/core'
import { type Iterator, Lazy } from 'mingo/lazy'
import { $project as mingoProject } from 'mingo/operators/pipeline'
import type { Options } from 'mingo/types'
import { CommandError } from '../errors.ts'
import { compileFilter } from '../query/match.ts'
import { isSimpleProjection, project } from '../query/projection.ts'
import { parseSort, sortDocs } from '../query/sort.ts'
import type { Doc } from '../values/codec.ts'
import type { Compare } from '../values/compare.ts'
import { withoutPath, withPath } from './set-path.ts'

interface StageEnv {
  compare: Compare
  variables: Doc
}

/**
 * The stages that mingo does not do as MongoDB does: its `$match` and `$sort` know no BSON order, its `$addFields`,
 * `$unset` and `$unwind` change the documents they are given, which here are the stored ones.
 */
export function ownStages(env: StageEnv) {
  return {
    $match: (docs: Iterator, filter: Doc) => {
      const matches = compileFilter(filter, env)
      return docs.filter((doc: Doc) => matches(doc))
    },
    $sort: (docs: Iterator, spec: Doc) => {
      const sort = parseSort(spec)
      return docs.transform((all: Doc[]) => Lazy(sortDocs(all, sort, env.compare)))
    },
    $limit: (docs: Iterator, limit: number) => {
      let left = limit
      return Lazy(() => (left-- > 0 ? docs.next() : { done: true }))
    },
    $sample: (docs: Iterator, { size }: { size: number }) =>
      docs.transform((all: Doc[]) => {
        const pool = all.slice()
        let left = Math.min(Math.trunc(size), pool.length)
        return Lazy(() => {
          if (left-- <= 0) return { done: true }
          // One that is drawn makes room for the last, so that no document comes twice.
          const at = Math.floor(Math.random() * pool.length)
          const value = pool[at]
          const last = pool.pop() as Doc
          if (at < pool.length) pool[at] = last
          return { value, done: false }
        })
      }),
    $count: (docs: Iterator, field: string) => {
      let done = false
      return Lazy(() => {
        if (done) return { done: true }
        done = true
        const count = docs.size()
        return count === 0 ? { done: true } : { value: { [field]: count }, done: false }
      })
    },
    $addFields: addFields,
    $set: addFields,
    $unset: (docs: Iterator, paths: string | string[]) => {
      const list = [paths].flat()
      return docs.map((doc: Doc) => list.reduce(withoutPath, doc))
    },
    $project: (docs: Iterator, spec: Doc, options: Options) => {
      if (!isSimpleProjection(spec)) return mingoProject(docs, spec, options)
      const keep = project(spec)
      return docs.map((doc: Doc) => keep(doc))
    },
    $unwind: unwind,
  }
}

function addFields(docs: Iterator, fields: Doc, options: Options): Iterator {
  const names = Object.keys(fields)
  return docs.map((doc: Doc) => {
    let result = doc
    for (const name of names) {
      const value: unknown = evalExpr(doc, fields[name], options)
      result = value === undefined ? withoutPath(result, name) : withPath(result, name, value)
    }
    return result
  })
}

function unwind(docs: Iterator, spec: string | Doc): Iterator {
  const { path, includeArrayIndex, preserveNullAndEmptyArrays } =
    typeof spec === 'string' ? { path: spec } : (spec as Doc)
  if (typeof path !== 'string' || !path.startsWith('$')) {
    throw new CommandError(
      28818,
      `path option to $unwind stage should be prefixed with a '$': ${String(path)}`,
    )
  }
  const field = path.slice(1)
  const components = field.split('.')
  const withIndex = (doc: Doc, index: number | null) =>
    typeof includeArrayIndex === 'string' ? withPath(doc, includeArrayIndex, index) : doc
  return Lazy(
    (function* () {
      for (const item of docs) {
        const doc = item as unknown as Doc
        let value: unknown = doc
        for (const component of components) value = (value as Doc | null | undefined)?.[component]
        if (Array.isArray(value) && value.length > 0) {
          for (let i = 0; i < value.length; i++) yield withIndex(withPath(doc, field, value[i]), i)
        } else if (Array.isArray(value) || value === null || value === undefined) {
          if (preserveNullAndEmptyArrays)
            yield withIndex(Array.isArray(value) ? withoutPath(doc, field) : doc, null)
        } else {
          yield withIndex(doc, null)
        }
      }
    })(),
  )
}
