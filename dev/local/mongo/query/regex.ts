import { BSONRegExp } from 'bson'
import { CommandError } from '../errors.ts'

/**
 * Turns a pattern of MongoDB (PCRE) into one of JavaScript. Options i, m, s, u and x are known, also as `(?i)` at the
 * start; what only PCRE has is refused with MongoDB's error 51091.
 */
export function toRegExp(pattern: unknown, options: unknown): RegExp {
  let source: string
  let letters = typeof options === 'string' ? options : ''
  if (pattern instanceof BSONRegExp) {
    source = pattern.pattern
    if (options === undefined) letters = pattern.options
  } else if (typeof pattern === 'string') {
    source = pattern
  } else {
    throw new CommandError('BadValue', '$regex has to be a string')
  }
  const inline = /^\(\?([imsx]+)\)/.exec(source)
  if (inline) {
    source = source.slice(inline[0].length)
    letters += inline[1]
  }
  for (const letter of letters) {
    if (!'imsux'.includes(letter)) {
      throw new CommandError(51108, `invalid flag in regex options: ${letter}`)
    }
  }
  if (letters.includes('x')) source = withoutLayout(source)
  const flags = [...'ims'].filter((letter) => letters.includes(letter)).join('')
  try {
    return new RegExp(source, flags)
  } catch (error) {
    throw new CommandError(51091, `Regular expression is invalid: ${(error as Error).message}`)
  }
}

/** Takes out the white space and comments that option x allows outside of character classes. */
function withoutLayout(source: string): string {
  return source.replace(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\s+|#[^\n]*/g, (token) =>
    token.startsWith('\\') || token.startsWith('[') ? token : '',
  )
}
