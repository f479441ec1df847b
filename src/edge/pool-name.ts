import { z } from 'zod'

/** Hosts as placements name them: no other name may call one into being. */
const HOST = /^(health|shared|group:\d{1,6}|dedicated:[a-z0-9][a-z0-9_-]{0,47}(:\d{1,6})?)$/

/** One pool of the fleet, as its host reports it. */
export const PoolName = z.strictObject({
  host: z.string().regex(HOST, { error: 'No host has this name.' }),
  pool: z.string().min(1).max(200),
})
