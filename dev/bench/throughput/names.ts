import type { EngineName } from '../tenants.ts'
import type { Placement } from './rockpool.ts'

/** How the contenders are called in tables. */
export const PER_REQUEST = 'Worker, connect per request'
export const PER_REQUEST_SCRAM = 'Worker, connect per request, SCRAM'
export const FASTAPI = 'FastAPI, one pymongo client per user'
export const TUTORIAL = 'bare tutorial: an object with one client'
export const NODE = 'plain Node, one pool'
export const BARE = 'Rockpool without identify, directory, limiter'
export const NOTHING = 'Worker that answers at once'
export const HOP = 'Worker and one hop to an object'
export const ours = (placement: Placement) => `Rockpool, ${placement}`

export const ENGINE_NAMES: Readonly<Record<EngineName, string>> = { postgres: 'Postgres', mongo: 'MongoDB' }

/** Names are the same for both engines; within a round every contender has one of its own. */
export const keyOf = (engine: EngineName, name: string) => `${engine}: ${name}`
