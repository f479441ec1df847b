import type { Section } from '../section.ts'
import { fixed, inRounds, shown } from '../show.ts'
import { spreadOf } from '../spread.ts'
import { HOLD_MS, measureHold, THREADS } from './hold.ts'

const REQUESTS = 100
/** Enough to see that it works: a hundred of them one at a time take ten seconds. */
const QUICK_REQUESTS = 10

/** How long it takes until all are served, against the best there can be with so many at a time. */
export const hold: Section = {
  id: 'hold',
  title: 'Requests that hold the database',
  question: `${REQUESTS} requests at once, each of which keeps a connection busy for ${HOLD_MS} ms: when are all served?`,
  async run(lab) {
    const { quick, rounds } = lab.settings
    const requests = quick ? QUICK_REQUESTS : REQUESTS
    const served = await measureHold(lab, { rounds, requests })
    const table = {
      caption: `${requests} requests of ${HOLD_MS} ms at once, Postgres, ${inRounds(rounds)}`,
      columns: ['what answers', 'at a time', 'ideal', 'all served in'],
      rows: served.map(({ name, connections, seconds }) => [
        name,
        `${connections}`,
        inSeconds((Math.ceil(requests / connections) * HOLD_MS) / 1_000),
        shown(spreadOf(seconds), inSeconds),
      ]),
    }
    return {
      tables: [table],
      headline: table,
      notes: [
        `One at a time and ${THREADS} at a time are the plain Node server with a pool of that size, which has no Worker in ` +
          `between; ${THREADS} is what a pool of threads has by default. Rockpool’s rows are its pools as tiers and ` +
          'placements size them. The rounds of one at a time run side by side, on a server each.',
        'The connections are open before the clock starts, and the database only waits: nothing is said of work that ' +
          'the database would have to do at the same time.',
      ],
      goals: [],
      figures: served,
      failures: served.flatMap(({ failures }) => failures),
    }
  },
}

const inSeconds = (value: number) => `${fixed(2)(value)} s`
