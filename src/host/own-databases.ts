import { LruMap } from '../lru-map.ts'
import { Problem } from '../problem.ts'
import { log } from '../telemetry/log.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { Vault } from '../tenants/vault.ts'

/** Connection strings that a host keeps open; its pools hold them anyway. */
const MAX_KEPT = 100

/** The connection strings that tenants of one host brought. They are opened here, beside the sockets, and nowhere before. */
export class OwnDatabases {
  readonly #vault: Vault
  readonly #urls = new LruMap<string, string>(MAX_KEPT)

  constructor(keys: readonly string[]) {
    this.#vault = new Vault(keys)
  }

  /**
   * The tenant's own connection string, or `undefined` for one that lives on the deployment's cluster. Throws
   * `database_unavailable` when `DIRECTORY_KEY` no longer has the key.
   */
  async urlOf({ id, connection }: Tenant): Promise<string | undefined> {
    if (connection === undefined) return undefined
    const kept = this.#urls.get(`${id} ${connection}`)
    if (kept !== undefined) return kept
    try {
      const url = await this.#vault.open(id, connection)
      this.#urls.set(`${id} ${connection}`, url)
      return url
    } catch {
      log({ event: 'connection.unreadable', tenant: id })
      throw new Problem('database_unavailable')
    }
  }
}
