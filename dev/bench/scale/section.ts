import { goal } from '../goal.ts'
import { failuresOf, ratio, type Standing } from '../rounds.ts'
import type { GoalResult, Section, Table } from '../section.ts'
import { ms, shown, times, whole } from '../show.ts'
import type { Spread } from '../spread.ts'
import { type AskRow, measureAsks } from './asks.ts'
import { measureWorkers } from './workers.ts'

const FULL = { known: [10, 1_000, 100_000], pace: { rounds: 5, asks: 10_000 } }
const QUICK = { known: [10, 1_000], pace: { rounds: 1, asks: 2_000 } }

/** What more tenants may cost a busy one: what grows with their number grows far beyond this. */
const FLAT = 2
const FLAT_REQUESTS = 0.9

/** What a request of a busy tenant pays for all the others that are known. */
export const scale: Section = {
  id: 'scale',
  title: 'Many tenants',
  question: 'Does a warm request get slower with the number of tenants that are known?',
  async run(lab) {
    const { known, pace } = lab.settings.quick ? QUICK : FULL
    lab.log('  leases')
    const asks = await measureAsks(known, pace)
    const standings = await measureWorkers(lab, known)
    return {
      tables: [asksTable(known, asks), workersTable(known, standings)],
      notes: [
        `The first table is Rockpool’s own code in Node, ${pace.rounds} rounds of ${pace.asks} asks, each number of tenants in turn, on an ` +
          'engine that answers at once: a lease of which nothing is used. An isolate remembers 10,000 records and a host ' +
          'has at most 10,000 pools, so of 100,000 tenants they have forgotten most.',
        'The busy tenants are those that came last, one alone or a hundred in turn. A tenant that was forgotten pays for ' +
          'the reading of its record or the opening of its pool, which is not in here but in the section on cold starts.',
        'The second table is a whole request on workerd, with the most records in Redis for all; every tenant that is ' +
          'known, 10,000 at most, has sent one request.',
      ],
      goals: [...askGoals(known, asks), requestGoal(known, standings)],
      figures: { known, ...pace, asks, standings },
      failures: failuresOf(Object.values(standings)),
    }
  },
}

function asksTable(known: readonly number[], rows: readonly AskRow[]): Table {
  return {
    caption: 'What a warm request asks for its tenant, by the number of known tenants:',
    columns: ['asked for', 'busy tenants', ...known.map(whole), 'most ÷ fewest'],
    rows: rows.map((row) => [
      row.part,
      whole(row.busy),
      ...row.micros.map((spread) => shown(spread, (value) => `${value.toFixed(2)} µs`)),
      shown(row.growth, times),
    ]),
  }
}

/** One for each part: the worst of its rows. */
function askGoals(known: readonly number[], rows: readonly AskRow[]): GoalResult[] {
  const worst = new Map<string, Spread>()
  for (const { part, growth } of rows) {
    if (growth.median > (worst.get(part)?.median ?? 0)) worst.set(part, growth)
  }
  return [...worst].map(([part, seen]) => goal(`${part}, ${range(known)}`, seen, { atMost: FLAT }, times))
}

function workersTable(known: readonly number[], standings: Readonly<Record<string, Standing>>): Table {
  const rows = known.flatMap((count) => {
    const standing = standings[`${count}`]
    if (!standing) return []
    const { requestsPerSecond, p50, p99 } = standing
    return [[whole(count), shown(requestsPerSecond, whole), ms(p50.median), ms(p99.median)]]
  })
  return {
    caption: 'One busy tenant reads its newest post on Postgres:',
    columns: ['known tenants', 'requests/s', 'p50', 'p99'],
    rows,
  }
}

function requestGoal(known: readonly number[], standings: Readonly<Record<string, Standing>>): GoalResult {
  const [fewest, most] = [standings[`${known[0]}`], standings[`${known.at(-1)}`]]
  const share = fewest && most ? ratio(most, fewest) : undefined
  return goal(`requests/s of a busy tenant, ${range(known)}`, share, { atLeast: FLAT_REQUESTS }, times)
}

const range = (known: readonly number[]) =>
  `${whole(known.at(-1) ?? 0)} ÷ ${whole(known[0] ?? 0)} known tenants`
