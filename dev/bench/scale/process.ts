import { PARTS } from './known-tenants.ts'
import { measureAsk, type Pace } from './times.ts'

/** What is measured, in a process of its own: 100,000 tenants fill a heap that nothing else is to live in. */
export interface Order {
  readonly part: string
  readonly known: number
  readonly busy: number
  readonly pace: Pace
}

process.once('message', async (message) => {
  const { part, known, busy, pace } = message as Order
  const ask = PARTS[part]?.()
  if (!ask) throw new Error(`no part ${part}`)
  process.send?.(await measureAsk(ask, known, busy, pace), () => process.exit())
})
