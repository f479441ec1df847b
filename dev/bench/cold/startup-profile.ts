/** What is read of a `.cpuprofile` (chromedevtools.github.io/devtools-protocol/tot/Profiler, Profile). */
export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string } }[]
  /** Ids of nodes. */
  readonly samples?: readonly number[]
  /** Of each sample, in µs. */
  readonly timeDeltas?: readonly number[]
}

/** How long a processor was busy, in ms. */
export interface BusyTime {
  readonly activeMs: number
  readonly collectingGarbageMs: number
}

/**
 * The time of a profile's samples, but for those in which nothing ran: what `wrangler check startup` sums up as active
 * (github.com/cloudflare/workers-sdk, summarizeStartupProfile).
 */
export function busyTime({ nodes, samples = [], timeDeltas = [] }: CpuProfile): BusyTime {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]))
  const sum = (counts: (name: string | undefined) => boolean) =>
    samples.reduce((total, id, n) => total + (counts(names.get(id)) ? (timeDeltas[n] ?? 0) : 0), 0) / 1_000
  return {
    activeMs: sum((name) => name !== '(idle)'),
    collectingGarbageMs: sum((name) => name === '(garbage collector)'),
  }
}
