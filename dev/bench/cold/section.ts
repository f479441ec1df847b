import { goal } from '../goal.ts'
import type { Lab } from '../lab.ts'
import type { Section, Table } from '../section.ts'
import { ms, shown, whole } from '../show.ts'
import type { Spread } from '../spread.ts'
import type { EngineName } from '../tenants.ts'
import { type Firsts, measureFirsts } from './firsts.ts'
import { bytesPerPool, LAYOUTS, type Layout, type MemoryStep, measureMemory } from './memory.ts'
import { measureStartup } from './startup.ts'

const FULL = { requests: 10, starts: 3, profiles: 3, pools: [100, 1_000] }
const QUICK = { requests: 3, starts: 1, profiles: 1, pools: [40] }

/** KiB, gzipped: what the issue of the bundle's size allows. */
const LARGEST_BUNDLE = 400
const LONGEST_STARTUP_MS = 100
const ENGINES: readonly EngineName[] = ['postgres', 'mongo']

/** What is paid once: by the first request, by an isolate, by an idle pool. */
export const cold: Section = {
  id: 'cold',
  title: 'Cold starts, and what idles',
  question: 'What does a first request cost, and what an idle pool or host?',
  async run(lab) {
    const pace = lab.settings.quick ? QUICK : FULL
    lab.log('  start-up')
    const { bytes, gzippedBytes } = await lab.bundle()
    const startup = await measureStartup(lab, pace.profiles)
    const firsts: Record<EngineName, Firsts> = {
      postgres: await measureFirsts(lab, 'postgres', pace),
      mongo: await measureFirsts(lab, 'mongo', pace),
    }
    const memory = await measureAllMemory(lab, pace.pools)
    const headline = firstsTable(firsts)
    return {
      tables: [headline, startupTable(startup, bytes, gzippedBytes), memoryTable(memory)],
      headline,
      notes: [
        `Medians (least–most) of ${pace.requests} requests one after the other, ${pace.starts} started processes and ` +
          `${pace.profiles} profiles.`,
        'Database and Redis are on loopback: a real distance adds several round trips to everything that opens a ' +
          'connection. On Cloudflare an isolate starts from code that was compiled before, and a new object is also placed ' +
          'and routed to, which nothing here shows.',
        'Start-up is what `wrangler check startup` calls active: samples of the profile in which anything ran, garbage ' +
          'collection and the profiler itself included, on this machine and its load. Cloudflare’s own figure comes with ' +
          'a deploy.',
        'Memory is resident memory of the whole workerd process, garbage that was not collected yet included: the ' +
          'figure of the larger number says more. What a pool costs the database server is not in it.',
      ],
      goals: [
        goal(
          'bundle, gzipped',
          gzippedBytes / 1_024,
          { atMost: LARGEST_BUNDLE },
          (kib) => `${whole(kib)} KiB`,
        ),
        goal('start-up, processor time', startup, { atMost: LONGEST_STARTUP_MS }, ms),
      ],
      figures: { bytes, gzippedBytes, startup, firsts, memory },
    }
  },
}

interface Measured {
  readonly engine: EngineName
  readonly layout: Layout
  readonly steps: readonly MemoryStep[] | undefined
}

/** Both databases at once, which takes each other's time and not each other's memory. */
async function measureAllMemory(lab: Lab, counts: readonly number[]): Promise<Measured[]> {
  const all: Measured[] = []
  for (const layout of LAYOUTS) {
    lab.log(`  memory: ${layout}`)
    const measured = ENGINES.map(async (engine) => {
      return { engine, layout, steps: await measureMemory(lab, engine, layout, counts) }
    })
    all.push(...(await Promise.all(measured)))
  }
  return all
}

const KINDS: readonly [keyof Firsts, string][] = [
  ['warm', 'a warm request'],
  ['newTenant', 'a new tenant on a warm host: record, schema'],
  ['newHost', 'a new host: object, pool, look at the schema'],
  ['newTenantAndHost', 'a new tenant on a new host: record, object, pool, schema'],
  ['newIsolate', 'a new isolate, and a new host'],
  ['newProcess', 'the same from the start of workerd’s process'],
]

function firstsTable(firsts: Readonly<Record<EngineName, Firsts>>): Table {
  const cell = (spread: Spread) => shown(spread, ms)
  return {
    caption: 'Reading a tenant’s newest post where something has to be made first:',
    columns: ['what', 'Postgres', 'MongoDB'],
    rows: KINDS.map(([kind, words]) => [words, cell(firsts.postgres[kind]), cell(firsts.mongo[kind])]),
  }
}

function startupTable(startup: Spread, bytes: number, gzippedBytes: number): Table {
  return {
    caption: 'The bundle that a deploy uploads:',
    columns: ['', ''],
    rows: [
      ['size', `${whole(bytes / 1_024)} KiB, gzipped ${whole(gzippedBytes / 1_024)} KiB`],
      ['start-up, processor time', shown(startup, ms)],
    ],
  }
}

function memoryTable(memory: readonly Measured[]): Table {
  const rows = memory.flatMap(({ engine, layout, steps }) => {
    const [first, ...later] = steps ?? []
    if (!first) return [[engine, layout, 'not told by this system', '', '']]
    return later.map((step) => [
      engine,
      layout,
      whole(step.pools),
      `${whole(step.residentBytes / 2 ** 20)} MiB`,
      `${whole(bytesPerPool(first, step) / 1_024)} KiB`,
    ])
  })
  return {
    caption: 'Memory of workerd with idle pools of one connection each:',
    columns: ['database', 'idle', 'how many', 'workerd in all', 'for each one more'],
    rows,
  }
}
