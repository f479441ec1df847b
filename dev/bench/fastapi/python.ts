import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ROOT } from '../../local/worker/bundle.ts'

const run = promisify(execFile)

/** Kept from run to run. */
const ENVIRONMENT = join(ROOT, 'dist/python')
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url))
const INSTALL_MS = 120_000

/** A Python that has what the server needs. */
export interface Python {
  readonly command: string
  /** Its version and those of the packages, in words. */
  readonly versions: string
}

const VERSIONS = `
import platform, fastapi, pymongo, uvicorn
print(f'Python {platform.python_version()}, FastAPI {fastapi.__version__}, pymongo {pymongo.version}, uvicorn {uvicorn.__version__}')
`

/**
 * Looks for a Python with FastAPI, pymongo and uvicorn: Debian's packages first, then an environment of our own, which
 * is made from PyPI where that can be reached.
 */
export async function findPython(log: (line: string) => void): Promise<Python | undefined> {
  const own = join(ENVIRONMENT, 'bin/python')
  for (const command of ['/usr/bin/python3', 'python3', own]) {
    const python = await ask(command)
    if (python) return python
  }
  try {
    log('  FastAPI, pymongo and uvicorn from PyPI')
    await run('python3', ['-m', 'venv', ENVIRONMENT], { timeout: INSTALL_MS })
    await run(own, ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS], { timeout: INSTALL_MS })
  } catch {
    return undefined
  }
  return ask(own)
}

async function ask(command: string): Promise<Python | undefined> {
  try {
    const { stdout } = await run(command, ['-c', VERSIONS])
    return { command, versions: stdout.trim() }
  } catch {
    return undefined
  }
}
