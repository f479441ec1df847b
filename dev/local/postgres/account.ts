import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ifThere } from '../files.ts'

/** A system user that Postgres can run as. */
export interface Account {
  uid: number
  gid: number
}

/**
 * Whom to run Postgres as: undefined means ourselves. Postgres refuses to run as root
 * (https://www.postgresql.org/docs/18/app-postgres.html), so root lends it another account: the owner of the
 * data that are there already, else `postgres`, else `nobody`. No account is ever created.
 * @param data the data directory, which may not exist yet.
 */
export async function chooseAccount(data: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await ifThere(stat(data))
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const accounts = await readFile('/etc/passwd', 'utf8')
  const account = findAccount(accounts, 'postgres') ?? findAccount(accounts, 'nobody')
  if (!account)
    throw new Error('Postgres cannot run as root, and /etc/passwd names neither "postgres" nor "nobody"')
  return account
}

/** The lowest directory on the way to `path` that the account may not pass through, or undefined when there is none. */
export async function findBarrier(path: string, account: Account): Promise<string | undefined> {
  for (let directory = path; ; directory = dirname(directory)) {
    const found = await ifThere(stat(directory))
    if (found?.isDirectory()) {
      const shift = found.uid === account.uid ? 6 : found.gid === account.gid ? 3 : 0
      if (((found.mode >> shift) & 1) === 0) return directory
    }
    if (directory === dirname(directory)) return undefined
  }
}

function findAccount(passwd: string, name: string): Account | undefined {
  const fields = passwd
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':')
  return fields && { uid: Number(fields[2]), gid: Number(fields[3]) }
}
