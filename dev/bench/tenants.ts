/** The tenants whose posts are read: the same ones through Rockpool and by the peers. */
export const TENANTS = {
  postgres: 'bench-postgres',
  mongo: 'bench-mongo',
} as const

export type EngineName = keyof typeof TENANTS
