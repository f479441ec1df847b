import type { PoolHost } from './host/pool-host.ts'
import type { Ledger } from './ledger/ledger.ts'

/** The Durable Object namespaces, assets and variables that wrangler.toml binds. Variables are read by config.ts alone. */
export interface Env {
  readonly POOL_HOST: DurableObjectNamespace<PoolHost>
  readonly LEDGER: DurableObjectNamespace<Ledger>
  /** What browsers load of the dashboard. */
  readonly ASSETS: Fetcher
}
