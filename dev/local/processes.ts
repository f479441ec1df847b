import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** What the system knows of a running process. */
interface ProcessEntry {
  parent: number
  /** The words of the command line, joined by spaces. */
  command: string
}

/** Where proc_pid_stat(5) has them, counted from its third field. */
const PARENT = 1
const USER_TICKS = 11
const SYSTEM_TICKS = 12
const START = 19
const RESIDENT_PAGES = 21

/** As every Linux that Node runs on has them: `getconf CLK_TCK`, and `getconf PAGESIZE` but on some of ARM. */
const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4_096

/** Whether a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * When a process started, in clock ticks since boot, which tells it from a later one with the same id. Empty where
 * there is no such process, or the system does not say.
 */
export async function readStart(pid: number): Promise<string> {
  return (await readStat(pid))?.[START] ?? ''
}

/** The process with this id, or undefined when there is none (a dead one that nobody has reaped counts as none). */
export async function findProcess(pid: number): Promise<ProcessEntry | undefined> {
  // `ps` is missing in many small Linux images, /proc is missing everywhere else.
  const entry = process.platform === 'linux' ? await readProc(pid) : await askPs(pid)
  return entry?.command ? entry : undefined
}

/** What a process has used so far; undefined where there is none, or no /proc. */
export async function findUsage(
  pid: number,
): Promise<{ parent: number; cpuSeconds: number; residentBytes: number } | undefined> {
  const stat = await readStat(pid)
  return (
    stat && {
      parent: Number(stat[PARENT]),
      cpuSeconds: (Number(stat[USER_TICKS]) + Number(stat[SYSTEM_TICKS])) / TICKS_PER_SECOND,
      residentBytes: Number(stat[RESIDENT_PAGES]) * PAGE_BYTES,
    }
  )
}

async function readProc(pid: number): Promise<ProcessEntry | undefined> {
  const [stat, words] = await Promise.all([readStat(pid), readOf(pid, 'cmdline')])
  if (!stat || words === undefined) return undefined
  return { parent: Number(stat[PARENT]), command: words.split('\0').join(' ').trim() }
}

/** The fields of `/proc/<pid>/stat`, "pid (name) state parent …", from the third on. */
async function readStat(pid: number): Promise<string[] | undefined> {
  const stat = await readOf(pid, 'stat')
  // The name may hold spaces and parentheses.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

async function readOf(pid: number, file: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'utf8')
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
