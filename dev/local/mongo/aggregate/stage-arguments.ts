import { CommandError } from '../errors.ts'
import { isDoc } from '../values/codec.ts'
import { isNumeric, toNumeric } from '../values/compare.ts'

/** Checks the arguments with which mingo would run without an end, or whose errors clients know by their codes. */
export function checkStage(name: string, argument: unknown): void {
  switch (name) {
    case '$match':
      if (!isDoc(argument))
        throw new CommandError(15959, 'the match filter must be an expression in an object')
      break
    case '$limit':
    case '$skip':
      wholeArgument(name, argument)
      break
    case '$sample':
      checkSize(argument)
      break
    case '$densify': {
      const range = isDoc(argument) ? argument.range : undefined
      const step = isDoc(range) ? range.step : undefined
      if (!isNumeric(step) || !(toNumeric(step) > 0)) {
        throw new CommandError(
          5733401,
          'the step parameter in a range statement must be a strictly positive numeric value',
        )
      }
      break
    }
  }
}

/** The number of `$limit` or `$skip`. */
export function wholeArgument(name: string, argument: unknown): number {
  const least = name === '$limit' ? 1 : 0
  const number = isNumeric(argument) ? Number(toNumeric(argument)) : Number.NaN
  if (Number.isInteger(number) && number >= least) return number
  if (number === 0) throw new CommandError(15958, 'the limit must be positive')
  throw new CommandError(
    name === '$limit' ? 5107201 : 5107200,
    `invalid argument to ${name} stage: Expected a non-negative number`,
  )
}

function checkSize(argument: unknown): void {
  const size = isDoc(argument) ? argument.size : undefined
  if (!isNumeric(size)) throw new CommandError(28746, 'size argument to $sample must be a number')
  if (!(toNumeric(size) >= 0)) throw new CommandError(28747, 'size argument to $sample must not be negative')
}
