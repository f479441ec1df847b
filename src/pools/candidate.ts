import type { PooledConnection } from '../engines/engine.ts'
import type { Problem } from '../problem.ts'
import type { Waiter } from './fair-queue.ts'
import type { Lease } from './lease.ts'
import type { PoolSurroundings } from './pool-spec.ts'
import type { RequestUsage } from './request-usage.ts'

export interface LeaseRequest extends Waiter {
  /** How long to wait for a connection, in ms, opening included. */
  readonly timeoutMs: number
  /** The caller's; leaving the queue is all it does. */
  readonly signal?: AbortSignal | undefined
  /** Whose time it is; absent where it is not a tenant's request. */
  readonly usage?: RequestUsage | undefined
}

/**
 * A request on its way to a lease. Answered exactly once: with the lease, or with the reason why there is none. What
 * arrives for it later is the pool's to give back.
 */
export class Candidate<C extends PooledConnection> implements Waiter {
  readonly tenant: string
  readonly share: number
  readonly weight: number
  readonly maxWaiting: number
  readonly since: number
  readonly usage: RequestUsage | undefined
  /** The answer. */
  readonly lease: Promise<Lease<C>>
  readonly #signal: AbortSignal | undefined
  readonly #cancelTimer: () => void
  #answer: { resolve(lease: Lease<C>): void; reject(problem: Problem): void } | undefined

  /** @param onLeave called when its time is up (`true`) or its caller went away (`false`) */
  constructor(
    request: LeaseRequest,
    { clock, deadlines }: Pick<PoolSurroundings, 'clock' | 'deadlines'>,
    onLeave: (timedOut: boolean) => void,
  ) {
    this.tenant = request.tenant
    this.share = request.share
    this.weight = request.weight
    this.maxWaiting = request.maxWaiting
    this.since = clock.now()
    this.usage = request.usage
    this.lease = new Promise((resolve, reject) => {
      this.#answer = { resolve, reject }
    })
    this.#signal = request.signal
    this.#cancelTimer = deadlines.after(request.timeoutMs, () => onLeave(true))
    this.#onAbort = () => onLeave(false)
    this.#signal?.addEventListener('abort', this.#onAbort)
  }

  readonly #onAbort: () => void

  isWaiting(): boolean {
    return this.#answer !== undefined
  }

  resolve(lease: Lease<C>): void {
    this.#settle()?.resolve(lease)
  }

  reject(problem: Problem): void {
    this.#settle()?.reject(problem)
  }

  #settle() {
    const answer = this.#answer
    this.#answer = undefined
    this.#cancelTimer()
    this.#signal?.removeEventListener('abort', this.#onAbort)
    return answer
  }
}
