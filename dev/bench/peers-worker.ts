import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unstable_readConfig } from 'wrangler'
import { bundle, ROOT } from '../local/worker/bundle.ts'
import type { Workerd } from '../local/worker/workerd.ts'
import type { Lab } from './lab.ts'

/** The Worker in peers/: what can be done without Rockpool. */
export interface PeersWorker {
  start(): Promise<Workerd>
  /**
   * Runs `work` against an isolate of its own, so that what one experiment leaves broken does not reach the next.
   * @returns what `work` came to, and what the Worker logged meanwhile
   */
  fresh<T>(work: (url: string) => Promise<T>): Promise<{ readonly outcome: T; readonly log: string }>
}

const OBJECTS = {
  KEEPER: 'Keeper',
  SHARER: 'Sharer',
  HOP: 'Hop',
  POSTGRES_TUTORIAL: 'PostgresTutorial',
  MONGO_TUTORIAL: 'MongoTutorial',
}

/** Bundles the peers as a deploy would, with the compatibility date and flags and the minifying of Rockpool itself. */
export async function bundlePeers(lab: Lab): Promise<PeersWorker> {
  const dir = await lab.dir('peers')
  const entry = join(ROOT, 'dev/bench/peers/worker.ts')
  const settings = join(dir, 'wrangler.json')
  await writeFile(settings, JSON.stringify(peersSettings(entry)))
  const { file } = await bundle(dir, entry, settings)

  const { DB_PRIMARY_DB_URL = '', NEON_WS_PROXY: proxies = '', MONGODB_URI = '' } = lab.stack.variables
  // The peers know no replica.
  const [NEON_WS_PROXY = ''] = proxies.split(',')
  const start = async () =>
    lab.workers.start({
      dir: await lab.newDir('peers'),
      file,
      settings,
      variables: { DB_PRIMARY_DB_URL, SCRAM_DB_URL: lab.scramUrl, NEON_WS_PROXY, MONGODB_URI },
    })
  return {
    start,
    async fresh(work) {
      const worker = await start()
      const outcome = await work(worker.url).finally(() => worker.close())
      return { outcome, log: await readFile(worker.logFile, 'utf8') }
    },
  }
}

function peersSettings(main: string): object {
  const { compatibility_date, compatibility_flags, minify, keep_names } = unstable_readConfig({
    config: join(ROOT, 'wrangler.toml'),
  })
  const bindings = Object.entries(OBJECTS).map(([name, class_name]) => ({ name, class_name }))
  return {
    name: 'rockpool-peers',
    main,
    compatibility_date,
    compatibility_flags,
    minify,
    keep_names,
    durable_objects: { bindings },
    migrations: [{ tag: 'v1', new_sqlite_classes: Object.values(OBJECTS) }],
  }
}
