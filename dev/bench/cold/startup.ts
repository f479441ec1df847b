import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../../local/worker/bundle.ts'
import type { Lab } from '../lab.ts'
import { type Spread, spreadOf } from '../spread.ts'
import { busyTime, type CpuProfile } from './startup-profile.ts'

/** Processor time in ms that the Worker's modules take to be evaluated, as `wrangler check startup` profiles it. */
export async function measureStartup(lab: Lab, times: number): Promise<Spread> {
  const dir = await lab.dir('cold/startup')
  const all: number[] = []
  while (all.length < times) {
    const outfile = join(dir, `${all.length}.cpuprofile`)
    await promisify(execFile)(
      join(ROOT, 'node_modules/.bin/wrangler'),
      ['check', 'startup', '--env=', '--outfile', outfile],
      { cwd: ROOT, env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } },
    )
    const profile = JSON.parse(await readFile(outfile, 'utf8')) as CpuProfile
    all.push(busyTime(profile).activeMs)
  }
  return spreadOf(all)
}
