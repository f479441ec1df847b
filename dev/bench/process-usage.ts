import { readdir } from 'node:fs/promises'
import { findUsage } from '../local/processes.ts'

/** What a process and all that it has started have used. */
export interface ProcessUsage {
  /** Processor time so far, in s. */
  readonly cpuSeconds: number
  readonly residentBytes: number
}

/** @returns `undefined` where the system does not tell: elsewhere than on Linux */
export async function usageOf(pid: number | undefined): Promise<ProcessUsage | undefined> {
  if (process.platform !== 'linux' || pid === undefined) return undefined
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger)
  const found = await Promise.all(pids.map(async (one) => ({ pid: one, usage: await findUsage(one) })))
  // A child may have a lower id than its parent: once more as long as somebody was found.
  const family = new Set([pid])
  for (let before = 0; before < family.size; ) {
    before = family.size
    for (const { pid: one, usage } of found) if (usage && family.has(usage.parent)) family.add(one)
  }
  const members = found.flatMap(({ pid: one, usage }) => (usage && family.has(one) ? [usage] : []))
  return {
    cpuSeconds: members.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    residentBytes: members.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
  }
}
