import type { PeersWorker } from '../peers-worker.ts'
import type { Settings } from '../settings.ts'
import { type Spread, spreadOf } from '../spread.ts'
import type { EngineName } from '../tenants.ts'
import { type Answer, ask } from './question.ts'

/** How a database client fares that is kept from one request to the next. */
export interface Lifetimes {
  /** In a module-level variable of a Worker: what three requests after each other get. */
  readonly module: readonly string[]
  /** In a Durable Object. Times in ms, of the whole request. */
  readonly object: {
    readonly first: Spread
    readonly later: Spread
    readonly laterRequests: number
    /** Later requests that were answered by the connection of their object's first one. */
    readonly sameConnection: number
  }
  /** In a module-level variable that two objects share: what the first, the second and again the first gets. */
  readonly shared: readonly string[]
}

/** How many objects are opened to see what the first request costs, and how many follow it; hanging is after `hangMs`. */
const PACES = {
  full: { objects: 9, laterRequests: 20, hangMs: 5_000 },
  quick: { objects: 3, laterRequests: 10, hangMs: 1_000 },
} as const
type Pace = (typeof PACES)[keyof typeof PACES]

export async function measureLifetimes(
  peers: PeersWorker,
  { quick }: Settings,
): Promise<Record<EngineName, Lifetimes>> {
  const pace = quick ? PACES.quick : PACES.full
  const inWords = async (engine: EngineName, paths: readonly string[]) => {
    const { outcome, log } = await peers.fresh(async (url) => {
      const answers: Answer[] = []
      for (const path of paths) answers.push(await ask(`${url}/${path}`, engine, pace.hangMs))
      return answers
    })
    return outcome.map((answer) => words(answer, log, pace.hangMs))
  }
  // What hangs only waits, so all of that at once; what is timed has the machine to itself.
  const outcomes = async (engine: EngineName) => {
    const [module, shared] = await Promise.all([
      inWords(engine, ['module', 'module', 'module']),
      inWords(engine, ['shared/one', 'shared/two', 'shared/one']),
    ])
    return { module, shared }
  }
  const [postgres, mongo] = await Promise.all([outcomes('postgres'), outcomes('mongo')])
  return {
    postgres: { ...postgres, object: await keptInObject(peers, 'postgres', pace) },
    mongo: { ...mongo, object: await keptInObject(peers, 'mongo', pace) },
  }
}

async function keptInObject(
  peers: PeersWorker,
  engine: EngineName,
  { objects, laterRequests, hangMs }: Pace,
): Promise<Lifetimes['object']> {
  const { outcome } = await peers.fresh(async (url) => {
    const request = async (name: string) => {
      const answer = await ask(`${url}/kept/${name}`, engine, hangMs)
      if (answer.status !== 200) throw new Error(`an object answered ${answer.status}: ${answer.text}`)
      return answer
    }
    // The first object of an isolate also pays for compiling the driver.
    await request('warm-up')
    const series: { first: Answer; later: Answer[] }[] = []
    for (let object = 0; object < objects; object++) {
      const first = await request(`object-${object}`)
      const later: Answer[] = []
      while (later.length < laterRequests) later.push(await request(`object-${object}`))
      series.push({ first, later })
    }
    return series
  })
  const all = outcome.flatMap(({ first, later }) => later.map((one) => ({ one, first })))
  return {
    first: spreadOf(outcome.map(({ first }) => first.ms)),
    later: spreadOf(all.map(({ one }) => one.ms)),
    laterRequests: all.length,
    sameConnection: all.filter(({ one, first }) => one.text === first.text).length,
  }
}

/** The runtime tells why it cancelled a request in its log and not in its answer. */
function words({ status, text }: Answer, log: string, hangMs: number): string {
  if (status === undefined) return `no answer in ${hangMs / 1000} s`
  if (status === 200) return '200'
  const hung = /^Internal Server Error$/.test(text) && log.includes("your Worker's code had hung")
  return `${status} (${hung ? 'cancelled by the runtime: "had hung"' : text})`
}
