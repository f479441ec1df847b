/** What the peers' Worker is started with: variables of the local stack, and one namespace per class. */
export interface PeerEnv {
  readonly DB_PRIMARY_DB_URL: string
  /** To the same database, as a user who logs in by SCRAM. */
  readonly SCRAM_DB_URL: string
  readonly NEON_WS_PROXY: string
  readonly MONGODB_URI: string
  readonly KEEPER: DurableObjectNamespace
  readonly SHARER: DurableObjectNamespace
  readonly HOP: DurableObjectNamespace
  readonly POSTGRES_TUTORIAL: DurableObjectNamespace
  readonly MONGO_TUTORIAL: DurableObjectNamespace
}
