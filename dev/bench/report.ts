import type { Lifetimes } from './lifetimes.ts'
import type { Machine } from './machine.ts'
import { ratio, type Standing } from './rounds.ts'
import type { Settings } from './settings.ts'
import type { Spread } from './spread.ts'
import type { EngineName } from './tenants.ts'
import type { Throughput } from './throughput.ts'

/** All that one run found out. */
export interface Findings {
  readonly at: string
  readonly machine: Machine
  readonly settings: Settings
  readonly loadAverage: { readonly before: number; readonly after: number }
  readonly lifetimes: Readonly<Record<EngineName, Lifetimes>>
  readonly idleConnections: number | null
  readonly throughput: Throughput
}

/** A share of one core from which the load generator, and not the Worker, may be what limits a figure. */
const BUSY = 0.85

export function report(findings: Findings): string {
  const { lifetimes, throughput, idleConnections } = findings
  const { postgres, mongo } = lifetimes
  const postgresPeer = throughput['Postgres, connect per request']
  const postgresPooled = throughput['Postgres, Rockpool']
  const mongoPeer = throughput['MongoDB, connect per request']
  const mongoPooled = throughput['MongoDB, Rockpool']
  const connections =
    idleConnections === null ? 'not counted by this server' : `${idleConnections} of the server's connections`
  const rows = [
    ['client in a module-level variable of a Worker', inTurn(postgres.module), inTurn(mongo.module)],
    ['the same in a Durable Object', inObject(postgres.object), inObject(mongo.object)],
    ['module-level client shared by two objects', byObject(postgres.shared), byObject(mongo.shared)],
    ['connect per request, plain Worker', underLoad(postgresPeer), underLoad(mongoPeer)],
    ['Rockpool', underLoad(postgresPooled), underLoad(mongoPooled)],
    ['Rockpool ÷ connect per request', times(postgresPooled, postgresPeer), times(mongoPooled, mongoPeer)],
    ['one idle client', '', connections],
  ]
  const plain = [
    ['plain Worker', underLoad(throughput['no database, plain Worker'])],
    ['one hop to an object', underLoad(throughput['no database, one hop'])],
  ]
  return [
    table(['what', 'Postgres', 'MongoDB'], rows),
    table(['no database', ''], plain),
    notes(findings),
  ].join('\n')
}

function notes({ machine, settings, loadAverage, throughput }: Findings): string {
  const { cores, processor, node, workerd, postgres, mongo, loadGenerator } = machine
  const { connections, rounds, seconds } = settings
  const busy = Object.values(throughput)
    .filter(({ generatorCores }) => generatorCores.median >= BUSY)
    .map(({ name, generatorCores }) => `${name} (${percent(generatorCores.median)} of a core)`)
  const bytes = (standing: Standing) => `${standing.rounds[0]?.bytes ?? 0} bytes`
  const lines = [
    `Median (least to most). Under load: ${loadGenerator}, ${connections} connections, closed loop; ${rounds} rounds of ` +
      `${seconds} s, all contenders in turn in each. Each answer was compared: the newest 20 posts of a tenant, ` +
      `${bytes(throughput['Postgres, Rockpool'])} from Postgres, ${bytes(throughput['MongoDB, Rockpool'])} from MongoDB.`,
    `workerd ${workerd}, Postgres ${postgres}, MongoDB: ${mongo}, Node ${node} for the rest; ${cores} cores ` +
      `(${processor}) shared by all of them and the load generator. ` +
      `Load average ${loadAverage.before.toFixed(2)} before, ${loadAverage.after.toFixed(2)} after, ` +
      'the run itself included.',
    'All on loopback without TLS, and Postgres takes passwords as Neon does, in clear text: connecting per request is ' +
      'at its best here.',
  ]
  if (busy.length > 0) {
    lines.push(`What the load generator could do, rather than the Worker, limits: ${busy.join('; ')}.`)
  }
  return `${lines.join('\n\n')}\n`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('')
}

function inTurn(answers: readonly string[]): string {
  return answers.map((answer, index) => `request ${index + 1}: ${answer}`).join('; ')
}

function byObject(answers: readonly string[]): string {
  const [first, second, again] = answers
  return `first object: ${first}; second: ${second}; first again: ${again}`
}

function inObject({ first, later, laterRequests, sameConnection }: Lifetimes['object']): string {
  return (
    `same connection for ${sameConnection} of ${laterRequests} later requests; ` +
    `first ${milliseconds(first)}, later ${milliseconds(later)}`
  )
}

function underLoad({ requestsPerSecond, p50, p99, failure }: Standing): string {
  if (failure !== undefined) return `**failed**: ${failure}`
  const rate = `${whole(requestsPerSecond.median)} req/s`
  const range = `${whole(requestsPerSecond.min)} to ${whole(requestsPerSecond.max)}`
  return `${rate} (${range}), p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`
}

function times(a: Standing, b: Standing): string {
  if (a.failure !== undefined || b.failure !== undefined) return '**failed**'
  const { median, min, max } = ratio(a, b)
  return `${median.toFixed(1)}x (${min.toFixed(1)} to ${max.toFixed(1)})`
}

function milliseconds({ median, min, max }: Spread): string {
  return `${median.toFixed(1)} ms (${min.toFixed(1)} to ${max.toFixed(1)})`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}
