import { expect } from 'vitest'
import { Grants } from '../../../src/host/grants.ts'
import { Budget } from '../../../src/ledger/budget.ts'
import { Claims } from '../../../src/ledger/claims.ts'
import { type Grant, nameOf } from '../../../src/ledger/grant.ts'
import type { QuotaPool } from '../../../src/pools/quota.ts'
import { FakeClock } from './clock.ts'
import { sumOf } from './grants.ts'
import { specOf } from './host.ts'

/** What becomes of a call: how long each way takes in ms, and which way is lost. */
export interface Fate {
  readonly there: number
  readonly back: number
  readonly lost: 'no' | 'there' | 'back'
}

/** A pool as a host has it: connections and nothing else. */
interface SimulatedPool extends QuotaPool {
  /** Connections that it takes itself to be allowed to have. */
  allowed: number
  busy: boolean
  closing: boolean
  awaited: boolean
}

/** A life of a host. */
interface Life {
  readonly instance: string
  readonly grants: Grants
  readonly pools: Map<string, SimulatedPool>
}

/**
 * The real two ends of the budget's protocol, a Ledger's claims and hosts' grants, with a network between them that
 * delays and loses what is said. Connections come back when the generated history says so.
 */
export class BudgetWorld {
  readonly clock = new FakeClock()
  readonly stored = new Map<string, Grant>()
  readonly #limit: number
  readonly #fates: Iterator<Fate>
  readonly #hosts = new Map<string, Life>()
  #claims: Claims
  #lives = 0
  #pools = 0

  constructor(limit: number, fates: Iterator<Fate>) {
    this.#limit = limit
    this.#fates = fates
    this.#claims = this.#begin()
  }

  /** Opens a pool that wants `want` connections, and gives up after `patienceMs`. */
  open(host: string, want: number, mongo: boolean, patienceMs: number): void {
    const life = this.#lifeOf(host)
    const engine = mongo ? 'mongo' : 'postgres'
    const spec = specOf('p', { maxSize: want, target: { engine, url: 'x' } })
    const pool: SimulatedPool = {
      id: `p#${++this.#pools}`,
      spec,
      allowed: 0,
      busy: false,
      closing: false,
      awaited: true,
    }
    life.pools.set(pool.id, pool)
    this.clock.after(patienceMs, () => {
      pool.awaited = false
    })
    void life.grants
      .claim(pool, () => pool.awaited)
      .then((size) => {
        if (size === undefined) this.#close(life, pool)
        else pool.allowed = size
      })
  }

  /** Whether somebody uses the pool at `index` of those of a host. */
  use(host: string, index: number, busy: boolean): void {
    const pool = this.#poolAt(host, index)
    if (pool) pool.busy = busy
  }

  /** Somebody waits in a pool. */
  more(host: string, index: number): void {
    const pool = this.#poolAt(host, index)
    if (pool && pool.allowed > 0 && pool.allowed < pool.spec.maxSize)
      this.#lifeOf(host).grants.askForMore(pool)
  }

  close(host: string, index: number): void {
    const pool = this.#poolAt(host, index)
    if (pool && pool.allowed > 0) this.#close(this.#lifeOf(host), pool)
  }

