import { bundlePeers } from '../peers-worker.ts'
import type { Section } from '../section.ts'
import { ms, shown } from '../show.ts'
import { idleConnections } from './idle-client.ts'
import { type Lifetimes, measureLifetimes } from './lifetimes.ts'

/** Why sockets live in Durable Objects. */
export const lifetimes: Section = {
  id: 'lifetimes',
  title: 'Where a client survives',
  question: 'What becomes of a database client that is kept from one request to the next?',
  async run(lab) {
    const peers = await bundlePeers(lab)
    const idle = await idleConnections(peers, lab.mongo)
    const { postgres, mongo } = await measureLifetimes(peers, lab.settings)
    const table = {
      columns: ['what, on workerd', 'Postgres', 'MongoDB'],
      rows: [
        ['client in a module-level variable of a Worker', inTurn(postgres.module), inTurn(mongo.module)],
        ['the same client in a Durable Object', inObject(postgres.object), inObject(mongo.object)],
        ['module-level client shared by two objects', byObject(postgres.shared), byObject(mongo.shared)],
        ['one idle client', '', idle === null ? 'not counted by this server' : `${idle} connections`],
      ],
    }
    return {
      tables: [table],
      headline: table,
      notes: [
        'One request after the other, the answer of each in full. What the runtime does to a socket of another request ' +
          'is its rule, not a matter of load: these are outcomes, not speeds.',
        'Idle connections are counted by the server, while nobody else uses it; one of them is the driver’s monitor.',
      ],
      goals: [],
      figures: { postgres, mongo, idleConnections: idle },
    }
  },
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
    `first ${shown(first, ms)}, later ${shown(later, ms)}`
  )
}
