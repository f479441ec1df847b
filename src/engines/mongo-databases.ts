import type { Db, MongoClient, ReadPreferenceMode } from 'mongodb'
import { LruMap } from '../lru-map.ts'

/** Databases that a client keeps ready: those of the tenants that share it, with either preference. */
const MAX_KEPT = 2_000

/** The databases of one client. The driver would work out its options anew for every one that it is asked for. */
export class MongoDatabases {
  readonly #client: MongoClient
  readonly #kept = new LruMap<string, Db>(MAX_KEPT)

  constructor(client: MongoClient) {
    this.#client = client
  }

  named(name: string, readPreference: ReadPreferenceMode): Db {
    const key = `${readPreference} ${name}`
    let database = this.#kept.get(key)
    if (!database) {
      database = this.#client.db(name, { readPreference })
      this.#kept.set(key, database)
    }
    return database
  }
}
