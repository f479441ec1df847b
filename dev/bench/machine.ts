import { availableParallelism, cpus, loadavg } from 'node:os'
import type { MongoClient } from 'mongodb'
import pg from 'pg'
import packages from '../../package.json' with { type: 'json' }
import type { Lab } from './lab.ts'

/** Where the figures come from; without that they say nothing. */
export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly node: string
  readonly workerd: string
  readonly postgres: string
  readonly mongo: string
  readonly redis: string
  readonly loadGenerator: string
}

export async function describeMachine({ stack, mongo }: Lab): Promise<Machine> {
  const { autocannon, workerd } = packages.devDependencies
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.versions.node,
    workerd,
    postgres: await postgresVersion(stack.postgresUrl),
    mongo: await mongoVersion(mongo),
    redis: stack.services.redis,
    loadGenerator: `autocannon ${autocannon}`,
  }
}

/** Processes that wanted a processor in the last minute, on average. */
export function loadAverage(): number {
  return loadavg()[0] ?? Number.NaN
}

async function postgresVersion(url: string): Promise<string> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
    return rows[0]?.server_version ?? 'unknown'
  } finally {
    await client.end()
  }
}

async function mongoVersion(client: MongoClient): Promise<string> {
  const { version, modules } = await client.db('admin').command({ buildInfo: 1 })
  const embedded = Array.isArray(modules) && modules.includes('rockpool-stand-in')
  return embedded ? 'embedded stand-in of the local stack' : `server of MONGODB_URI, version ${version}`
}
