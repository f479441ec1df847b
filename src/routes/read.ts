import type { Context } from 'hono'
import { z } from 'zod'
import { CONSISTENCIES, type Consistency, type ReadName } from '../consistency.ts'
import type { Connection } from '../engines/connection.ts'
import type { RouteEnv } from './bindings.ts'
import { readQuery } from './input.ts'

const error = `Expected one of ${CONSISTENCIES.join(', ')}.`
/** What every reading route takes beside its own parameters. */
export const Reading = z.object({ consistency: z.enum(CONSISTENCIES, { error }).optional() })

/**
 * Reads for a request as fresh as its `?consistency=` asks for, else as the deployment says of this read; the answer
 * tells in `X-Served-By` what was read from. `work` changes nothing and may run twice.
 */
export async function read<T>(
  c: Context<RouteEnv>,
  name: ReadName,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { value, servedBy } = await c.env.read(consistencyOf(c, name), work)
  c.set('servedBy', servedBy)
  return value
}

/** How fresh a read has to be: as `?consistency=` says, else as the deployment says of it. */
export function consistencyOf(c: Context<RouteEnv>, name: ReadName): Consistency {
  return readQuery(c, Reading).consistency ?? (c.env.eventualReads.has(name) ? 'eventual' : 'strong')
}
