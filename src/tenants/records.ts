import type { TenantRecord } from './record.ts'

export interface RecordPage {
  readonly records: readonly TenantRecord[]
  /** Where the next page begins; `null` after the last. */
  readonly cursor: string | null
}

/** Where tenant records are kept. Every method throws `directory_unavailable` when that cannot be reached. */
export interface TenantRecords {
  find(id: string): Promise<TenantRecord | null>
  /** `false` when there is one of that id already, which stays as it is. */
  create(record: TenantRecord): Promise<boolean>
  /** @param readAt `updated_at` of what is being replaced; `false` when it was changed or removed since */
  replace(record: TenantRecord, readAt: number): Promise<boolean>
  /** `false` when there was none. */
  remove(id: string): Promise<boolean>
  /**
   * About `limit` records, in no order; perhaps fewer, or none, although more follow, and a record that changes while
   * the directory is read may come twice (redis.io/docs/latest/commands/scan, guarantees).
   * @param cursor of the page before, `'0'` for the first
   */
  page(cursor: string, limit: number): Promise<RecordPage>
}
