import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** What the system knows of a running process. */
export interface ProcessEntry {
  parent: number
  /** The words of the command line, joined by spaces. */
  command: string
}

/** The process with this id, or undefined when there is none (a dead one that nobody has reaped counts as none). */
export async function findProcess(pid: number): Promise<ProcessEntry | undefined> {
  // `ps` is missing in many small Linux images, /proc is missing everywhere else.
  const entry = process.platform === 'linux' ? await readProc(pid) : await askPs(pid)
  return entry?.command ? entry : undefined
}

/** Whether a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function readProc(pid: number): Promise<ProcessEntry | undefined> {
  try {
    const [stat, words] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ])
    // proc_pid_stat(5): "pid (name) state parent …", and the name may hold spaces and parentheses.
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    return { parent: Number(parent), command: words.split('\0').join(' ').trim() }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}

async function askPs(pid: number): Promise<ProcessEntry | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=,command=', '-p', String(pid)])
    const [, parent, command] = /^\s*(\d+)\s+(.*)$/.exec(stdout.trim()) ?? []
    return parent && command ? { parent: Number(parent), command } : undefined
  } catch (error) {
    // ps ends with 1 when it finds no such process.
    if ((error as { code?: unknown }).code === 1) return undefined
    throw error
  }
}
