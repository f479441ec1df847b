import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import type { Verdict } from './limits/quota.ts'

/** What the edge app's handlers find around them. */
export interface EdgeEnv {
  Bindings: Env
  Variables: {
    requestId: string
    config: Config
    /** For the access log: set as soon as they are known. */
    tenant?: string
    host?: string
    /** What the limiter said, for the fields of the answer. */
    verdict?: Verdict
  }
}
