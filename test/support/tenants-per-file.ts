/** Tenants on Postgres that one file of the worker tests may use. */
export const TENANTS_PER_FILE = 100
