import { goal } from '../goal.ts'
import type { Section } from '../section.ts'
import { inRounds, percent, shown, whole } from '../show.ts'
import { type Attempt, findLargest, measureIdeal, STEP, type StrategyRow, TOLERANCE } from './ideal.ts'

const FULL = { rounds: 5, holdMs: 1_000 }
const QUICK = { rounds: 1, holdMs: 100 }

/** What the placements cost in time against their ideal. */
export const strategies: Section = {
  id: 'strategies',
  title: 'Placements against their ideal',
  question:
    'When every user sends a request at the same moment, how much longer than its connections alone would ' +
    'take does each placement need?',
  async run(lab) {
    const { quick } = lab.settings
    const pace = quick ? QUICK : FULL
    const { users, rows } = await (quick ? measureIdeal(lab, 2 * STEP, pace) : findLargest(lab, pace))
    const table = tableOf({ users, rows }, pace.holdMs)
    return {
      tables: [table],
      headline: table,
      notes: [
        `Medians (least–most) of ${inRounds(pace.rounds)}, pools open and warm ` +
          'before the clock starts; the ideal is users ÷ connections × holding time, with no other work at all.',
        quick
          ? 'A quick run takes a fixed number of users.'
          : `The number of users is about the largest that all three placements carry within ${percent(TOLERANCE)}: it is the ` +
            'machine’s figure, and larger machines carry more.',
        'A connection is held in pg_sleep, which costs the database nothing: this shows waiting and admission, not ' +
          'how many statements a database can do.',
      ],
      goals: rows.map(({ strategy, above }) =>
        goal(`${strategy.name} above the ideal`, above, { atMost: TOLERANCE }, percent),
      ),
      figures: { users, ...pace, rows },
    }
  },
}

function tableOf({ users, rows }: Attempt, holdMs: number) {
  const row = ({ strategy, idealMs, totalMs, above }: StrategyRow) => [
    `\`${strategy.name}\``,
    whole(strategy.connections),
    seconds(idealMs),
    shown(totalMs, seconds),
    percent(above.median),
  ]
  return {
    caption: `${whole(users)} users at once, each holds a connection of Postgres for ${seconds(holdMs)}:`,
    columns: ['placement', 'connections', 'ideal', 'all served in', 'above the ideal'],
    rows: rows.map(row),
  }
}

const seconds = (value: number) => `${(value / 1_000).toFixed(2)} s`
