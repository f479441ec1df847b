import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Directories that this process holds, so that a second server in it is refused too. */
const held = new Set<string>()

/**
 * Takes a data directory for this process. The lock file names its process, so that one left behind by a crash is
 * recognised. Throws if another live process has it. Returns what gives it back.
 */
export function acquireLock(dir: string): () => void {
  const path = join(dir, 'lock')
  if (held.has(path)) throw new Error(`${dir} is in use by another server of this process`)
  const owner = `${process.pid} ${startOf(process.pid)}`
  if (!create(path, owner)) {
    const other = readFileSync(path, 'utf8')
    if (isAlive(other))
      throw new Error(`${dir} is in use by process ${other.split(' ')[0]} (lock file ${path})`)
    rmSync(path, { force: true })
    if (!create(path, owner)) throw new Error(`${dir} was taken by another process at the same moment`)
  }
  held.add(path)
  return () => {
    if (held.delete(path)) rmSync(path, { force: true })
  }
}

function create(path: string, owner: string): boolean {
  let file: number
  try {
    file = openSync(path, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  writeSync(file, owner)
  closeSync(file)
  return true
}

function isAlive(owner: string): boolean {
  const [pid, start] = owner.split(' ')
  const number = Number(pid)
  if (!Number.isInteger(number) || number <= 0) return false
  try {
    process.kill(number, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  // A process number comes round again, soon so in containers: only the same start is the same process.
  return startOf(number) === start && number !== process.pid
}

/** When a process started, in clock ticks since boot where the system tells (proc(5), field 22), else empty. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is a name in parentheses and may hold spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
