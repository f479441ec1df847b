import type { Redis } from '@upstash/redis'
import { Problem } from '../problem.ts'
import { TenantRecord } from './record.ts'
import type { RecordPage, TenantRecords } from './records.ts'

const PREFIX = 'rockpool:tenant:'

/** How often one page asks SCAN: a directory among many other keys must not make one request walk them all. */
const SCANS_PER_PAGE = 20

/** The whole hash, or nothing of it: two who create one id at once never mix their fields. */
const CREATE = `if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1`

/** Only while the record is what it was when it was read; one that was removed meanwhile stays removed. */
const REPLACE = `if redis.call('HGET', KEYS[1], 'updated_at') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return 1`

/**
 * One hash per tenant. Every value is JSON, because the client reads values as JSON where they look like it: a tenant
 * whose name is `1e3` would come back as the number 1000.
 */
export class RedisRecords implements TenantRecords {
  readonly #client: () => Redis

  /**
   * @param client a new one for each call: commands made at the same time on one client share a promise (its automatic
   * pipelining), which requests must not
   */
  constructor(client: () => Redis) {
    this.#client = client
  }

  async find(id: string): Promise<TenantRecord | null> {
    const read = () => this.#client().hgetall(PREFIX + id)
    // Once more: a reading can be repeated, and a connection that was cut a moment ago is no reason to refuse a tenant.
    const fields = await reached(read().catch(read))
    return fields && readRecord(id, fields)
  }

  async create(record: TenantRecord): Promise<boolean> {
    const created = this.#client().eval<string[], number>(CREATE, [PREFIX + record.id], fieldsOf(record))
    return (await reached(created)) === 1
  }

  async replace(record: TenantRecord, readAt: number): Promise<boolean> {
    const replaced = this.#client().eval<string[], number>(
      REPLACE,
      [PREFIX + record.id],
      [JSON.stringify(readAt), ...fieldsOf(record)],
    )
    return (await reached(replaced)) === 1
  }

  async remove(id: string): Promise<boolean> {
    return (await reached(this.#client().del(PREFIX + id))) === 1
  }

  async page(cursor: string, limit: number): Promise<RecordPage> {
    const keys = new Set<string>()
    let next = cursor
    for (let scans = 0; scans < SCANS_PER_PAGE; scans++) {
      const options = { match: `${PREFIX}*`, count: limit }
      const [after, found] = await reached(this.#client().scan(next, options))
      for (const key of found) keys.add(key)
      next = after
      if (next === '0' || keys.size >= limit) break
    }
    return { records: await this.#readAll([...keys]), cursor: next === '0' ? null : next }
  }

  /** Those that were removed since their keys were seen are left out, and so are broken ones: they must not hide the others. */
  async #readAll(keys: readonly string[]): Promise<TenantRecord[]> {
    if (keys.length === 0) return []
    const pipeline = this.#client().pipeline()
    for (const key of keys) pipeline.hgetall(key)
    const found = await reached(pipeline.exec<(Record<string, unknown> | null)[]>())
    return found.flatMap((fields, n) => {
      const record = TenantRecord.safeParse(fields)
      return record.success && PREFIX + record.data.id === keys[n] ? [record.data] : []
    })
  }
}

function fieldsOf(record: TenantRecord): string[] {
  return Object.entries(record).flatMap(([name, value]) => [name, JSON.stringify(value)])
}

/** Throws `directory_unavailable` for what is no record, or not the one that was asked for. */
function readRecord(id: string, fields: Record<string, unknown>): TenantRecord {
  const record = TenantRecord.safeParse(fields)
  if (!record.success || record.data.id !== id) throw new Problem('directory_unavailable')
  return record.data
}

async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch {
    throw new Problem('directory_unavailable')
  }
}
