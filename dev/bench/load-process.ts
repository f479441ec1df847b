import autocannon, { type Options, type Result } from 'autocannon'
import type { Load, LoadResult } from './load.ts'

/** Longer than any request is meant to take. */
const TIMEOUT_S = 30
/** autocannon ends at the end of a sample only: with its second, what is to last half of one takes one. */
const SAMPLE_MS = 50
/**
 * Answers of the beginning do not count: the first ones come a whole latency after the start, which makes the slow look
 * slower than they are when all of it lasts only a little longer. And workerd, left alone for the half minute in which
 * the others have their turn, takes a fifth to a half more time for what it answers first.
 */
const LEAD_SECONDS = 0.6

/** The load generator, in a process of its own so that it shares no thread with what it measures. */
process.once('disconnect', () => process.exit())
process.on('message', async (load) => {
  try {
    process.send?.(await run(load as Load))
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : String(error) })
  }
})

async function run({ seconds, requests, body, status, ...rest }: Load): Promise<LoadResult> {
  // autocannon's own histogram counts whole milliseconds, and its duration hundredths of a second.
  const latencies: number[] = []
  let [early, last, good] = [0, 0, 0]
  const leadSeconds = requests === undefined ? Math.min(LEAD_SECONDS, (seconds ?? 1) / 2) : 0
  const limit = requests === undefined ? { duration: seconds ?? 1 } : { amount: requests }
  const options: Options = { ...rest, ...limit, expectBody: body, timeout: TIMEOUT_S, sampleInt: SAMPLE_MS }
  const usage = process.cpuUsage()
  const started = performance.now()
  const result = await new Promise<Result>((resolve, reject) => {
    const running = autocannon(options, (error, ended) => (error ? reject(error) : resolve(ended)))
    running.on('response', (_client, code, _bytes, ms) => {
      last = performance.now()
      if (last - started < leadSeconds * 1_000) {
        early++
        return
      }
      latencies.push(ms)
      if (code === status) good++
    })
  })
  const taken = requests === undefined ? result.duration - leadSeconds : (last - started) / 1_000
  const { user, system } = process.cpuUsage(usage)

  const answers = result.statusCodeStats?.[`${status}`]?.count ?? 0
  latencies.sort((a, b) => a - b)
  const percentile = (share: number) => latencies[Math.ceil(latencies.length * share) - 1] ?? Number.NaN
  return {
    answers,
    requestsPerSecond: good / taken,
    seconds: taken,
    p50: percentile(0.5),
    p95: percentile(0.95),
    p99: percentile(0.99),
    bytes: Buffer.byteLength(body),
    faults: {
      [`not ${status}`]: result['2xx'] + result.non2xx - answers,
      'network errors': result.errors - result.timeouts,
      timeouts: result.timeouts,
      'other answers': result.mismatches,
      // A connection that the server ends is reopened without a word; what is under way at the end is one a client.
      lost: Math.max(0, result.requests.sent - early - latencies.length - rest.connections),
      unanswered: latencies.length === 0 ? 1 : 0,
    },
    generatorCores: (user + system) / 1e6 / result.duration,
  }
}