  async report(host: string): Promise<void> {
    const life = this.#lifeOf(host)
    const { seenRevision: seen, ...holdings } = life.grants.holdings()
    const uses = [...life.pools.values()].map(({ id, busy }) => ({ id, isUnused: !busy }))
    const { instance } = life
    // Reports are late and never lost: one that is lost three times lets grants lapse, and that is meant.
    const [{ there, back }] = [this.#fate()]
    await this.#pass(there)
    const claims = this.#claims
    for (const { id, isUnused } of uses) {
      claims.note({ host, instance, pool: id }, { isUnused, lastUsedAt: this.clock.now() })
    }
    const corrections = claims.renew({ host, instance, seen, ...holdings })
    await this.#pass(back)
    life.grants.correct(corrections, seen)
  }

  /** A host's sockets go with it. */
  resetHost(host: string): void {
    for (const pool of this.#lifeOf(host).pools.values()) {
      pool.allowed = 0
      pool.awaited = false
    }
    this.#hosts.delete(host)
  }

  /** The Ledger forgets what it has not stored. */
  resetLedger(): void {
    this.#claims = this.#begin()
  }

  /** What must hold at every moment. */
  check(): void {
    const granted = sumOf(this.stored.values())
    expect(granted, 'more is granted than there is').toBeLessThanOrEqual(this.#limit)
    let taken = 0
    for (const { grants, pools } of this.#hosts.values()) {
      const held = new Map(grants.holdings().grants.map((one) => [one.pool, one]))
      for (const pool of pools.values()) {
        const one = held.get(pool.id)
        // What was opened without the Ledger lives on the reserve.
        if (pool.allowed > 0 && one && one.revision > 0) taken += pool.allowed + one.overhead
      }
    }
    expect(taken, 'pools have more than there is').toBeLessThanOrEqual(this.#limit)
  }

  /** Lets everything settle and close; what is granted then is back. */
  async end(): Promise<void> {
    for (const host of [...this.#hosts.keys()]) {
      for (const pool of this.#lifeOf(host).pools.values()) {
        pool.awaited = false
        if (pool.allowed > 0) this.#close(this.#lifeOf(host), pool)
      }
    }
    await this.clock.advance(200_000)
    this.#claims.review()
    expect([...this.stored.values()], 'something stays granted').toEqual([])
    expect(this.#claims.waiting).toBe(0)
  }

  #begin(): Claims {
    const budget = new Budget({
      limit: this.#limit,
      grants: [...this.stored.values()],
      // What was reset writes no more.
      onPut: (one) => this.#claims === claims && this.stored.set(nameOf(one), one),
      onDelete: (one) => this.#claims === claims && this.stored.delete(nameOf(one)),
    })
    const claims: Claims = new Claims({
      budget,
      clock: this.clock,
      count: () => {},
      recall: async (host, recall) => {
        if (this.#claims !== claims) throw new Error('reset')
        return this.#call(async () => this.#lifeOf(host).grants.recall(recall))
      },
    })
    return claims
  }

  #lifeOf(host: string): Life {
    const current = this.#hosts.get(host)
    if (current) return current
    const instance = `i${++this.#lives}`
    const pools = new Map<string, SimulatedPool>()
    const grants = new Grants({
      host,
      instance,
      clock: this.clock,
      onAsked: () => {},
      onUnreachable: () => {},
      ledger: () => ({
        claim: (claim) => this.#call(() => this.#claims.claim(claim)),
        giveBack: (name, size, revision) =>
          this.#call(async () => this.#claims.giveBack(name, size, revision)),
      }),
      pools: {
        grant: (id, size) => {
          const pool = pools.get(id)
          if (pool && !pool.closing) pool.allowed = size
        },
        recall: (id, keep, onlyIfUnused) => this.#giveBack(life, id, keep, onlyIfUnused),
      },
    })
    const life: Life = { instance, grants, pools }
    this.#hosts.set(host, life)
    return life
  }

  /** As a pool does: what is in use comes back a little later. */
  #giveBack(life: Life, id: string, keep: number, onlyIfUnused: boolean) {
    const pool = life.pools.get(id)
    if (!pool) return 'unknown'
    if (onlyIfUnused && pool.busy) return 'busy'
    if (keep === 0) {
      pool.closing = true
      void this.#pass(pool.busy ? 700 : 0).then(() => this.#close(life, pool))
    } else if (keep < pool.allowed) {
      const before = pool.allowed
      void this.#pass(pool.busy ? 300 : 0).then(() => {
        if (pool.allowed !== before || pool.closing) return
        pool.allowed = keep
        life.grants.giveBack(pool, keep)
      })
    }
    return 'recalled'
  }

  #close(life: Life, pool: SimulatedPool): void {
    if (!life.pools.delete(pool.id)) return
    pool.allowed = 0
    life.grants.giveBack(pool, 0)
  }

  #poolAt(host: string, index: number): SimulatedPool | undefined {
    const pools = [...this.#lifeOf(host).pools.values()]
    return pools[index % Math.max(1, pools.length)]
  }

  async #call<T>(run: () => Promise<T>): Promise<T> {
    const claims = this.#claims
    const { there, back, lost } = this.#fate()
    await this.#pass(there)
    if (lost === 'there') throw new Error('lost on the way there')
    const answer = await run()
    await this.#pass(back)
    if (lost === 'back') throw new Error('lost on the way back')
    if (claims !== this.#claims) throw new Error('the Ledger was reset')
    return answer
  }

  #fate(): Fate {
    return this.#fates.next().value ?? { there: 0, back: 0, lost: 'no' }
  }

  #pass(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve()
    return new Promise((resolve) => this.clock.after(ms, resolve))
  }
}
