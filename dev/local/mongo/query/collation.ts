import { CommandError } from '../errors.ts'
import { type Doc, isDoc } from '../values/codec.ts'
import { type Compare, comparatorFor, compareValues, toNumeric } from '../values/compare.ts'

const SENSITIVITY = { 1: 'base', 2: 'accent', 3: 'variant' } as const

/**
 * The order of values under a collation, which the runtime's own Unicode tables give: strengths 1 to 3, `caseLevel`
 * and `numericOrdering`. The locale `simple` is plain order.
 */
export function compareFor(collation: unknown): Compare {
  if (!isDoc(collation) || collation.locale === 'simple') return compareValues
  return comparatorFor(collatorFor(collation))
}

function collatorFor(collation: Doc): Intl.Collator {
  const { locale } = collation
  if (typeof locale !== 'string') throw new CommandError('FailedToParse', "collation needs a 'locale'")
  const strength = collation.strength === undefined ? 3 : Number(toNumeric(collation.strength))
  if (strength !== 1 && strength !== 2 && strength !== 3) {
    throw new CommandError(
      'CommandNotSupported',
      `collation strength ${strength} is not supported by this stand-in`,
    )
  }
  const caseOnly = strength === 1 && collation.caseLevel === true
  try {
    return new Intl.Collator(locale.replaceAll('_', '-'), {
      sensitivity: caseOnly ? 'case' : SENSITIVITY[strength],
      numeric: collation.numericOrdering === true,
      ignorePunctuation: collation.alternate === 'shifted',
    })
  } catch {
    throw new CommandError('BadValue', `Field 'locale' is invalid in: { locale: "${locale}" }`)
  }
}
