import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import type { Spent } from '../pools/request-usage.ts'
import type { Problem } from '../problem.ts'
import type { Verdict } from './limits/quota.ts'
import type { Placement } from './place.ts'
import type { Trace } from './traceparent.ts'

/** What the edge app's handlers find around them. */
export interface EdgeEnv {
  Bindings: Env
  Variables: {
    requestId: string
    /** When it came, epoch ms. */
    startedAt: number
    trace: Trace
    config: Config
    /** For the access log: set as soon as they are known. */
    tenant?: string
    host?: string
    placement?: Placement['kind']
    /** What it spent where it ran. */
    spent?: Spent
    /** How long its limit took, in ms. */
    limitMs?: number
    /** What the limiter said, for the fields of the answer. */
    verdict?: Verdict
    /** What it was refused for here, at the edge. */
    problem?: Problem
  }
}
