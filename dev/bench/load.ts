import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What the load generator is to do: every client sends its next request when it has the answer to the last. */
export interface Load {
  readonly url: string
  readonly headers: Record<string, string>
  /** What every answer must be, to the byte. */
  readonly body: string
  /** What every answer's status must be. */
  readonly status: number
  readonly connections: number
  readonly seconds: number
}

export interface LoadResult {
  /** Good answers per second. */
  readonly requestsPerSecond: number
  /** Latency in ms. */
  readonly p50: number
  readonly p99: number
  /** Of one answer's body. */
  readonly bytes: number
  /** Requests that did not get the right answer, by kind. */
  readonly faults: Readonly<Record<string, number>>
  /** Processor time of the load generator: near 1 it measures itself. */
  readonly generatorCores: number
}

const PROCESS = fileURLToPath(new URL('load-process.ts', import.meta.url))

/** Runs the load generator once. It ends with this process, however that ends. */
export function runLoad(load: Load): Promise<LoadResult> {
  const child = fork(PROCESS)
  return new Promise((resolve, reject) => {
    child.once('message', (result) => resolve(result as LoadResult))
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`the load generator ended: ${signal ?? code}`)))
    child.send(load)
  })
}
