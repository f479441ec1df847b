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
export function read<T>(
  c: Context<RouteEnv>,
  name: ReadName,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  return readAs(c, consistencyOf(c, name), work)
}

/** The same for a consistency that is known. */
export async function readAs<T>(
  c: Context<RouteEnv>,
  consistency: Consistency,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { value, servedBy } = await c.env.read(consistency, work)
  c.set('servedBy', servedBy)
  return value
}

/** How fresh a read has to be: as `?consistency=` says, else as the deployment says of it. */
export function consistencyOf(c: Context<RouteEnv>, name: ReadName): Consistency {
  // Looked for by itself: on the hot path, where nearly nobody asks.
  const asked = c.req.query('consistency') && readQuery(c, Reading).consistency
  return asked || (c.env.eventualReads.has(name) ? 'eventual' : 'strong')
}
