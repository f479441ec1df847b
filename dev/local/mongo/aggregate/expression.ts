import { Aggregator } from 'mingo/aggregator'
import type { Doc } from '../values/codec.ts'
import { CONTEXT } from './context.ts'
import { fromMingo, refuseScripts } from './errors.ts'
import { plainDoc, plainExpression, toPlain } from './plain.ts'

/**
 * Compiles an aggregation expression. The result takes documents in exact form and gives plain values; undefined for a
 * missing one.
 */
export function compileExpression(expression: unknown, variables: Doc = {}): (doc: Doc) => unknown {
  refuseScripts(expression)
  const aggregator = new Aggregator([{ $replaceWith: { value: plainExpression(expression) } }], {
    context: CONTEXT,
    variables: toPlain(variables) as Doc,
  })
  return (doc) => {
    try {
      return aggregator.run<Doc>([plainDoc(doc)])[0]?.value
    } catch (error) {
      throw fromMingo(error)
    }
  }
}
