import type { Context } from 'hono'
import { Problem } from '../problem.ts'
import type { EdgeEnv } from './bindings.ts'
import { callEach, callHost } from './hosts.ts'

/** A pool by its host and its key there. */
interface PoolAt {
  readonly host: string
  readonly pool: { readonly key: string }
}

/**
 * Replaces the pool at each of its `places`, and returns on how many there was one. Throws the problem of an
 * opening that failed, after every place was tried; the old pool serves on where it did.
 */
export async function recyclePools(c: Context<EdgeEnv>, places: readonly PoolAt[]): Promise<number> {
  const { config, requestId } = c.var
  const results = await callEach(places, ({ host, pool }) =>
    callHost(c.env, config, { host, requestId, repeatable: true }, (stub) => stub.recycle(pool.key)),
  )
  for (const { problem } of results) {
    if (problem) throw new Problem(problem.code, problem.options)
  }
  return results.filter(({ recycled }) => recycled).length
}
