import { Context, evalExpr } from 'mingo/core'
import * as accumulator from 'mingo/operators/accumulator'
import * as expression from 'mingo/operators/expression'
import * as pipeline from 'mingo/operators/pipeline'
import * as projection from 'mingo/operators/projection'
import * as query from 'mingo/operators/query'
import * as window from 'mingo/operators/window'
import type { ExpressionOperator, Options } from 'mingo/types'
import { CommandError } from '../errors.ts'
import { typeAlias } from '../query/types.ts'
import { compareValues } from '../values/compare.ts'

function comparison(name: string, holds: (order: number) => unknown): ExpressionOperator {
  return (doc: unknown, args: unknown, options: Options) => {
    const values: unknown = evalExpr(doc, args, options)
    if (!Array.isArray(values) || values.length !== 2) {
      throw new CommandError(16020, `Expression ${name} takes exactly 2 arguments.`)
    }
    return holds(compareValues(values[0], values[1]))
  }
}

// mingo compares by JavaScript's types; an aggregation compares any two values by BSON's order.
const expressions: Record<`$${string}`, ExpressionOperator> = {
  $eq: comparison('$eq', (order) => order === 0),
  $ne: comparison('$ne', (order) => order !== 0),
  $gt: comparison('$gt', (order) => order > 0),
  $gte: comparison('$gte', (order) => order >= 0),
  $lt: comparison('$lt', (order) => order < 0),
  $lte: comparison('$lte', (order) => order <= 0),
  $cmp: comparison('$cmp', Math.sign),
  $in: (doc: unknown, args: unknown, options: Options) => {
    const [item, list] = evalExpr(doc, args, options) as [unknown, unknown]
    if (!Array.isArray(list)) {
      throw new CommandError(40081, `$in requires an array as a second argument, found: ${typeAlias(list)}`)
    }
    return list.some((value) => compareValues(value, item) === 0)
  },
  $type: (doc: unknown, args: unknown, options: Options) => typeAlias(evalExpr(doc, args, options)),
}

/** Every operator of mingo, with those replaced whose results differ from MongoDB's. */
export const CONTEXT = Context.from(
  Context.init({ expression: expressions }),
  Context.init({ accumulator, expression, pipeline, projection, query, window }),
)
