import type { Deadline } from '../deadline.ts'
import type { Checkout, EnginePool, PooledConnection } from '../engines/engine.ts'
import type { Clock } from './clock.ts'

/** A connection unused for longer than this is asked for a sign of life before it is lent: nothing else tells here,
 * sockets of this runtime have no TCP keepalive (workerd src/node/internal/internal_net.ts, 2026-08). */
const PING_AFTER_MS = 30_000
const PING_TIMEOUT_MS = 2_000

/** Knows which connections of a pool may be dead without anybody having noticed. */
export class Liveness {
  readonly #clock: Clock
  /** Connections last used before this are suspect: one of their kind was found dead. */
  #suspectBefore = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A connection was found dead. */
  suspectAll(): void {
    this.#suspectBefore = this.#clock.now()
  }

  /**
   * A connection that is known to be alive, or was used a moment ago.
   *
   * @param beforeOpening called before a dead one is replaced
   */
  async checkout<C extends PooledConnection>(
    driver: EnginePool<C>,
    beforeOpening: () => Promise<void>,
    deadline?: Deadline,
  ): Promise<Checkout<C>> {
    const first = await driver.checkout(deadline)
    if (!this.#isSuspect(first)) return first
    try {
      await first.ping(PING_TIMEOUT_MS)
      return first
    } catch {
      await first.release(false)
      await driver.retireFree()
    }
    await beforeOpening()
    return await driver.checkout(deadline)
  }

  #isSuspect({ aliveAt }: Checkout): boolean {
    return aliveAt < this.#suspectBefore || this.#clock.now() - aliveAt > PING_AFTER_MS
  }
}
