import { freemem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lab } from '../lab.ts'
import { usageOf } from '../process-usage.ts'
import { BENCH_WORKER } from '../rockpool/entry.ts'
import type { EngineName } from '../tenants.ts'

/** How so many idle pools of one connection each are placed. */
export const LAYOUTS = ['pools on one host', 'hosts with one pool'] as const
export type Layout = (typeof LAYOUTS)[number]

/** Memory of workerd at a number of idle pools. */
export interface MemoryStep {
  /** As many as were asked for, or as the database had connections for. */
  readonly pools: number
  readonly residentBytes: number
}

/** Open before the first step: what the first pools load and compile is no pool's own. */
const WARM_UP = 10
const OPENED_AT_ONCE = 8
const SETTLE_MS = 1_500
/** Of memory that must be free for each pool: a server process of Postgres, and its part of workerd. */
const ROOM_BYTES = 12 * 1024 * 1024

/**
 * @param counts of pools, rising
 * @returns the state after the warm-up, then after each count, as far as the machine goes; `undefined` where the system
 * does not tell
 */
export async function measureMemory(
  lab: Lab,
  engine: EngineName,
  layout: Layout,
  counts: readonly number[],
): Promise<readonly MemoryStep[] | undefined> {
  await using worker = await lab.startRockpool(
    `cold/memory-${engine}-${layout.replaceAll(' ', '-')}`,
    { DB_POOL_MIN_SIZE: '1', POOL_CACHE_MAX: '10000', RATE_LIMITS: 'off' },
    BENCH_WORKER,
  )
  const open = async (n: number): Promise<boolean> => {
    const host = layout === 'pools on one host' ? 'dedicated:memory' : `dedicated:memory-${n}`
    // A few tenants for all: what is measured is pools, and not what a schema costs the server.
    const tenant = `cold-memory-${engine}-${n % OPENED_AT_ONCE}`
    const query = new URLSearchParams({ engine, tenant, host, key: `memory-${n}/1` })
    const answer = await fetch(`${worker.url}/bench/open?${query}`)
    await answer.body?.cancel()
    return answer.status === 200
  }
  const room = Math.floor(freemem() / ROOM_BYTES)
  const steps: MemoryStep[] = []
  let pools = 0
  let opened = 0
  for (const count of [WARM_UP, ...counts]) {
    const wanted = Math.min(count, room)
    await Promise.all(
      Array.from({ length: OPENED_AT_ONCE }, async () => {
        while (pools < wanted) if (await open(pools++)) opened++
      }),
    )
    await sleep(SETTLE_MS)
    const usage = await usageOf(worker.pid)
    if (!usage) return undefined
    steps.push({ pools: opened, residentBytes: usage.residentBytes })
    if (opened < count) break
  }
  return steps
}

/** Memory that each pool between two steps has added, in bytes. */
export function bytesPerPool(before: MemoryStep, after: MemoryStep): number {
  return (after.residentBytes - before.residentBytes) / (after.pools - before.pools)
}
