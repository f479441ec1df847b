import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Spread, spreadOf } from '../spread.ts'
import { PARTS } from './known-tenants.ts'
import type { Order } from './process.ts'

/** How long a part of the hot path takes, by how many tenants it knows. */
export interface AskRow {
  readonly part: string
  readonly busy: number
  /** In µs, in the order of the numbers of tenants that were asked for. */
  readonly micros: readonly Spread[]
  /** With the most tenants ÷ with the fewest, round by round. */
  readonly growth: Spread
}

export interface Pace {
  readonly rounds: number
  /** Of one round. */
  readonly asks: number
}

/** One that alone is busy, and so many that no list of the last few holds them. */
const BUSY = [1, 100]

export async function measureAsks(known: readonly number[], pace: Pace): Promise<AskRow[]> {
  const rows: AskRow[] = []
  for (const part of Object.keys(PARTS)) {
    for (const busy of BUSY) rows.push(await measureRow({ part, busy }, known, pace))
  }
  return rows
}

/** A process for each number of tenants, in turn round after round: what the machine does meanwhile meets all of them. */
async function measureRow(
  row: Pick<Order, 'part' | 'busy'>,
  known: readonly number[],
  { rounds, asks }: Pace,
): Promise<AskRow> {
  await using started = new AsyncDisposableStack()
  const askers: Asker[] = []
  for (const count of known) askers.push(started.use(await startAsker({ ...row, known: count, asks })))
  const micros = askers.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, asker] of askers.entries()) micros[index]?.push(await asker.round())
  }
  const [fewest, most] = [micros[0] ?? [], micros.at(-1) ?? []]
  const growth = most.map((value, round) => value / (fewest[round] ?? Number.NaN))
  return { ...row, micros: micros.map(spreadOf), growth: spreadOf(growth) }
}

interface Asker extends AsyncDisposable {
  /** How long an ask of one more round took, in µs. */
  round(): Promise<number>
}

const PROCESS = fileURLToPath(new URL('process.ts', import.meta.url))

/** @throws {Error} when the process ends, here or in a later round */
async function startAsker(order: Order): Promise<Asker> {
  const child = fork(PROCESS)
  const exited = once(child, 'exit')
  const ended = exited.then(([code, signal]) => {
    throw new Error(`${order.part} ended: ${signal ?? code}`)
  })
  // As it does when it is no longer needed.
  ended.catch(() => {})
  const ask = async (message: Order | 'round') => {
    child.send(message)
    const [answer] = await Promise.race([once(child, 'message'), ended])
    return answer
  }
  await ask(order)
  return {
    round: async () => Number(await ask('round')),
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
