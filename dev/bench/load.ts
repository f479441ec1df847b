import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What the load generator is to do: every client sends its next request when it has the answer to the last. */
export interface Load {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** What every answer must be, to the byte. */
  readonly body: string
  /** What every answer's status must be. */
  readonly status: number
  readonly connections: number
  /** How long it lasts, a short lead-in included. One of the two is given. */
  readonly seconds?: number
  /** After how many requests it ends. */
  readonly requests?: number
}

export interface LoadResult {
  /** Good answers, those of the lead-in included. */
  readonly answers: number
  /** Good answers per second. */
  readonly requestsPerSecond: number
  /** That were counted: after the lead-in, or, of a number of requests, from the first one to the last answer. */
  readonly seconds: number
  /** Latency in ms. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
  /** Of one answer's body. */
  readonly bytes: number
  /** Requests that did not get the right answer, by kind. */
  readonly faults: Readonly<Record<string, number>>
  /** Processor time of the load generator: near 1 it measures itself. */
  readonly generatorCores: number
}

const PROCESS = fileURLToPath(new URL('load-process.ts', import.meta.url))

/** The load generator, a process of its own. It ends with this process, however that ends. */
export class LoadGenerator {
  readonly #child: ChildProcess = fork(PROCESS)
  readonly #ended = once(this.#child, 'exit').then(([code, signal]) => {
    throw new Error(`the load generator ended: ${signal ?? code}`)
  })

  constructor() {
    // Whoever runs a load hears of it; between two of them nobody does.
    this.#ended.catch(() => {})
  }

  /** Puts on one load; a second one has to wait for its end. */
  async run(load: Load): Promise<LoadResult> {
    const answered = once(this.#child, 'message') as Promise<[LoadResult | { readonly error: string }]>
    this.#child.send(load)
    const [result] = await Promise.race([answered, this.#ended])
    if ('error' in result) throw new Error(`the load generator: ${result.error}`)
    return result
  }

  close(): void {
    this.#child.kill()
  }
}
