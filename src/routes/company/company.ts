import { z } from 'zod'
import { time } from '../openapi.ts'

/** The collection, and the table, of the record that a tenant is onboarded with. */
export const METADATA = 'metadata'

/** What is recorded of a tenant in its own database. */
export interface Company {
  readonly created_at: Date
}

export const CompanyAnswer = z.object({ company_id: z.string(), created_at: time }).meta({ id: 'Company' })

/** A company in figures. */
export const Analytics = z.object({
  total_users: z.int(),
  total_projects: z.int(),
  total_tasks: z.int(),
  active_projects: z.int(),
  completed_tasks: z.int(),
})
export type Analytics = z.infer<typeof Analytics>
