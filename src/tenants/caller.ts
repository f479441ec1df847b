/** What a tenant's user may do, from most to least. */
export const ROLES = ['admin', 'member', 'viewer'] as const
export type Role = (typeof ROLES)[number]

/**
 * Which of a tenant's users is calling, as far as a verified token says; nothing else can say it. Where a deployment
 * lets callers name a tenant without a token, they are nobody in particular, with the role of an admin.
 */
export interface Caller {
  readonly user?: string | undefined
  readonly role?: Role | undefined
}
