import { createHash, randomBytes } from 'node:crypto'
import { chown, lstat, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ifThere, readIfThere } from '../files.ts'
import { isAlive } from '../processes.ts'
import { type Account, findBarrier } from './account.ts'
import { stopOrphan } from './server-process.ts'

export interface Directory {
  path: string
  /** Postgres' own data directory, inside `path`. */
  data: string
  /** File with the password of the one user, readable by the server's account alone. */
  passwordFile: string
  /** Removed when the server closes. */
  temporary: boolean
}

type Log = (line: string) => void

const TEMPORARY = 'rockpool-postgres-'
/** Of data that are kept outside the folder that they belong to, and the file in there that says which one that is. */
const ELSEWHERE = 'rockpool-data-'
const ORIGIN = 'origin'

/** Opens the directory a server is to live in, and makes it the account's own. */
export async function openDirectory(
  dir: string | undefined,
  account: Account | undefined,
  log: Log,
): Promise<Directory> {
  const path = await realpath(
    dir === undefined ? await makeTemporary(log) : await makePersistent(dir, account, log),
  )
  if (account) await chown(path, account.uid, account.gid)
  return {
    path,
    data: join(path, 'data'),
    passwordFile: join(path, 'password'),
    temporary: dir === undefined,
  }
}

/**
 * The password of the server in this directory, made up at its first start. It is no fixed word: any web page can
 * reach a port on the loopback address, and a Postgres superuser can run programs.
 */
export async function readPassword(
  { passwordFile }: Directory,
  account: Account | undefined,
): Promise<string> {
  const kept = await readIfThere(passwordFile)
  if (kept !== undefined) return kept.trim()
  const password = randomBytes(18).toString('base64url')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (account) await chown(passwordFile, account.uid, account.gid)
  return password
}

/** Where the data of `dir` live: in `dir`, unless it is in a private home that the server's account cannot enter. */
async function makePersistent(dir: string, account: Account | undefined, log: Log): Promise<string> {
  const wanted = resolve(dir)
  const isNew = (await mkdir(wanted, { recursive: true, mode: 0o700 })) !== undefined
  if (account) await chown(wanted, account.uid, account.gid)
  const barrier = account && (await findBarrier(await realpath(wanted), account))
  if (!account || !barrier) return wanted
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 16)
  const path = join(tmpdir(), `${ELSEWHERE}${name}`)
  // Of a folder that has been thrown away since, as by `npm start -- --fresh`.
  if (isNew) await removeServer(path, log)
  await removeLeftovers(log)
  log(`Postgres cannot run as root, and its account cannot enter ${barrier}: the data are kept in ${path}`)
  await mkdir(path, { recursive: true, mode: 0o700 })
  // The name can be guessed and the folder is everybody's.
  const { uid } = await lstat(path)
  if (uid !== 0 && uid !== account.uid) throw new Error(`${path} belongs to another user`)
  await writeFile(join(path, ORIGIN), wanted, { mode: 0o600 })
  return path
}

async function makeTemporary(log: Log): Promise<string> {
  await removeLeftovers(log)
  return mkdtemp(join(tmpdir(), `${TEMPORARY}${process.pid}-`))
}

/**
 * A process that was killed could not remove its temporary servers, and whoever removes a folder knows nothing of data
 * that are kept elsewhere: the next start removes both.
 */
async function removeLeftovers(log: Log): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const path = join(tmpdir(), name)
    try {
      if (await isLeftOver(path, name)) await removeServer(path, log)
    } catch (error) {
      // Another user's, or just being removed by another process: no reason not to start.
      log(`cannot remove ${path}: ${error}`)
    }
  }
}

async function isLeftOver(path: string, name: string): Promise<boolean> {
  const owner = new RegExp(`^${TEMPORARY}(\\d+)-\\w{6}$`).exec(name)?.[1]
  if (owner !== undefined) return !isAlive(Number(owner))
  if (!name.startsWith(ELSEWHERE)) return false
  const origin = await readIfThere(join(path, ORIGIN))
  return origin !== undefined && (await ifThere(lstat(origin))) === undefined
}

/** Removes a server's directory, and first stops what still runs there without a process of ours. */
async function removeServer(path: string, log: Log): Promise<void> {
  if ((await ifThere(lstat(path))) === undefined) return
  await stopOrphan(join(await realpath(path), 'data'), log)
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}
