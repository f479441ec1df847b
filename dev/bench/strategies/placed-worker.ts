import { startWorkerd } from '../../local/worker/workerd.ts'

/** Rockpool under one placement, and how long requests on it take. */
export interface PlacedWorker extends AsyncDisposable {
  /** Holds a connection of each tenant for `ms`, all at once; the answer is how long each request took, in ms. */
  hold(tenants: readonly string[], ms: number): Promise<number[]>
}

/** @param variables the stack's, and over them what the placement needs */
export async function startPlaced(
  dir: string,
  file: string,
  variables: Readonly<Record<string, string>>,
): Promise<PlacedWorker> {
  const worker = await startWorkerd({ dir, file, variables })
  const holdOne = async (tenant: string, ms: number) => {
    const started = performance.now()
    const answer = await fetch(`${worker.url}/api/bench/hold?ms=${ms}`, { headers: { 'x-user-id': tenant } })
    const body = await answer.text()
    if (answer.status !== 200) throw new Error(`${tenant}: ${answer.status} ${body}`)
    return performance.now() - started
  }
  return {
    hold: (tenants, ms) => Promise.all(tenants.map((tenant) => holdOne(tenant, ms))),
    [Symbol.asyncDispose]: () => worker.close(),
  }
}
