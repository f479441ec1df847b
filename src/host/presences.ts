import type { ReportReceipt } from '../ledger/report.ts'
import type { QuotaPool } from '../pools/quota.ts'
import type { Cluster } from '../pools/statistics.ts'
import { log } from '../telemetry/log.ts'
import type { Grants } from './grants.ts'
import { Presence, type PresenceOptions } from './presence.ts'

export interface PresencesOptions extends Omit<PresenceOptions, 'cluster' | 'ledger' | 'bannedUntil'> {
  /** A cluster's Ledger; see `PresenceOptions`. */
  readonly ledger: (cluster: Cluster) => ReturnType<PresenceOptions['ledger']>
  /** When the host's ban of a cluster ends, epoch ms; `undefined` when there is none. */
  readonly bannedUntil: (cluster: Cluster) => number | undefined
}

/** What one life of a host is to the clusters that it was asked for: each has a Ledger of its own. */
export class Presences {
  readonly #options: PresencesOptions
  readonly #byCluster = new Map<Cluster, Presence>()

  constructor(options: PresencesOptions) {
    this.#options = options
  }

  /** The one on `cluster`, from now on. */
  on(cluster: Cluster): Presence {
    let presence = this.#byCluster.get(cluster)
    if (!presence) {
      const { ledger, bannedUntil, ...options } = this.#options
      presence = new Presence({
        ...options,
        cluster,
        ledger: () => ledger(cluster),
        bannedUntil: () => bannedUntil(cluster),
      })
      this.#byCluster.set(cluster, presence)
    }
    return presence
  }

  /** The one on `cluster`, if the host was ever asked for it. */
  find(cluster: Cluster): Presence | undefined {
    return this.#byCluster.get(cluster)
  }

  /** Where a pool's connections are granted; `undefined` for a pool that no budget bounds. */
  grantsOf({ spec }: QuotaPool): Grants | undefined {
    return spec.isBudgeted ? this.on(spec.cluster).grants : undefined
  }

  /** Whether a Ledger is to hear of this host at once. On the hot path. */
  get isUnknown(): boolean {
    for (const presence of this.#byCluster.values()) if (presence.isUnknown) return true
    return false
  }

  /** Whether requests wait for a tenant to be resumed. */
  get isHolding(): boolean {
    return [...this.#byCluster.values()].some(({ gate }) => gate.held > 0)
  }

  /** Answers nothing that was read of a tenant before. */
  forget(tenant: string): void {
    for (const { queries } of this.#byCluster.values()) queries.forget(tenant)
  }

  /** Tells every Ledger the state of this moment. Throws when one cannot be reached, after all were told. */
  async report(): Promise<ReportReceipt> {
    const receipts = await Promise.allSettled(
      [...this.#byCluster].map(async ([cluster, presence]) => {
        try {
          return await presence.report()
        } catch (error) {
          log({ event: 'ledger.report_failed', host: this.#options.host, cluster })
          throw error
        }
      }),
    )
    const heard = receipts.map((receipt) => {
      if (receipt.status === 'rejected') throw receipt.reason
      return receipt.value
    })
    return {
      nextReportMs: Math.max(0, ...heard.map(({ nextReportMs }) => nextReportMs)),
      grants: heard.flatMap(({ grants = [] }) => grants),
    }
  }
}
