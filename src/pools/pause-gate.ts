import { leftOf } from '../deadline.ts'
import { Problem } from '../problem.ts'
import type { LeaseRequest } from './candidate.ts'
import type { Clock } from './clock.ts'
import { inTime } from './in-time.ts'
import { isPaused, type Pauses } from './pauses.ts'

export interface PauseGateOptions {
  readonly clock: Clock
  /** Asks whoever keeps the pauses. */
  readonly read: () => Promise<Pauses>
  /** Whether whoever keeps the pauses is told of this host, and so tells it of every change. */
  readonly isReported: () => boolean
  /** Called when requests begin or cease to be held. */
  readonly onChange: () => void
}

/** What a request waits with at the gate. */
type HeldRequest = Pick<LeaseRequest, 'tenant' | 'maxWaiting' | 'timeoutMs' | 'client' | 'deadline'>

/** How long the keeper of the pauses may take to answer. */
const READ_TIMEOUT_MS = 1_000
/** How long it is left alone when it did not. */
const READ_AGAIN_MS = 5_000
/** Pauses are for failovers and migrations, which take seconds. */
const RETRY_AFTER_S = 5

/**
 * Holds back the requests of paused tenants before they are admitted to a pool. What is paused it learns before the
 * first request and is told from then on: as long as the host is reported it asks nobody, and what it knows is thrown
 * away when it is not, because then nobody would tell it of a change.
 */
export class PauseGate {
  readonly #options: PauseGateOptions
  /** Requests that wait, by tenant, each as the way to let it go. */
  readonly #held = new Map<string, Set<() => void>>()
  #size = 0
  #pauses: Pauses | undefined
  #learning: Promise<void> | undefined
  /** When the keeper may be asked again after it did not answer. */
  #askAgainAt = 0

  constructor(options: PauseGateOptions) {
    this.#options = options
  }

  /** How many requests are held back. */
  get held(): number {
    return this.#size
  }

  /**
   * Resolves when the request may go on: at once if its tenant is not paused, else when it is resumed. Throws `paused`
   * after the request's `timeoutMs`, `pool_queue_full` when as many of its tenant are held as may wait, and
   * `client_closed_request`. Who cannot be known to be paused goes on: a Ledger that is away stops nobody.
   */
  async pass(request: HeldRequest): Promise<void> {
    if (!this.#isCurrent() && this.#options.clock.now() >= this.#askAgainAt) await this.#learn()
    if (this.#pauses && isPaused(this.#pauses, request.tenant)) await this.#hold(request)
  }

  /** Whether a change up to `revision` has not reached this gate. Never when it knows nothing: it will ask. */
  isBehind(revision: number): boolean {
    return this.#pauses !== undefined && this.#pauses.revision < revision
  }

  /** Takes a change in, unless a newer one is known, and lets go who is no longer paused. */
  apply(pauses: Pauses): void {
    // Told while it knows nothing, it would not be told when that ends.
    if (!this.#learning && !this.#isCurrent()) return
    this.#take(pauses)
  }

  #take(pauses: Pauses): void {
    if (this.#pauses && this.#pauses.revision > pauses.revision) return
    this.#pauses = pauses
    for (const [tenant, waiters] of this.#held) {
      if (!isPaused(pauses, tenant)) for (const resume of waiters) resume()
    }
  }

  #isCurrent(): boolean {
    return this.#pauses !== undefined && (this.#size > 0 || this.#options.isReported())
  }

  /** One reading for all who ask meanwhile. Never throws. */
  #learn(): Promise<void> {
    const { clock, read } = this.#options
    this.#learning ??= inTime(clock, READ_TIMEOUT_MS, read)
      .then(
        (pauses) => this.#take(pauses),
        () => {
          this.#askAgainAt = clock.now() + READ_AGAIN_MS
        },
      )
      .finally(() => {
        this.#learning = undefined
      })
    return this.#learning
  }

  #hold({ tenant, maxWaiting, timeoutMs: longestMs, client, deadline }: HeldRequest): Promise<void> {
    const timeoutMs = leftOf(deadline, this.#options.clock.now(), longestMs)
    const signal = client?.signal
    if (signal?.aborted) throw new Problem('client_closed_request')
    const waiters = this.#held.get(tenant) ?? new Set()
    if (waiters.size >= maxWaiting) {
      throw new Problem('pool_queue_full', {
        detail: `${maxWaiting} requests already wait for the tenant to be resumed.`,
        retryAfter: RETRY_AFTER_S,
      })
    }
    return new Promise((resolve, reject) => {
      const leave = (settle: () => void) => () => {
        cancelTimer()
        signal?.removeEventListener('abort', goAway)
        waiters.delete(resume)
        if (waiters.size === 0) this.#held.delete(tenant)
        this.#size--
        settle()
        this.#options.onChange()
      }
      const resume = leave(resolve)
      const goAway = leave(() => reject(new Problem('client_closed_request')))
      const timeOut = leave(() => reject(pausedProblem(timeoutMs)))
      const cancelTimer = this.#options.clock.after(timeoutMs, timeOut)
      signal?.addEventListener('abort', goAway)
      waiters.add(resume)
      this.#held.set(tenant, waiters)
      this.#size++
      this.#options.onChange()
    })
  }
}

/** The answer to a request that was held back for its whole time. */
export function pausedProblem(timeoutMs: number): Problem {
  return new Problem('paused', {
    detail: `The tenant is paused and was not resumed within ${timeoutMs} ms.`,
    retryAfter: RETRY_AFTER_S,
  })
}
