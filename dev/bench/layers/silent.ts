import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unstable_readConfig } from 'wrangler'
import { bundle, ROOT } from '../../local/worker/bundle.ts'
import type { Workerd } from '../../local/worker/workerd.ts'
import type { Lab } from '../lab.ts'
import { aliasesOf, SILENCED } from './silenced.ts'

/** Rockpool's bundle as a deploy would make it, but for telemetry. */
export async function bundleSilent(lab: Lab): Promise<string> {
  const dir = await lab.dir('bundles/silent')
  const config = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') })
  const { alias, compatibility_date, compatibility_flags, durable_objects, migrations, minify, keep_names } =
    config
  const settings = join(dir, 'wrangler.json')
  await writeFile(
    settings,
    JSON.stringify({
      name: 'rockpool-silent',
      main: join(ROOT, 'src/index.ts'),
      compatibility_date,
      compatibility_flags,
      durable_objects,
      migrations,
      minify,
      keep_names,
      alias: { ...alias, ...aliasesOf(SILENCED) },
    }),
  )
  const { file } = await bundle(dir, join(ROOT, 'src/index.ts'), settings)
  return file
}

/** @throws {Error} when a Worker told of requests, or did not, against what its bundle is to do */
export async function checkTelling({ logFile }: Workerd, tells: boolean): Promise<void> {
  const told = /event\W{1,6}request\b/.test(await readFile(logFile, 'utf8'))
  if (told !== tells) throw new Error(`${logFile}: requests ${told ? 'were' : 'were not'} logged`)
}
