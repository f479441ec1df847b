import { Redis } from '@upstash/redis'
import { recordOf } from '../../../test/unit/support/tenants.ts'
import type { Lab } from '../lab.ts'

/** Commands of one call. */
const BATCH = 1_000

/** Writes so many records of tenants into the directory, as src/tenants/redis-records.ts keeps them. */
export async function writeRecords(lab: Lab, count: number): Promise<void> {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = lab.stack.variables
  const redis = new Redis({ url, token, enableTelemetry: false })
  for (let written = 0; written < count; ) {
    const pipeline = redis.pipeline()
    for (const end = Math.min(count, written + BATCH); written < end; written++) {
      const id = scaleTenant(written)
      pipeline.hset(`rockpool:tenant:${id}`, fieldsOf(id))
    }
    await pipeline.exec()
  }
}

export function scaleTenant(n: number): string {
  return `scale-${n}`
}

function fieldsOf(id: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(recordOf(id)).map(([name, value]) => [name, JSON.stringify(value)]),
  )
}
