import type { PoolCache } from '../../../src/pools/cache.ts'
import type { Clock } from '../../../src/pools/clock.ts'
import type { Quota, QuotaPool } from '../../../src/pools/quota.ts'

/** A claim that waits for the test. */
interface Asked {
  readonly pool: QuotaPool
  grant(size: number | undefined): void
}

/** Grants connections when the test says so, and knows what every pool may have. */
export class FakeQuota implements Quota {
  readonly asked: Asked[] = []
  /** Connections by pool, as whoever grants them knows. */
  readonly granted = new Map<string, number>()
  /** Pools that asked for more. */
  readonly wantMore = new Set<QuotaPool>()
  /** Whether claims wait for the test. */
  held = true
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  claim(pool: QuotaPool, isWanted: () => boolean): Promise<number | undefined> {
    return new Promise((resolve) => {
      const asked: Asked = {
        pool,
        grant: (size) => {
          cancel()
          this.asked.splice(this.asked.indexOf(asked), 1)
          if (size !== undefined) this.granted.set(pool.id, size)
          resolve(size)
        },
      }
      let cancel = () => {}
      this.asked.push(asked)
      if (!this.held) return asked.grant(pool.spec.maxSize)
      const askAgain = () => {
        cancel = this.#clock.after(20_000, () => (isWanted() ? askAgain() : asked.grant(undefined)))
      }
      askAgain()
    })
  }

  askForMore(pool: QuotaPool): void {
    this.wantMore.add(pool)
  }

  giveBack({ id }: QuotaPool, size: number): void {
    if (size === 0) this.granted.delete(id)
    else this.granted.set(id, size)
  }

  /** Grants the claim at `index`, if there is one, part of what it wants. */
  grant(index: number, size: number): void {
    const asked = this.asked[index % Math.max(1, this.asked.length)]
    asked?.grant(Math.min(size, asked.pool.spec.maxSize))
  }

  /** Grants one more connection to a pool that asked for it. */
  grantMore(cache: PoolCache): void {
    for (const { id, spec } of this.wantMore) {
      const granted = this.granted.get(id)
      if (granted === undefined) continue
      const size = Math.min(granted + 1, spec.maxSize)
      this.granted.set(id, size)
      cache.grant(id, size)
    }
    this.wantMore.clear()
  }
}
