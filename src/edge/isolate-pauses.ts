import type { Clock } from '../pools/clock.ts'
import { pausedProblem } from '../pools/pause-gate.ts'
import { isPaused, type Pauses } from '../pools/pauses.ts'
import { Problem } from '../problem.ts'

/** What is known is asked for again after this long: a pause reaches an isolate within it. */
const FRESH_MS = 5_000
/** How often a request that waits looks whether it may go on. */
const LOOK_MS = 1_000

export interface IsolateRequest {
  readonly tenant: string
  readonly maxWaiting: number
  readonly timeoutMs: number
  /** Asks the Ledger. */
  readonly read: () => Promise<Pauses>
}

/**
 * What is paused, as far as one isolate knows. Plain data, so requests may share it; a request never awaits another's
 * reading, which would die with that one.
 */
export class IsolatePauses {
  readonly #clock: Clock
  readonly #waiting = new Map<string, number>()
  #pauses: Pauses | undefined
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** As `PauseGate.pass`, by looking again and again instead of being told. */
  async pass(request: IsolateRequest): Promise<void> {
    if (!(await this.#isPaused(request, FRESH_MS))) return
    const { tenant, maxWaiting, timeoutMs } = request
    const waiting = this.#waiting.get(tenant) ?? 0
    if (waiting >= maxWaiting) throw new Problem('pool_queue_full')
    this.#waiting.set(tenant, waiting + 1)
    try {
      const deadline = this.#clock.now() + timeoutMs
      do {
        const left = deadline - this.#clock.now()
        if (left <= 0) throw pausedProblem(timeoutMs)
        await new Promise<void>((resolve) => this.#clock.after(Math.min(left, LOOK_MS), resolve))
      } while (await this.#isPaused(request, LOOK_MS))
    } finally {
      const left = (this.#waiting.get(tenant) ?? 1) - 1
      if (left > 0) this.#waiting.set(tenant, left)
      else this.#waiting.delete(tenant)
    }
  }

  async #isPaused({ tenant, read }: IsolateRequest, freshMs: number): Promise<boolean> {
    const now = this.#clock.now()
    if (!this.#pauses || now - this.#askedAt >= freshMs) {
      // Who comes meanwhile makes do with what is known.
      this.#askedAt = now
      const pauses = await read().catch(() => undefined)
      if (pauses && pauses.revision >= (this.#pauses?.revision ?? 0)) this.#pauses = pauses
    }
    return this.#pauses !== undefined && isPaused(this.#pauses, tenant)
  }
}
