import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Spread } from '../spread.ts'
import { PARTS } from './known-tenants.ts'
import type { Order } from './process.ts'
import type { Pace } from './times.ts'

/** How long a part of the hot path takes, in µs, by how many tenants it knows. */
export interface AskRow {
  readonly part: string
  readonly busy: number
  /** In the order of the numbers of tenants that were asked for. */
  readonly micros: readonly Spread[]
}

/** One that alone is busy, and so many that no list of the last few holds them. */
const BUSY = [1, 100]

export async function measureAsks(known: readonly number[], pace: Pace): Promise<AskRow[]> {
  const rows: AskRow[] = []
  for (const part of Object.keys(PARTS)) {
    for (const busy of BUSY) {
      const micros: Spread[] = []
      for (const count of known) micros.push(await inProcess({ part, known: count, busy, pace }))
      rows.push({ part, busy, micros })
    }
  }
  return rows
}

const PROCESS = fileURLToPath(new URL('process.ts', import.meta.url))

async function inProcess(order: Order): Promise<Spread> {
  const child = fork(PROCESS)
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${order.part} ended: ${signal ?? code}`)
  })
  child.send(order)
  const [spread] = await Promise.race([once(child, 'message') as Promise<[Spread]>, ended])
  // It ends by itself once it has told.
  ended.catch(() => {})
  return spread
}
