import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startBundled } from '../support/bundled.ts'

const MINUTE_MS = 60_000

interface Counts {
  readonly calls: Readonly<Record<string, number>>
  readonly writes: number
  readonly timers: number
}

/** Tenants of both engines, whose pools are open when the minute begins. */
const TENANTS = [
  ['user_a', 'mongo'],
  ['user_b', 'mongo'],
  ['acme', 'postgres'],
  ['globex', 'postgres'],
] as const

type Kind = 'idle' | 'down' | 'telling nothing'

/** What a deployment with open pools does by itself within a minute. */
async function countMinute(kind: Kind): Promise<Counts> {
  await using worker = await startBundled(
    { TENANT_SOURCES: 'header' },
    { mongoTellsAvailable: kind !== 'telling nothing' },
    'test/load/counted/worker.ts',
  )
  const { faults } = worker.stack
  for (const [tenant] of TENANTS) {
    const answer = await fetch(`${worker.url}/api/posts`, { headers: { 'x-user-id': tenant } })
    expect(answer.status).toBe(200)
  }
  // What the last request leaves behind is not the deployment's own.
  await setTimeout(5_000)
  if (kind === 'down') {
    for (const service of ['postgres', 'mongo'] as const) {
      faults[service].set({ refuse: true })
      faults[service].cut()
    }
  }
  const read = async () => (await (await fetch(`${worker.url}/counts`)).json()) as Counts
  const before = await read()
  await setTimeout(MINUTE_MS)
  const after = await read()
  const calls = Object.entries(after.calls).map(
    ([name, count]) => [name, count - (before.calls[name] ?? 0)] as const,
  )
  return {
    calls: Object.fromEntries(calls.filter(([, count]) => count > 0)),
    writes: after.writes - before.writes,
    timers: after.timers - before.timers,
  }
}

it('what a deployment does by itself in a minute is bounded, whether its databases are up, down or silent about themselves', async () => {
  const kinds: readonly Kind[] = ['idle', 'down', 'telling nothing']
  const counted = await Promise.all(kinds.map(countMinute))
  kinds.forEach((kind, n) => {
    const { calls, writes, timers } = counted[n] ?? { calls: {}, writes: 0, timers: 0 }
    const made = Object.values(calls).reduce((sum, count) => sum + count, 0)
    console.info(
      `${kind}: ${made} calls, ${writes} writes, ${timers} timers a minute; ${JSON.stringify(calls)}`,
    )
    // Six hosts and Ledgers that report twice a minute; never one call a second.
    expect(made, `${kind}: calls`).toBeLessThanOrEqual(60)
    expect(writes, `${kind}: writes`).toBeLessThanOrEqual(120)
  })
})
