import type { EndedCommand, PooledConnection } from '../engines/engine.ts'
import type { PoolSpec } from './pool-spec.ts'
import type { RequestUsage } from './request-usage.ts'
import type { PoolTally } from './tally.ts'

/** Who holds a connection. */
export interface Holder {
  readonly tenant: string
  /** Absent where it is not a tenant's request. */
  readonly usage: RequestUsage | undefined
}

/** What happened to one request at a pool. */
export type LeaseNotice = { readonly spec: PoolSpec; readonly holder: Holder | undefined } & (
  | { readonly event: 'lease.timeout'; readonly waitMs: number; readonly code: string }
  | { readonly event: 'query.slow'; readonly durationMs: number; readonly statement: string }
)

export interface CommandMeterOptions {
  readonly spec: PoolSpec
  readonly tally: PoolTally
  readonly slowQueryMs: number
  readonly notify: (notice: LeaseNotice) => void
}

/** Times what runs on the connections of one pool, for whoever holds them, and tells of what is slow. */
export class CommandMeter<C extends PooledConnection> {
  readonly #options: CommandMeterOptions
  readonly #holders = new Map<PooledConnection, Holder>()

  constructor(options: CommandMeterOptions) {
    this.#options = options
  }

  lent(connection: C, holder: Holder): void {
    this.#holders.set(connection, holder)
  }

  returned(connection: C): void {
    this.#holders.delete(connection)
  }

  /** On the hot path: a statement's shape is made for slow ones only. */
  ended({ connection, durationMs, shape }: EndedCommand): void {
    const holder = this.#holders.get(connection)
    holder?.usage?.queried(durationMs)
    const { notify, slowQueryMs, spec, tally } = this.#options
    if (durationMs < slowQueryMs) return
    tally.count('slow_queries')
    notify({ event: 'query.slow', spec, holder, durationMs, statement: shape() })
  }
}
