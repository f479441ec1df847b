import { Agent, get } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Lab } from './lab.ts'
import { BENCH_WORKER } from './rockpool/entry.ts'

/** Rockpool under one placement, and how long requests on it take. */
export interface PlacedWorker extends AsyncDisposable {
  /** Holds a connection of each tenant for `ms`, all at once; the answer is how long each request took, in ms. */
  hold(tenants: readonly string[], ms: number): Promise<number[]>
}

/** How long an idle connection is kept, in ms: workerd closes it after a while, and who writes just then is reset. */
const KEPT_MS = 3_000

/** A thousand tenants at once would ask for a thousand records: what is measured here begins after that. */
const WITHOUT_REDIS = { RATE_LIMITS: 'off', UPSTASH_REDIS_REST_URL: '', UPSTASH_REDIS_REST_TOKEN: '' }

/** @param variables over the stack's, what the placement needs */
export async function startPlaced(
  lab: Lab,
  name: string,
  variables: Readonly<Record<string, string>>,
): Promise<PlacedWorker> {
  const worker = await lab.startRockpool(
    name,
    { ...variables, ...WITHOUT_REDIS, DEFAULT_ENGINE: 'postgres' },
    BENCH_WORKER,
  )
  // Not `fetch`: with hundreds of requests at once it takes as much processor time as the Worker.
  const agent = new Agent({ keepAlive: true, timeout: KEPT_MS })
  const holdOne = async (tenant: string, ms: number) => {
    const started = performance.now()
    const { status, body } = await ask(`${worker.url}/api/bench/hold?ms=${ms}`, tenant, agent)
    if (status !== 200) throw new Error(`${tenant}: ${status} ${body}`)
    return performance.now() - started
  }
  return {
    hold: (tenants, ms) => Promise.all(tenants.map((tenant) => holdOne(tenant, ms))),
    async [Symbol.asyncDispose]() {
      agent.destroy()
      await worker.close()
    },
  }
}

function ask(url: string, tenant: string, agent: Agent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { 'x-user-id': tenant } }, (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject)
    })
    request.once('error', reject)
  })
}
