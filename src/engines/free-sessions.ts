import type { EngineOptions } from './engine.ts'
import type { PostgresSession } from './postgres-session.ts'

/** The connections of a pool that nobody holds. Closes those above the minimum that are idle for too long. */
export class FreeSessions {
  readonly #options: EngineOptions
  readonly #isAboveMinimum: () => boolean
  /** The one that is unused for longest first. */
  #sessions: PostgresSession[] = []
  #cancelSweep: (() => void) | undefined

  /** @param isAboveMinimum whether the pool, those that are held included, has more connections than it is to keep */
  constructor(options: EngineOptions, isAboveMinimum: () => boolean) {
    this.#options = options
    this.#isAboveMinimum = isAboveMinimum
  }

  get size(): number {
    return this.#sessions.length
  }

  has(session: PostgresSession): boolean {
    return this.#sessions.includes(session)
  }

  put(session: PostgresSession): void {
    this.#sessions.push(session)
    this.#watch()
  }

  /** The one that was used last, so that those that are not needed grow idle. */
  take(): PostgresSession | undefined {
    return this.#sessions.pop()
  }

  /** Takes one out that has ended, if it is free. */
  remove(session: PostgresSession): void {
    this.#sessions = this.#sessions.filter((free) => free !== session)
  }

  /** Ends the one that is unused for longest; whether there was one. */
  endOne(): boolean {
    const first = this.#sessions.shift()
    first?.end()
    return first !== undefined
  }

  endAll(): void {
    while (this.endOne());
  }

  /** Nothing idle is to be closed any more. */
  stop(): void {
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
  }

  /** One time-out for all: it is not moved when the first of them is taken, but set anew for the next when it is over. */
  #watch(): void {
    const first = this.#sessions[0]
    if (this.#cancelSweep || !first || !this.#isAboveMinimum()) return
    const leftMs = first.aliveAt + this.#options.maxIdleMs - this.#options.now()
    this.#cancelSweep = this.#options.after(Math.max(0, leftMs), () => {
      this.#cancelSweep = undefined
      this.#sweep()
    })
  }

  #sweep(): void {
    const usedBefore = this.#options.now() - this.#options.maxIdleMs
    const isIdle = (session?: PostgresSession) => session !== undefined && session.aliveAt <= usedBefore
    while (this.#isAboveMinimum() && isIdle(this.#sessions[0])) this.endOne()
    this.#watch()
  }
}
