import { tenantRecords, writePosts } from '../posts.ts'
import type { Section } from '../section.ts'
import { ms, shown } from '../show.ts'
import type { Spread } from '../spread.ts'
import { TENANTS } from '../tenants.ts'
import { latencies, type Read, readsOf, type State } from './reads.ts'

/** How often each is asked for: a cold pool takes longest. */
const TIMES = {
  full: { cold: 25, warm: 200, cached: 200 },
  quick: { cold: 3, warm: 5, cached: 5 },
} as const

/** What the query cache saves. */
export const reads: Section = {
  id: 'reads',
  title: 'Reads: cold, warm, cached',
  question:
    'How long does one read take where it has to open the pool, finds it open, or is answered from the cache?',
  async run(lab) {
    const times = TIMES[lab.settings.quick ? 'quick' : 'full']
    await using worker = await lab.startRockpool('reads', {
      TENANTS: tenantRecords(),
      // A tenant with several hosts has no cache.
      TIERS: JSON.stringify({ enterprise: { shards: 1 } }),
      RATE_LIMITS: 'off',
    })
    const closePool = async (tenant: string) => {
      const answer = await fetch(`${worker.url}/admin/connections/${tenant}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${lab.stack.variables.ADMIN_TOKEN ?? ''}` },
      })
      if (answer.status !== 200)
        throw new Error(`the pool of ${tenant} was not closed: ${await answer.text()}`)
    }
    const figures: { engine: string; read: Read; spreads: Record<State, Spread> }[] = []
    for (const [engine, tenant] of Object.entries(TENANTS)) {
      await writePosts(worker.url, tenant)
      for (const read of await readsOf(worker, tenant)) {
        lab.log(`  ${engine}: ${read.name}`)
        const spreads = await latencies(read, times, () => closePool(tenant))
        figures.push({ engine, read, spreads })
      }
    }
    return {
      tables: [
        {
          caption: `One request after the other: ${times.cold} cold, ${times.warm} warm and as many from the cache`,
          columns: ['database', 'read', 'cold: the pool is opened', 'warm', 'from the cache'],
          rows: figures.map(({ engine, read, spreads: { cold, warm, cached } }) => [
            engine,
            read.name,
            ...[cold, warm, cached].map((spread) => shown(spread, ms)),
          ]),
        },
      ],
      notes: [
        'Latency at one client, the client’s own work included; medians (least–most) of all requests, not of rounds. ' +
          'Under load the cache saves more, since it leaves the connections to others.',
      ],
      goals: [],
      figures,
    }
  },
}
