import type { AccessControl } from '../access-control.ts'
import type { Foreign } from '../aggregate/lookup.ts'
import { plainDoc } from '../aggregate/plain.ts'
import type { Cursors } from '../cursors.ts'
import type { FailPoints } from '../failpoints.ts'
import type { ScramConversation } from '../scram.ts'
import type { Store } from '../store/store.ts'
import type { TtlMonitor } from '../ttl.ts'
import type { Doc } from '../values/codec.ts'

/** The state that all connections of a server share. */
export interface ServerState {
  /** Whether serverStatus says how many more connections there may be. */
  tellsAvailable: boolean
  readonly store: Store
  /** Absent: everybody may do everything. */
  readonly access: AccessControl | undefined
  readonly cursors: Cursors
  readonly failPoints: FailPoints
  readonly ttl: TtlMonitor
  readonly startedAt: number
  readonly connections: ReadonlySet<ClientState>
  /** Connections ever accepted. */
  totalCreated: number
  readonly opcounters: Record<Opcounter, number>
  port: number
  log(line: string): void
}

export type Opcounter = 'insert' | 'query' | 'update' | 'delete' | 'getmore' | 'command'

/** What a server knows of one client connection. */
export interface ClientState {
  readonly id: number
  readonly remote: string
  /** From the metadata of the first hello; failpoints can ask for it. */
  appName: string | undefined
  /** Who has authenticated on this connection. */
  user: string | undefined
  /** The authentication that is under way. */
  authentication: ScramConversation | undefined
  /** Aborts when the connection ends. */
  readonly closing: AbortSignal
  /** The command that is running, if one is. */
  running: { name: string; db: string; since: number } | undefined
}

/** One command on its way. */
export interface CommandContext {
  readonly server: ServerState
  readonly client: ClientState
  readonly db: string
  readonly name: string
  readonly command: Doc
  readonly sequences: ReadonlyMap<string, Uint8Array[]>
}

/** Answers a command: a document without `ok`, or a whole answer as bytes. */
export type Handler = (context: CommandContext) => Doc | Uint8Array

/** The other collections of a database as pipelines see them; each is read once. */
export function foreignCollections(store: Store, db: string): (name: string) => Foreign {
  const opened = new Map<string, Foreign>()
  return (name) => {
    let foreign = opened.get(name)
    if (!foreign) {
      const collection = store.get(db, name)
      let docs: Doc[] | undefined
      foreign = {
        all: () => {
          docs ??= [...(collection?.records() ?? [])].map((record) => plainDoc(record.doc))
          return docs
        },
        byId: (id) => {
          const record = collection?.get(id)
          return record && plainDoc(record.doc)
        },
      }
      opened.set(name, foreign)
    }
    return foreign
  }
}
