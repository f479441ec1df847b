import type { Engine, EngineHooks, EnginePool, PooledConnection } from '../engines/engine.ts'
import { toProblem } from '../problem.ts'
import type { PoolSpec, PoolSurroundings } from './pool-spec.ts'

const CONNECT_TIMEOUT_MS = 10_000

export interface DriverOpening<C extends PooledConnection> {
  readonly spec: PoolSpec
  readonly around: Pick<PoolSurroundings, 'breaker' | 'clock' | 'deadlines' | 'gate' | 'lifetime'>
  /** Loads the engine. */
  readonly engine: () => Promise<Engine<C>>
  /** Connections that it may have to begin with; read when its turn at the gate has come. */
  readonly maxSize: () => number
  readonly hooks: EngineHooks
}

/**
 * Opens the driver's side of a pool with its first connection, when there is a place in the host's gate. Throws a
 * `Problem`, and has the breaker know of it.
 */
export async function openDriver<C extends PooledConnection>({
  spec,
  around: { breaker, clock, deadlines, gate, lifetime },
  engine,
  maxSize,
  hooks,
}: DriverOpening<C>): Promise<EnginePool<C>> {
  await gate.enter()
  try {
    const loaded = await engine()
    return await loaded.open(
      spec.target,
      {
        appName: spec.appName,
        minSize: Math.min(spec.minSize, maxSize()),
        maxSize: maxSize(),
        largestSize: spec.maxSize,
        commandTimeoutMs: spec.commandTimeoutMs,
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        maxIdleMs: spec.maxIdleMs,
        maxUses: spec.maxUses,
        lifetime,
        now: () => clock.now(),
        after: (ms, task) => deadlines.after(ms, task),
      },
      hooks,
    )
  } catch (error) {
    breaker.failed(clock.now())
    throw toProblem(error)
  } finally {
    gate.leave()
  }
}
