import { PARTS } from './known-tenants.ts'

/** What is measured, in a process of its own: 100,000 tenants fill a heap that nothing else is to live in. */
export interface Order {
  readonly part: string
  /** How many tenants ask first. */
  readonly known: number
  /** How many of them go on asking, in turn: those that came last. */
  readonly busy: number
  /** Asks of one round. */
  readonly asks: number
}

/** By then the engine has compiled what a round runs as well as it is going to. */
const WARM_UP_ROUNDS = 5

// Every message after the first asks for one round; the answer is how long an ask took in it, in µs.
process.once('message', async (message) => {
  const { part, known, busy, asks } = message as Order
  const ask = PARTS[part]?.()
  if (!ask) throw new Error(`no part ${part}`)
  for (let n = 0; n < known; n++) await ask(n)

  const asking = Math.min(busy, known)
  const round = async () => {
    const started = performance.now()
    for (let n = 0; n < asks; n++) await ask(known - asking + (n % asking))
    return ((performance.now() - started) * 1_000) / asks
  }
  for (let n = 0; n < WARM_UP_ROUNDS; n++) await round()
  process.on('message', async () => process.send?.(await round()))
  process.send?.('ready')
})
// Open pools have timers, which would keep the process.
process.once('disconnect', () => process.exit())
