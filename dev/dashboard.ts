import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { ROOT } from './local/worker/bundle.ts'

const CLIENT = join(ROOT, 'src/edge/dashboard/client')

/**
 * Makes what browsers load of the dashboard, as the assets of wrangler.toml: the page, its icon, and its script and style
 * bundled into a file each. wrangler runs this before it bundles the Worker.
 * @throws {Error} with esbuild's messages
 */
export async function buildDashboard(outdir = join(ROOT, 'dist/dashboard')): Promise<void> {
  const assets = join(outdir, 'assets')
  await mkdir(assets, { recursive: true })
  await Promise.all([
    copyFile(join(CLIENT, 'index.html'), join(outdir, 'index.html')),
    copyFile(join(CLIENT, 'icon.svg'), join(assets, 'icon.svg')),
    build({
      entryPoints: [join(CLIENT, 'dashboard.ts'), join(CLIENT, 'dashboard.css')],
      outdir: assets,
      bundle: true,
      minify: true,
      format: 'esm',
      // What all browsers of the last years know.
      target: 'es2022',
      logLevel: 'silent',
    }),
  ])
}

if (import.meta.main) await buildDashboard()
