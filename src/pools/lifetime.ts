const JITTER = 0.1

/**
 * Lifetime for one connection, in ms: `nominalMs` ± 10 %, so that connections opened together do not all expire
 * together (HikariCP varies `maxLifetime` for the same reason). Where the upper end would pass `longestMs` the whole
 * range moves down: cutting it off there would put half of the connections at the very same age.
 *
 * @param random uniform in [0, 1)
 */
export function jitteredLifetime(nominalMs: number, longestMs: number, random: () => number): number {
  const middle = Math.min(nominalMs, longestMs / (1 + JITTER))
  return Math.round(middle * (1 - JITTER + 2 * JITTER * random()))
}
