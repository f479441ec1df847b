import { CommandError } from '../errors.ts'
import { isDoc } from '../values/codec.ts'

const SCRIPTS = ['$where', '$function', '$accumulator']

/** Refuses server-side JavaScript anywhere in an expression or a pipeline. */
export function refuseScripts(value: unknown): void {
  const script = findField(value, SCRIPTS)
  if (script) throw new CommandError('BadValue', `${script} is not supported: no server-side JavaScript here`)
}

/** The first of these field names that occurs anywhere in a value. */
export function findField(value: unknown, names: readonly string[]): string | undefined {
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = findField(item, names)
      if (found) return found
    }
  } else if (isDoc(value)) {
    for (const name of Object.keys(value)) {
      const found = names.includes(name) ? name : findField(value[name], names)
      if (found) return found
    }
  }
  return undefined
}

/**
 * The error of mingo as the server's. mingo trusts its arguments, so whatever it throws, a TypeError too, is answered as
 * a bad value.
 */
export function fromMingo(error: unknown): unknown {
  if (error instanceof CommandError || !(error instanceof Error)) return error
  const unknown = /accumulator '(\$\w+)' is not registered/.exec(error.message)
  if (unknown) return new CommandError('InvalidPipelineOperator', `Unrecognized expression '${unknown[1]}'`)
  const variable = /Use of undefined variable: (\w+)/.exec(error.message)
  if (variable) return new CommandError(17276, error.message)
  return new CommandError('BadValue', error.message)
}
