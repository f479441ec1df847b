import { z } from 'zod'
import { whole } from '../routes/input.ts'
import { TIERS } from '../tenants/tenant.ts'

const tier = z.enum(TIERS, { error: `Expected one of ${TIERS.join(', ')}.` }).optional()

/** A question about the fleet as it is. A misspelt name is refused: the answer would be to another question. */
export const FleetQuery = z.strictObject({ tier })

/** A question about numbers that are given. */
export const QuestionQuery = FleetQuery.extend({
  concurrent_users: whole(1, 1_000_000),
  requests_per_user: whole(1, 10_000),
  available_connections: whole(1, 1_000_000),
})
