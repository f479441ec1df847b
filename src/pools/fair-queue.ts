import { Problem } from '../problem.ts'

/** A request that waits for a connection, and what its tenant is entitled to. */
export interface Waiter {
  readonly tenant: string
  /** Leases that the tenant may hold while others wait: its tier's size. */
  readonly share: number
  /** How often its turn comes, against the other tenants' weights. */
  readonly weight: number
  /** How many requests of the tenant may wait. */
  readonly maxWaiting: number
  /** Grows from request to request, for those that may come back to the line. */
  readonly order?: number
}

/** Part of a pool that stays out of reach for who holds its share already, while other tenants use the pool. */
const HEADROOM = 0.05
/** A tenant uses a pool until this long after it last asked for a connection. */
const USES_FOR_MS = 60_000

/** One tenant's requests, and the leases that it holds. */
interface Line<W> {
  /** In order of arrival: a Set keeps insertion order and forgets a leaver in constant time. */
  readonly waiters: Set<W>
  held: number
  /** Virtual time of its next turn. */
  turn: number
}

/**
 * Who waits for a pool's connections, and whose turn it is. Within a tenant first in, first out; between tenants by
 * weight, as stride scheduling does it (Waldspurger and Weihl, 1995): each turn moves a tenant on by 1 / weight, and
 * the one furthest behind is next. A tenant that holds its share comes after every tenant that does not; when all who
 * wait hold theirs, turns go on. Leases are never taken away, so a tenant that comes to a pool lent in full waits for a
 * return; that happens to it once and not with every request, because from then on a small part of the pool is kept
 * free of tenants that hold their share. A tenant that has the pool to itself may use all of it.
 */
export class FairQueue<W extends Waiter> {
  readonly #lines = new Map<string, Line<W>>()
  /** Tenants with requests waiting: the only ones that a turn has to look at. */
  readonly #waiting = new Set<Line<W>>()
  readonly #now: () => number
  #size = 0
  #held = 0
  /** Virtual time: the turn that was served last. */
  #turn = 0
  /** Who asked last, and who asked last of all the others: what it takes to know whether a tenant is alone. */
  #latest: { readonly tenant: string; readonly at: number } | undefined
  #latestOther: { readonly tenant: string; readonly at: number } | undefined

  /** @param now epoch ms */
  constructor(now: () => number) {
    this.#now = now
  }

  get size(): number {
    return this.#size
  }

  /** How many requests hold a lease. */
  get held(): number {
    return this.#held
  }

  /** How many tenants wait or hold. */
  get tenants(): number {
    return this.#lines.size
  }

  /** Throws `pool_queue_full` when as many of the tenant's requests wait as may. */
  checkRoom({ tenant, maxWaiting }: Waiter): void {
    if ((this.#lines.get(tenant)?.waiters.size ?? 0) < maxWaiting) return
    throw new Problem('pool_queue_full', {
      detail: `${maxWaiting} requests already wait for this pool.`,
      retryAfter: 1,
    })
  }

  add(waiter: W): void {
    const line = this.#lineOf(waiter.tenant)
    // Who was away starts with the others: time that was not waited for is no credit.
    if (line.waiters.size === 0) line.turn = Math.max(line.turn, this.#turn)
    line.waiters.add(waiter)
    this.#waiting.add(line)
    this.#size++
    this.#note(waiter.tenant)
  }

  /** Whether somebody who waits may have one of the pool's `poolSize` connections, going by what was taken so far. */
  hasTurn(poolSize: number): boolean {
    const line = this.#next()
    const [first] = line?.waiters ?? []
    if (!line || !first) return false
    if (line.held < first.share || this.#isAlone(first.tenant)) return true
    return poolSize - this.#held > Math.ceil(poolSize * HEADROOM)
  }

  /** Removes and returns whose turn it is; it holds a lease from now on, until `returned`. */
  take(): W | undefined {
    const line = this.#next()
    const [waiter] = line?.waiters ?? []
    if (!line || !waiter) return undefined
    this.#leave(line, waiter)
    line.held++
    this.#held++
    this.#turn = line.turn
    line.turn += 1 / waiter.weight
    return waiter
  }

  /** One whose turn came to nothing holds no lease and waits again, where it was in its tenant's line. */
  putBack(waiter: W): void {
    const line = this.#lineOf(waiter.tenant)
    line.held--
    this.#held--
    line.turn -= 1 / waiter.weight
    const inOrder = [waiter, ...line.waiters].sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
    line.waiters.clear()
    for (const one of inOrder) line.waiters.add(one)
    this.#waiting.add(line)
    this.#size++
  }

  has(waiter: W): boolean {
    return this.#lines.get(waiter.tenant)?.waiters.has(waiter) ?? false
  }

  /** Whether `waiter` was still waiting. */
  remove(waiter: W): boolean {
    const line = this.#lines.get(waiter.tenant)
    if (!line?.waiters.has(waiter)) return false
    this.#leave(line, waiter)
    this.#forget(waiter.tenant, line)
    return true
  }

  /** The lease that `waiter` was given by `take` is back. */
  returned(waiter: W): void {
    const line = this.#lines.get(waiter.tenant)
    if (!line) return
    line.held--
    this.#held--
    this.#forget(waiter.tenant, line)
  }

  /** Removes and returns everybody. */
  clear(): W[] {
    const all = [...this.#waiting].flatMap((line) => [...line.waiters])
    for (const waiter of all) this.remove(waiter)
    return all
  }

  #next(): Line<W> | undefined {
    let best: Line<W> | undefined
    let bestIsFull = true
    for (const line of this.#waiting) {
      const [first] = line.waiters
      const isFull = first !== undefined && line.held >= first.share
      if (best && (isFull !== bestIsFull ? isFull : line.turn >= best.turn)) continue
      best = line
      bestIsFull = isFull
    }
    return best
  }

  #note(tenant: string): void {
    if (this.#latest?.tenant !== tenant) this.#latestOther = this.#latest
    this.#latest = { tenant, at: this.#now() }
  }

  #isAlone(tenant: string): boolean {
    const other = this.#latest?.tenant === tenant ? this.#latestOther : this.#latest
    return other === undefined || this.#now() - other.at >= USES_FOR_MS
  }

  #lineOf(tenant: string): Line<W> {
    let line = this.#lines.get(tenant)
    if (!line) {
      line = { waiters: new Set(), held: 0, turn: this.#turn }
      this.#lines.set(tenant, line)
    }
    return line
  }

  #leave(line: Line<W>, waiter: W): void {
    line.waiters.delete(waiter)
    this.#size--
    if (line.waiters.size === 0) this.#waiting.delete(line)
  }

  /** Memory is bounded by those who wait or hold; a tenant that does neither is forgotten. */
  #forget(tenant: string, line: Line<W>): void {
    if (line.waiters.size === 0 && line.held === 0) this.#lines.delete(tenant)
  }
}
