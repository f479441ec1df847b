import type { Env } from '../env.ts'
import type { PoolHost } from '../host/pool-host.ts'
import { Problem } from '../problem.ts'
import { log } from '../telemetry/log.ts'

/**
 * Calls a pool host. A host that was reset, by a deploy or a crash, makes the stub useless for good, so every attempt
 * takes a new one (developers.cloudflare.com/durable-objects/best-practices/error-handling). An attempt that may be
 * repeated is, once, unless the host is overloaded. Throws `host_unavailable` or `host_overloaded`.
 */
export async function callHost<T>(
  env: Env,
  { host, requestId, repeatable }: { host: string; requestId: string; repeatable: boolean },
  call: (stub: DurableObjectStub<PoolHost>) => Promise<T>,
): Promise<T> {
  try {
    return await call(env.POOL_HOST.getByName(host))
  } catch (error) {
    const overloaded = isOverloaded(error)
    if (overloaded || !repeatable) throw unreachable(overloaded)
    log({ event: 'host.retried', host, request_id: requestId })
  }
  try {
    return await call(env.POOL_HOST.getByName(host))
  } catch (error) {
    throw unreachable(isOverloaded(error))
  }
}

function isOverloaded(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'overloaded') === true
}

function unreachable(overloaded: boolean): Problem {
  return new Problem(overloaded ? 'host_overloaded' : 'host_unavailable', { retryAfter: overloaded ? 5 : 1 })
}
