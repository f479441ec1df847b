import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import type { PoolHost } from '../host/pool-host.ts'
import { Problem } from '../problem.ts'
import { log } from '../telemetry/log.ts'

/**
 * Calls a pool host. A host that was reset, by a deploy or a crash, makes the stub useless for good, so every attempt
 * takes a new one (developers.cloudflare.com/durable-objects/best-practices/error-handling). An attempt that may be
 * repeated is, once, unless the host is overloaded. A new host is made near `LOCATION_HINT`. Throws `host_unavailable` or `host_overloaded`.
 */
export async function callHost<T>(
  env: Env,
  { locationHint }: Config,
  { host, requestId, repeatable }: { host: string; requestId: string; repeatable: boolean },
  call: (stub: DurableObjectStub<PoolHost>) => Promise<T>,
): Promise<T> {
  const stub = () => env.POOL_HOST.getByName(host, locationHint && { locationHint })
  try {
    return await call(stub())
  } catch (error) {
    const overloaded = isOverloaded(error)
    if (overloaded || !repeatable) throw unreachable(overloaded)
    log({ event: 'host.retried', host, request_id: requestId })
  }
  try {
    return await call(stub())
  } catch (error) {
    throw unreachable(isOverloaded(error))
  }
}

/** How many hosts one request calls at a time: a large fleet must not make it open hundreds of calls at once. */
const HOSTS_AT_ONCE = 20

/** Calls one host after the other, a few at a time; the answers are in the order of `hosts`. */
export async function callEach<Host, T>(
  hosts: readonly Host[],
  call: (host: Host) => Promise<T>,
): Promise<T[]> {
  const answers: T[] = []
  for (let at = 0; at < hosts.length; at += HOSTS_AT_ONCE) {
    answers.push(...(await Promise.all(hosts.slice(at, at + HOSTS_AT_ONCE).map(call))))
  }
  return answers
}

function isOverloaded(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'overloaded') === true
}

function unreachable(overloaded: boolean): Problem {
  return new Problem(overloaded ? 'host_overloaded' : 'host_unavailable', { retryAfter: overloaded ? 5 : 1 })
}
