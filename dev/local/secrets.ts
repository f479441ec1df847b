import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere } from './files.ts'

/** Secrets of the local stack, made once and kept, so that a token that was noted down goes on working. */
export interface LocalSecrets {
  readonly adminToken: string
  readonly jwtSecret: string
  readonly redisToken: string
  readonly directoryKey: string
  /** Of the embedded MongoDB server's user. */
  readonly mongoPassword: string
}

/** New ones, for a run that keeps nothing. */
export function madeSecrets(): LocalSecrets {
  return {
    adminToken: secret(),
    jwtSecret: secret(),
    redisToken: secret(),
    directoryKey: key(),
    mongoPassword: secret(),
  }
}

/** @param dir absent: secrets for this run alone */
export async function localSecrets(dir: string | undefined): Promise<LocalSecrets> {
  const made = madeSecrets()
  if (dir === undefined) return made
  const file = join(dir, 'secrets.json')
  const kept = (await readIfThere(file)) ?? '{}'
  const secrets = { ...made, ...(JSON.parse(kept) as Partial<LocalSecrets>) }
  await mkdir(dir, { recursive: true })
  await writeFile(file, JSON.stringify(secrets), { mode: 0o600 })
  return secrets
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}

function key(): string {
  return randomBytes(32).toString('base64')
}
