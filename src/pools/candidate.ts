import { type Deadline, leftOf } from '../deadline.ts'
import type { PooledConnection } from '../engines/engine.ts'
import type { Problem } from '../problem.ts'
import type { Waiter } from './fair-queue.ts'
import type { Lease } from './lease.ts'
import type { PoolSurroundings } from './pool-spec.ts'
import type { RequestUsage } from './request-usage.ts'

/** A `Request`, for one. The runtime makes its signal when it is read, so only those read it who may have to wait. */
export interface Client {
  readonly signal: AbortSignal
}

export interface LeaseRequest extends Waiter {
  /** How long to wait for a connection, in ms, opening included. */
  readonly timeoutMs: number
  /** When the request's answer is due: no wait of it is longer. */
  readonly deadline?: Deadline | undefined
  /** Whose going away ends the wait, and nothing else. */
  readonly client?: Client | undefined
  /** Whose time it is; absent where it is not a tenant's request. */
  readonly usage?: RequestUsage | undefined
}

let candidates = 0

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
  readonly order = ++candidates
  readonly usage: RequestUsage | undefined
  readonly deadline: Deadline | undefined
  /** The answer. */
  readonly lease: Promise<Lease<C>>
  readonly #client: Client | undefined
  readonly #leave: () => void
  readonly #cancelTimer: () => void
  /** Of a client that is watched. */
  #signal: AbortSignal | undefined
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
    this.deadline = request.deadline
    this.lease = new Promise((resolve, reject) => {
      this.#answer = { resolve, reject }
    })
    this.#client = request.client
    this.#leave = () => onLeave(false)
    this.#cancelTimer = deadlines.after(leftOf(request.deadline, this.since, request.timeoutMs), () =>
      onLeave(true),
    )
  }

  isWaiting(): boolean {
    return this.#answer !== undefined
  }

  /** Has the client's going away end the wait: for who is not served at once. */
  watch(): void {
    if (!this.isWaiting() || this.#signal) return
    this.#signal = this.#client?.signal
    if (this.#signal?.aborted) this.#leave()
    else this.#signal?.addEventListener('abort', this.#leave)
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
    this.#signal?.removeEventListener('abort', this.#leave)
    return answer
  }
}
