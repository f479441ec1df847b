import { spawn } from 'node:child_process'
import { rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { type Account, chooseAccount } from './account.ts'
import { findBinaries } from './binaries.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { type Directory, openDirectory, readPassword } from './directory.ts'
import { stopOrphan } from './server-process.ts'

interface PostgresOptions {
  /** Where the data are kept from run to run. Absent: a temporary directory, removed on close. */
  dir?: string
  /** 0 = any free one. @default 0 */
  port?: number
  /** @default 300 */
  maxConnections?: number
  /** Progress, and the warnings and fatal errors of the server. */
  log?: (line: string) => void
}

/** A running Postgres server on 127.0.0.1. */
export interface PostgresServer {
  port: number
  /** Connection string of the superuser, to the database `rockpool`. */
  url: string
  /** Process id of the server. */
  pid: number
  /** Where its files are. */
  dir: string
  /** Rolls open transactions back, stops the server, waits until it is gone, removes temporary data. Idempotent. */
  close(): Promise<void>
}

const USER = 'rockpool'
const DATABASE = 'rockpool'

/**
 * Starts a real Postgres with a database `rockpool`: UTF-8, UTC, password authentication by SCRAM. Its data are made
 * at the first start and used again at later ones, even when the process that ran it was killed.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const { dir, port = 0, maxConnections = 300, log = () => undefined } = options
  const account = await chooseAccount(resolve(dir ?? '', 'data'))
  const binaries = await findBinaries(account)
  const directory = await openDirectory(dir, account, log)
  let cluster: Cluster | undefined
  try {
    await stopOrphan(directory.data, log)
    const password = await readPassword(directory, account)
    await initialise(binaries.initdb, directory, account, log)
    cluster = await startCluster({
      binary: binaries.postgres,
      directory,
      account,
      port,
      maxConnections,
      // A standby that is being made needs the WAL since its copy began.
      settings: { wal_keep_size: '128MB' },
      log,
    })
    const base = `postgres://${USER}:${password}@127.0.0.1:${cluster.port}`
    await createDatabase(base)
    return { ...cluster, url: `${base}/${DATABASE}`, dir: directory.path }
  } catch (error) {
    await cluster?.close()
    if (directory.temporary) await rm(directory.path, { recursive: true, force: true })
    throw error
  }
}

/** Makes the data directory where there is none. A first start that was interrupted leaves nothing half made. */
async function initialise(
  initdb: string,
  directory: Directory,
  account: Account | undefined,
  log: (line: string) => void,
): Promise<void> {
  const isThere = await stat(join(directory.data, 'PG_VERSION')).catch(() => undefined)
  if (isThere) return
  log(`preparing a new Postgres in ${directory.path}`)
  const part = `${directory.data}.new`
  await rm(part, { recursive: true, force: true })
  // The builtin provider sorts and compares the same on every machine, whatever locales it has installed:
  // https://www.postgresql.org/docs/18/locale.html
  const child = spawn(
    initdb,
    [
      ...[
        '--pgdata',
        part,
        '--username',
        USER,
        '--pwfile',
        directory.passwordFile,
        '--auth',
        'scram-sha-256',
      ],
      ...[
        '--encoding',
        'UTF8',
        '--locale',
        'C',
        '--locale-provider',
        'builtin',
        '--builtin-locale',
        'C.UTF-8',
      ],
      ...['--set', 'timezone=UTC', '--set', 'log_timezone=UTC', '--no-instructions'],
      ...(directory.temporary ? ['--no-sync'] : []),
    ],
    // As for the server: Ctrl-C must not reach it, a half made directory is simply made again.
    { ...account, detached: true, stdio: ['ignore', 'ignore', 'pipe'], env: { LC_ALL: 'C', TZ: 'UTC' } },
  )
  const exit = new Promise<number | null>((done, fail) => child.once('exit', done).once('error', fail))
  const [code, stderr] = await Promise.all([exit, text(child.stderr)])
  if (code !== 0) throw new Error(`initdb ended with ${code}:\n${stderr}`)
  await rename(part, directory.data)
}

async function createDatabase(base: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${base}/postgres`, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE])
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`)
  } finally {
    await client.end()
  }
}
