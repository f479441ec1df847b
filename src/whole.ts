/** What another side tells as a count, if it is one: a whole number above 0. Anything else says nothing. */
export function wholeAboveZero(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
}
