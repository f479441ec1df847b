import { parseConfig } from '../src/config.ts'
import { enrollListed } from '../src/tenants/directory.ts'

/** Puts the tenants of `TENANTS` into the directory of a local run; those that are there already stay as they are. */
export async function seedDirectory(variables: Readonly<Record<string, string>>): Promise<void> {
  const result = parseConfig(variables)
  if (result.ok) await enrollListed(result.config, Date.now())
}
