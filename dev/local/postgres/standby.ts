import { chown, copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { type Account, chooseAccount } from './account.ts'
import { findBinaries } from './binaries.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { openDirectory } from './directory.ts'
import type { PostgresServer } from './server.ts'

interface StandbyOptions {
  /** 0 = any free one. @default 0 */
  port?: number
  /** Progress, and the warnings and fatal errors of the server. */
  log?: (line: string) => void
}

/** What a copy leaves out: https://www.postgresql.org/docs/18/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP-DATA */
const LEFT_OUT = new Set(['postmaster.pid', 'postmaster.opts'])
const LEFT_EMPTY = new Set([
  ...['pg_wal', 'pg_replslot', 'pg_dynshmem', 'pg_notify', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp'],
  'pg_subtrans',
])

/**
 * Starts a physical standby of `primary`: a read-only server that follows it by streaming replication. It is copied
 * anew at every start and removed on close, so it can never have fallen too far behind.
 */
export async function startStandby(
  primary: PostgresServer,
  options: StandbyOptions = {},
): Promise<PostgresServer> {
  const { port = 0, log = () => undefined } = options
  const account = await chooseAccount(join(primary.dir, 'data'))
  const binaries = await findBinaries(account)
  const directory = await openDirectory(undefined, account, log)
  let cluster: Cluster | undefined
  try {
    log(`copying Postgres on port ${primary.port} to ${directory.path}`)
    const maxConnections = await copyPrimary(primary, directory.data, account)
    cluster = await startCluster({
      binary: binaries.postgres,
      directory,
      account,
      port,
      maxConnections,
      settings: { hot_standby: 'on' },
      log,
    })
    const url = new URL(primary.url)
    url.port = String(cluster.port)
    return { ...cluster, url: url.href, dir: directory.path }
  } catch (error) {
    await cluster?.close()
    await rm(directory.path, { recursive: true, force: true })
    throw error
  }
}

/**
 * Copies a running server's files between `pg_backup_start` and `pg_backup_stop`: the shipped binaries hold no
 * pg_basebackup. Resolves with the primary's `max_connections`, below which a standby does not start.
 */
async function copyPrimary(
  primary: PostgresServer,
  data: string,
  account: Account | undefined,
): Promise<number> {
  const client = new pg.Client(primary.url)
  await client.connect()
  try {
    await client.query("SELECT pg_backup_start('standby', fast => true)")
    await copyDirectory(join(primary.dir, 'data'), data, account)
    const { rows } = await client.query<{ labelfile: string; max_connections: string }>(
      "SELECT labelfile, current_setting('max_connections') AS max_connections FROM pg_backup_stop(wait_for_archive => false)",
    )
    const [row] = rows
    if (!row) throw new Error('pg_backup_stop returned nothing')
    await writeOwned(join(data, 'backup_label'), row.labelfile, account)
    await writeOwned(join(data, 'standby.signal'), '', account)
    // In a file and not among the arguments of the server, which everybody on the machine can read.
    await writeOwned(
      join(data, 'postgresql.auto.conf'),
      `primary_conninfo = '${describePrimary(primary)}'\n`,
      account,
    )
    return Number(row.max_connections)
  } finally {
    await client.end()
  }
}

function describePrimary(primary: PostgresServer): string {
  const { username, password } = new URL(primary.url)
  return `host=127.0.0.1 port=${primary.port} user=${username} password=${password} application_name=standby`
}

/** Copies a directory that changes meanwhile: what is gone when its turn comes is what the WAL will say is gone. */
async function copyDirectory(from: string, to: string, account: Account | undefined): Promise<void> {
  await mkdir(to, { mode: 0o700 })
  if (account) await chown(to, account.uid, account.gid)
  const entries = await readdir(from, { withFileTypes: true })
  const directories = entries.filter((entry) => entry.isDirectory())
  const files = entries.filter((entry) => !entry.isDirectory() && !LEFT_OUT.has(entry.name))
  // All the files of a directory at once: a thousand small ones, one after the other, take half a second longer.
  await Promise.all(files.map(({ name }) => copyOne(join(from, name), join(to, name), account)))
  for (const { name } of directories) {
    if (LEFT_EMPTY.has(name)) await makeEmpty(join(to, name), account)
    else await copyDirectory(join(from, name), join(to, name), account)
  }
}

async function copyOne(source: string, copy: string, account: Account | undefined): Promise<void> {
  try {
    await copyFile(source, copy)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return
  }
  if (account) await chown(copy, account.uid, account.gid)
}

async function makeEmpty(path: string, account: Account | undefined): Promise<void> {
  await mkdir(path, { mode: 0o700 })
  if (account) await chown(path, account.uid, account.gid)
}

async function writeOwned(path: string, content: string, account: Account | undefined): Promise<void> {
  await writeFile(path, content, { mode: 0o600 })
  if (account) await chown(path, account.uid, account.gid)
}
