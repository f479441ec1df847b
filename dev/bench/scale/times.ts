import { type Spread, spreadOf } from '../spread.ts'
import type { Ask } from './known-tenants.ts'

export interface Pace {
  readonly rounds: number
  /** Of one round. */
  readonly asks: number
}

/**
 * How long one ask takes, in µs, once so many tenants are known: asked for in turn are those that came last.
 * @param busy how many of them
 */
export async function measureAsk(
  ask: Ask,
  known: number,
  busy: number,
  { rounds, asks }: Pace,
): Promise<Spread> {
  for (let n = 0; n < known; n++) await ask(n)
  const first = known - Math.min(busy, known)
  const all: number[] = []
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const started = performance.now()
    for (let n = 0; n < asks; n++) await ask(first + (n % (known - first)))
    if (round > 0) all.push(((performance.now() - started) * 1_000) / asks)
  }
  return spreadOf(all)
}
