import type { Config } from '../config.ts'
import { checkConnectionString } from '../tenants/connection-string.ts'
import type { TenantRecord } from '../tenants/record.ts'
import { Vault } from '../tenants/vault.ts'
import { invalid } from './tenant-input.ts'

/** The connection strings that tenants bring, on their way into the directory. They never come out of it here. */
export class OwnConnections {
  readonly #config: Config
  readonly #vault: Vault

  constructor(config: Config) {
    this.#config = config
    this.#vault = new Vault(config.directoryKeys)
  }

  /** The string in the form that is kept; `null` when none was given. Throws `invalid_request`. */
  check({ engine }: TenantRecord, value: string | null | undefined): string | null {
    if (value === undefined || value === null) return null
    if (!this.#vault.canSeal) {
      throw invalid('connection_string', 'This deployment takes none: it has no DIRECTORY_KEY.')
    }
    const checked = checkConnectionString(engine, value, this.#config.allowPrivateDatabases)
    if (!checked.ok) throw invalid('connection_string', checked.reason)
    return checked.url
  }

  seal(tenantId: string, url: string): Promise<string> {
    return this.#vault.seal(tenantId, url)
  }

  /** Whether a record has this connection string; `null` stands for none. */
  async isSame({ id, connection }: TenantRecord, url: string | null): Promise<boolean> {
    if (connection === null || url === null) return connection === url
    // One that cannot be opened any more is replaced by a PATCH.
    return (await this.#vault.open(id, connection).catch(() => undefined)) === url
  }
}
