import { goal } from '../goal.ts'
import { failuresOf, runRounds, type Standing, warmUp } from '../rounds.ts'
import type { Section } from '../section.ts'
import { inRounds, percent, shown, whole } from '../show.ts'
import { startContenders } from './contenders.ts'
import { costOf, type LayerCost } from './costs.ts'
import { LAYERS, type Name } from './layers.ts'

/** Of requests/s: what the README promises of logs and counters together. */
const TELEMETRY_KEEPS = 0.95

/** Layers cost little beside what a shared machine does meanwhile, which meets the halves of a short round alike. */
const PACE = { rounds: 9, seconds: 0.4, warmUpSeconds: 1 } as const
/** One of each Worker, before anything is measured. */
const WARMED: readonly Name[] = [
  'silent',
  'everything on',
  'unlimited',
  'one by one',
  'no directory',
  'leased',
]
const WARM_UP_SECONDS = 4

/** What each layer of the hot path costs. */
export const layers: Section = {
  id: 'layers',
  title: 'What each layer costs',
  question: 'How many requests per second does each layer of the hot path take?',
  async run(lab) {
    await using closers = new AsyncDisposableStack()
    const { quick } = lab.settings
    const pace = quick ? {} : PACE
    const contenders = await startContenders(lab, closers)
    if (!quick) {
      const warmed = contenders.filter(({ name }) => WARMED.includes(name))
      await warmUp(lab, warmed, WARM_UP_SECONDS)
    }
    const standings = await runRounds(lab, contenders, pace)
    const costs = LAYERS.map((layer) => costOf(layer, standings))
    const telemetry = costs.find(({ layer }) => layer.name === 'telemetry')?.share
    const table = {
      caption: `Reading the newest post of a tenant on Postgres, unless the row says otherwise${quick ? '' : `; ${inRounds(PACE.rounds)}`}:`,
      columns: [
        'layer',
        'switched off by',
        'requests/s with it',
        'without',
        'with ÷ without',
        'time of a request',
        'processor time of the Worker',
      ],
      rows: costs.map((cost) => row(cost, standings)),
    }
    return {
      tables: [table],
      headline: table,
      notes: [
        'Each row compares two that differ in this layer alone, in the same rounds; the Worker has everything else on, ' +
          'but for the directory (no limiter in either, since both need Redis), the hop and the lease (no limiter, and a ' +
          'header instead of a token).',
        'Time of a request is the difference of 1 ÷ requests/s. With everything on one machine it holds what Redis, the ' +
          'database and the load generator do for the layer as well; the last column is workerd’s own part.',
        'Redis is on loopback: what a limiter far from its Redis adds to the latency of a request is not shown. The ' +
          'directory is asked once in 30 s and tenant, so a warm tenant’s requests find its record in the isolate.',
        'Where a Worker logs, its lines go through a pipe into a file of this machine, which is a cost that Cloudflare ' +
          'has in another place.',
      ],
      goals: [goal('requests/s with telemetry ÷ without', telemetry, { atLeast: TELEMETRY_KEEPS }, percent)],
      figures: { standings, costs },
      failures: failuresOf(Object.values(standings)),
    }
  },
}

function row(
  { layer, share, micros, cpuMicros }: LayerCost,
  standings: Readonly<Record<Name, Standing>>,
): string[] {
  const perSecond = (name: Name) => whole(standings[name].requestsPerSecond.median)
  return [
    layer.name,
    layer.off,
    perSecond(layer.with),
    perSecond(layer.without),
    shown(share, percent),
    shown(micros, microseconds),
    cpuMicros === undefined ? '' : microseconds(cpuMicros),
  ]
}

const microseconds = (value: number) => `${whole(value)} µs`
