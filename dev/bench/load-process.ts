import autocannon, { type Result } from 'autocannon'
import type { Load, LoadResult } from './load.ts'

/** The load generator, in a process of its own so that it shares no thread with what it measures. */
process.once('disconnect', () => process.exit())
process.once('message', async (load) => {
  process.send?.(await run(load as Load), () => process.disconnect())
})

async function run({ url, headers, body, status, connections, seconds }: Load): Promise<LoadResult> {
  const started = process.cpuUsage()
  // autocannon's own histogram counts whole milliseconds.
  const latencies: number[] = []
  const options = { url, headers, connections, duration: seconds, expectBody: body }
  const result = await new Promise<Result>((resolve, reject) => {
    const running = autocannon(options, (error, ended) => (error ? reject(error) : resolve(ended)))
    running.on('response', (_client, _status, _bytes, ms) => void latencies.push(ms))
  })
  const { user, system } = process.cpuUsage(started)

  const good = result.statusCodeStats?.[`${status}`]?.count ?? 0
  latencies.sort((a, b) => a - b)
  const percentile = (share: number) => latencies[Math.ceil(latencies.length * share) - 1] ?? Number.NaN
  return {
    requestsPerSecond: good / result.duration,
    p50: percentile(0.5),
    p99: percentile(0.99),
    bytes: Buffer.byteLength(body),
    faults: {
      [`not ${status}`]: result['2xx'] + result.non2xx - good,
      'network errors': result.errors - result.timeouts,
      timeouts: result.timeouts,
      'other answers': result.mismatches,
      // A connection that the server ends is reopened without a word; what is under way at the end is one a client.
      lost: Math.max(0, result.requests.sent - latencies.length - connections),
    },
    generatorCores: (user + system) / 1e6 / result.duration,
  }
}
