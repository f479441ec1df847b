import { Aggregator } from 'mingo/aggregator'
import { Context } from 'mingo/core'
import * as mingoStages from 'mingo/operators/pipeline'
import type { PipelineOperator } from 'mingo/types'
import { CommandError } from '../errors.ts'
import { copyValue, type Doc, isDoc } from '../values/codec.ts'
import { type Compare, compareValues } from '../values/compare.ts'
import { CONTEXT } from './context.ts'
import { findField, fromMingo, refuseScripts } from './errors.ts'
import { type Foreign, lookupStage } from './lookup.ts'
import { plainDoc, plainExpression, restoreTypes, toPlain } from './plain.ts'
import { checkStage } from './stage-arguments.ts'
import { ownStages } from './stages.ts'

export interface PipelineEnv {
  /** Opens another collection of the same database, for `$lookup`, `$unionWith` and `$graphLookup`. */
  foreign(collection: string): Foreign
  compare?: Compare
  variables?: Doc
}

type PipelineOps = Record<`$${string}`, PipelineOperator>

const REFUSED = ['$out', '$merge']
// These set dotted fields inside the documents they are given, so they get copies.
const CHANGES_INPUT = ['$setWindowFields', '$fill', '$redact']

/** Checks the shape of a pipeline and gives it in the form that `runPipeline` takes. */
export function parsePipeline(pipeline: unknown): Doc[] {
  if (!Array.isArray(pipeline)) {
    throw new CommandError('TypeMismatch', "'pipeline' option must be specified as an array")
  }
  for (const stage of pipeline) {
    if (!isDoc(stage)) {
      throw new CommandError('TypeMismatch', 'Each element of the pipeline array must be an object')
    }
    const names = Object.keys(stage)
    const name = names[0]
    if (names.length !== 1 || name === undefined) {
      throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.')
    }
    if (REFUSED.includes(name)) {
      throw new CommandError('CommandNotSupported', `${name} is not supported by this stand-in server`)
    }
    if (name === '$changeStream') {
      throw new CommandError(40573, 'The $changeStream stage is only supported on replica sets')
    }
    if (!Object.hasOwn(mingoStages, name)) {
      throw new CommandError(40324, `Unrecognized pipeline stage name: '${name}'`)
    }
    checkStage(name, stage[name])
    parseNested(name, stage[name])
  }
  refuseScripts(pipeline)
  return pipeline as Doc[]
}

function parseNested(name: string, spec: unknown): void {
  if (!isDoc(spec)) return
  if (name === '$facet') for (const part of Object.values(spec)) parsePipeline(part)
  if ((name === '$lookup' || name === '$unionWith') && spec.pipeline !== undefined)
    parsePipeline(spec.pipeline)
}

/** Runs a parsed pipeline over documents in exact form and gives the results in exact form. */
export function runPipeline(docs: Iterable<Doc>, pipeline: Doc[], env: PipelineEnv): Doc[] {
  const stages = plainExpression(pipeline) as Doc[]
  const isolate = findField(stages, CHANGES_INPUT) !== undefined
  const inputs: Doc[] = []
  for (const doc of docs) inputs.push(isolate ? (copyValue(plainDoc(doc)) as Doc) : plainDoc(doc))
  try {
    const results = runPlain(inputs, stages, env, toPlain(env.variables ?? {}) as Doc)
    for (const result of results) {
      if (!isDoc(result))
        throw new CommandError('TypeMismatch', 'a pipeline stage gave something that is no document')
      restoreTypes(result)
    }
    return results
  } catch (error) {
    throw fromMingo(error)
  }
}

function runPlain(docs: Doc[], stages: Doc[], env: PipelineEnv, variables: Doc): Doc[] {
  const own = {
    ...ownStages({ compare: env.compare ?? compareValues, variables }),
    $lookup: lookupStage({
      foreign: env.foreign,
      run: (inputs, inner, bound) => runPlain(inputs, inner, env, { ...variables, ...bound }),
    }),
  }
  const aggregator = new Aggregator(stages, {
    // mingo types an operator's argument as anything any operator takes; each of ours checks or takes its own.
    context: Context.from(Context.init({ pipeline: own as unknown as PipelineOps }), CONTEXT),
    collectionResolver: (name) => env.foreign(name).all(),
    variables,
  })
  return aggregator.run(docs)
}
