import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

/** The project's root folder. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

export interface Bundle {
  /** The one file that a deploy would upload. */
  readonly file: string
  readonly bytes: number
  readonly gzippedBytes: number
}

/**
 * Bundles a Worker exactly as `wrangler deploy` would, without deploying it.
 * @param outdir receives index.js and its source map
 * @param entry another entry file than wrangler.toml's, for tests and benchmarks
 * @param settings another wrangler configuration than wrangler.toml
 * @throws {Error} with wrangler's output
 */
export async function bundle(outdir: string, entry?: string, settings?: string): Promise<Bundle> {
  const named = [...(entry ? [entry] : []), ...(settings ? ['--config', settings] : [])]
  const args = ['deploy', ...named, '--env=', '--dry-run', '--outdir', outdir]
  await wrangler(args)
  const name = entry ? entry.replace(/^.*\//, '').replace(/\.ts$/, '.js') : 'index.js'
  const file = join(outdir, name)
  const content = await readFile(file)
  return { file, bytes: content.length, gzippedBytes: gzipSync(content, { level: 9 }).length }
}

async function wrangler(args: string[]): Promise<void> {
  const child = spawn(join(ROOT, 'node_modules/.bin/wrangler'), args, {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ])
  if (code !== 0) throw new Error(`wrangler ${args[0]} failed:\n${out}${err}`)
}
