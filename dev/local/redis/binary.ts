import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** The path of `redis-server`, or undefined where none is installed. */
export async function findRedisBinary(path = process.env.PATH ?? ''): Promise<string | undefined> {
  for (const dir of path.split(delimiter).filter(Boolean)) {
    const candidate = join(dir, 'redis-server')
    const isExecutable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isExecutable) return candidate
  }
  return undefined
}
