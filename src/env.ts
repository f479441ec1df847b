import type { PoolHost } from './host/pool-host.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { Meter } from './meter/meter.ts'
import type { PasswordHasher } from './sign-in/password-hasher.ts'

/** The Durable Object namespaces, assets and variables that wrangler.toml binds. Variables are read by config.ts alone. */
export interface Env {
  readonly POOL_HOST: DurableObjectNamespace<PoolHost>
  readonly LEDGER: DurableObjectNamespace<Ledger>
  readonly METER: DurableObjectNamespace<Meter>
  readonly PASSWORD_HASHER: DurableObjectNamespace<PasswordHasher>
  /** What browsers load of the dashboard. */
  readonly ASSETS: Fetcher
}
