import { DurableObject } from 'cloudflare:workers'
import type { Pool } from '@neondatabase/serverless'
import type { MongoClient } from 'mongodb'
import { CLIENTS } from '../settings.ts'
import type { PeerEnv } from './env.ts'
import { openMongo, readDocuments } from './mongo.ts'
import { openPostgres, readRows } from './postgres.ts'

/**
 * What a tutorial shows: an object that holds one client; no tenants, no limits, no cache, no care for what breaks. Its name
 * is how many posts it reads.
 */
export class PostgresTutorial extends DurableObject<PeerEnv> {
  #pool: Pool | undefined

  override fetch(): Promise<Response> {
    this.#pool ??= openPostgres(this.env, { max: CLIENTS })
    return readRows(this.#pool, Number(this.ctx.id.name))
  }
}

/** The same with a MongoClient. */
export class MongoTutorial extends DurableObject<PeerEnv> {
  #client: MongoClient | undefined

  override fetch(): Promise<Response> {
    this.#client ??= openMongo(this.env, { maxPoolSize: CLIENTS })
    return readDocuments(this.#client, Number(this.ctx.id.name))
  }
}
