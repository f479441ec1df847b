import type { Chart } from '../chart.ts'
import { goal } from '../goal.ts'
import type { Section } from '../section.ts'
import { inRounds, shown, times } from '../show.ts'
import { HOLD_MS, measureNeighbour, type NeighbourRow, NOISY_AT_ONCE } from './neighbour.ts'

const FULL = { rounds: 5, samples: 20, placements: 4, warmUps: 2 }
const QUICK = { rounds: 1, samples: 4, placements: 2, warmUps: 1 }

/** What a noisy tenant does to another one, by placement. */
export const neighbour: Section = {
  id: 'neighbour',
  title: 'A noisy neighbour',
  question: `What do a tenant’s requests feel of another tenant that always has ${NOISY_AT_ONCE} running or waiting?`,
  async run(lab) {
    const pace = lab.settings.quick ? QUICK : FULL
    const rows = await measureNeighbour(lab, pace)
    const table = {
      caption: `A victim’s requests, each of which holds a connection of Postgres for ${HOLD_MS} ms:`,
      columns: ['placement', 'alone, p50 / p99', 'beside the noise, p50 / p99', 'p99 beside ÷ alone'],
      rows: rows.map(({ name, alone, beside, ratio }) => [
        name,
        `${whole(alone.p50)} / ${whole(alone.p99)}`,
        `${whole(beside.p50)} / ${whole(beside.p99)}`,
        shown(ratio, times),
      ]),
    }
    return {
      tables: [table],
      headline: table,
      notes: [
        `Medians of ${inRounds(pace.rounds)}, interleaved, of ${pace.samples} requests of the ` +
          'victim, four at a time; of so few the p99 is the slowest one. Each placement has a Worker and its pools to itself.',
        'Noise and victim share two things that no placement divides: the machine’s processors, and the database server. ' +
          'On Cloudflare a dedicated host has neither in common with others but the database.',
        'First in, first out lets the victim stand in the noisy tenant’s own line.',
      ],
      goals: [goal('victim’s p99, dedicated ÷ alone', rows[0]?.ratio, { atMost: 1.5 }, times)],
      figures: { ...pace, rows },
      charts: [chartOf(rows)],
    }
  },
}

function chartOf(rows: readonly NeighbourRow[]): Chart {
  return {
    name: 'neighbour',
    title: 'A victim’s p99 beside a noisy neighbour, by placement',
    bars: rows.map(({ name, beside }, index) => ({
      label: name,
      value: beside.p99,
      text: whole(beside.p99),
      ours: index < PLACED_APART,
    })),
  }
}

/** The placements as they are; what comes after is for contrast. */
const PLACED_APART = 3

const whole = (value: number) => `${Math.round(value)} ms`
