import { join } from 'node:path'
import { ROOT } from '../../local/worker/bundle.ts'

/** Modules of telemetry, by their path under src, and what stands in for them. A new one belongs in here. */
export const SILENCED: Readonly<Record<string, string>> = {
  'telemetry/log.ts': 'dev/bench/layers/silent-log.ts',
  'edge/metering/metering.ts': 'dev/bench/layers/silent-metering.ts',
}

/**
 * What a bundler finds written in imports of these modules, from src and from folders in it, and the files to take
 * instead: it compares an import's words, not where they lead.
 * @param modules by their path under src
 */
export function aliasesOf(modules: Readonly<Record<string, string>>): Record<string, string> {
  const ways = Object.entries(modules).flatMap(([path, replacement]) => {
    const folders = path.split('/')
    const from = folders.map((_, depth) => `./${folders.slice(depth).join('/')}`)
    const above = ['../', '../../', '../../../'].map((up) => `${up}${path}`)
    return [...from, ...above].map((way): [string, string] => [way, join(ROOT, replacement)])
  })
  return Object.fromEntries(ways)
}
