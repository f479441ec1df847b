import type { EngineOptions } from '../../../src/engines/engine.ts'
import { PostgresPool } from '../../../src/engines/postgres-pool.ts'
import { FakeClock } from './clock.ts'
import { FakeDriver } from './driver-client.ts'

export const CONNECT_TIMEOUT_MS = 10_000
export const COMMAND_TIMEOUT_MS = 5_000
export const MAX_IDLE_MS = 60_000
export const LIFETIME_MS = 600_000

/** A real pool on a driver and a clock of the test, and what it has told. */
export function startedPool(options: Partial<EngineOptions> = {}) {
  const clock = new FakeClock()
  const driver = new FakeDriver()
  const told = { opened: [] as number[], closed: 0, failed: 0, commands: 0 }
  const pool = new PostgresPool(
    driver.client,
    {
      appName: 'rockpool/test',
      minSize: 0,
      maxSize: 4,
      largestSize: 4,
      commandTimeoutMs: COMMAND_TIMEOUT_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      maxIdleMs: MAX_IDLE_MS,
      maxUses: 1_000,
      lifetime: () => LIFETIME_MS,
      now: () => clock.now(),
      after: (ms, task) => clock.after(ms, task),
      ...options,
    },
    {
      connectionOpened: (durationMs) => told.opened.push(durationMs),
      connectionClosed: () => told.closed++,
      connectionFailed: () => told.failed++,
      commandEnded: () => told.commands++,
    },
  )
  return { pool, clock, driver, told }
}
