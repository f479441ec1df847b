import type { Chart } from '../chart.ts'
import type { Table } from '../section.ts'
import { inRounds, ms, whole } from '../show.ts'
import type { EngineName } from '../tenants.ts'
import type { Measured, Standings } from './goals.ts'
import * as names from './names.ts'

const ENGINES = Object.keys(names.ENGINE_NAMES) as EngineName[]
const DEDICATED = names.ours('dedicated')

/** Both engines beside each other: one post from near and far, and a page of them. */
export function headline({ near, far, pages }: Measured): Table {
  const all = new Set(Object.values(near).map(({ name }) => name.replace(/^\w+: /, '')))
  const ofPages = pages ? `, of pages in ${roundsOf(pages)}` : ''
  return {
    caption: `Measured in ${inRounds(roundsOf(near))}, with a delay in ${roundsOf(far.standings)}${ofPages}:`,
    columns: [
      'what answers',
      ...ENGINES.flatMap((engine) => [
        `${names.ENGINE_NAMES[engine]}, requests/s`,
        'p50',
        `p50 at ${far.delayMs} ms`,
        ...(pages ? ['pages/s'] : []),
      ]),
    ],
    rows: [...all].map((name) => [
      name === DEDICATED ? `**${name}**` : name,
      ...ENGINES.flatMap((engine, column) => {
        // Those that ask no database stand in the first columns only.
        const [close, distant, paged] = [near, far.standings, pages].map(
          (standings) =>
            standings?.[names.keyOf(engine, name)] ?? (column === 0 ? standings?.[name] : undefined),
        )
        const page = pages
          ? [paged && paged.failure === undefined ? whole(paged.requestsPerSecond.median) : '']
          : []
        if (close?.failure !== undefined) return ['failed', '', '', ...page]
        return [
          close ? whole(close.requestsPerSecond.median) : '',
          close ? ms(close.p50.median) : '',
          distant && distant.failure === undefined ? ms(distant.p50.median) : '',
          ...page,
        ]
      }),
    ]),
  }
}

/** How many rounds they were measured in. */
export function roundsOf(standings: Standings): number {
  return Object.values(standings)[0]?.rounds.length ?? 0
}

/** Ours with everything on, and without what the peers do not have either, among them. */
export function peersChart(near: Standings): Chart {
  const bars = ENGINES.flatMap((engine) =>
    [
      names.PER_REQUEST,
      names.PER_REQUEST_SCRAM,
      names.FASTAPI,
      names.TUTORIAL,
      names.NODE,
      names.BARE,
      DEDICATED,
    ].flatMap((name) => {
      const standing = near[names.keyOf(engine, name)]
      if (!standing || standing.failure !== undefined) return []
      const { median } = standing.requestsPerSecond
      return [
        {
          label: `${names.ENGINE_NAMES[engine]}: ${name}`,
          value: median,
          text: whole(median),
          ours: name === DEDICATED || name === names.BARE,
        },
      ]
    }),
  )
  return { name: 'requests-per-second', title: 'Requests per second, 32 clients, warm', bars }
}
