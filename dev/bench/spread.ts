/** Several measurements of one thing. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
  /** Where the true median lies, with `CONFIDENCE` or more; absent where the measurements were too few to say. */
  readonly within?: readonly [number, number]
}

/** The least and the most of five measurements come to 94 %, of four to 88 %. */
export const CONFIDENCE = 0.9

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const at = (index: number) => sorted.at(index) ?? Number.NaN
  const median = Number.isInteger(middle) ? (at(middle - 1) + at(middle)) / 2 : at(Math.floor(middle))
  const outside = outsideOf(sorted.length)
  return {
    median,
    min: at(0),
    max: at(-1),
    ...(outside !== undefined && { within: [at(outside), at(-1 - outside)] as const }),
  }
}

/**
 * How many of so many measurements, sorted, may be left out at either end if the true median is to lie among the others
 * with `CONFIDENCE`. Whatever the distribution, each is below the median with one half, so how many are is binomial
 * (W. J. Conover, Practical Nonparametric Statistics; rdrr.io/cran/rcompanion/man/quantileCI.html).
 */
function outsideOf(count: number): number | undefined {
  let outside = -1
  // How many ways there are for just one more than `outside` to be below, and for at most so many.
  let [ways, tail] = [1, 1]
  while (1 - (2 * tail) / 2 ** count >= CONFIDENCE) {
    outside++
    ways = (ways * (count - outside)) / (outside + 1)
    tail += ways
  }
  return outside < 0 ? undefined : outside
}
