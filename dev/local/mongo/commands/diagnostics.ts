import { hostname } from 'node:os'
import { CommandError } from '../errors.ts'
import type { Collection } from '../store/collection.ts'
import type { Doc } from '../values/codec.ts'
import { collectionOf, countField } from './arguments.ts'
import type { CommandContext, Handler } from './context.ts'
import { VERSION } from './handshake.ts'

/** As mongod's default, maxIncomingConnections. */
const MAX_CONNECTIONS = 1_000_000

function serverStatus({ server }: CommandContext): Doc {
  const uptimeMillis = Date.now() - server.startedAt
  const current = server.connections.size
  const active = [...server.connections].filter(({ running }) => running).length
  const { rss, heapTotal } = process.memoryUsage()
  return {
    host: `${hostname()}:${server.port}`,
    version: VERSION,
    process: 'rockpool-stand-in',
    pid: process.pid,
    uptime: uptimeMillis / 1000,
    uptimeMillis,
    localTime: new Date(),
    connections: {
      current,
      ...(server.tellsAvailable && { available: MAX_CONNECTIONS - current }),
      totalCreated: server.totalCreated,
      rejected: 0,
      active,
    },
    opcounters: { ...server.opcounters },
    mem: {
      bits: 64,
      resident: Math.round(rss / 2 ** 20),
      virtual: Math.round(heapTotal / 2 ** 20),
      supported: true,
    },
    metrics: { cursor: { open: { total: server.cursors.count, noTimeout: 0, pinned: 0 } } },
  }
}

function collStats(context: CommandContext): Doc {
  const { server, db } = context
  const name = collectionOf(context)
  const collection = server.store.get(db, name)
  const sizes = sizesOf(collection ? [collection] : [])
  return { ns: `${db}.${name}`, ...sizes, nindexes: sizes.indexes, capped: false, scaleFactor: 1 }
}

function dbStats({ server, db }: CommandContext): Doc {
  const collections = server.store.collections(db)
  const { size, count, ...rest } = sizesOf(collections)
  return {
    db,
    collections: collections.length,
    views: 0,
    objects: count,
    dataSize: size,
    ...rest,
    scaleFactor: 1,
  }
}

function sizesOf(collections: readonly Collection[]) {
  let count = 0
  let size = 0
  let indexes = 0
  for (const collection of collections) {
    count += collection.count
    size += collection.dataSize
    indexes += collection.indexes.size + 1
  }
  return { count, size, avgObjSize: count > 0 ? size / count : 0, storageSize: size, indexes }
}

function currentOp({ server, db }: CommandContext): Doc {
  if (db !== 'admin')
    throw new CommandError('Unauthorized', 'currentOp may only be run against the admin database.')
  const inprog: Doc[] = []
  for (const { id, remote, appName, running } of server.connections) {
    if (!running) continue
    inprog.push({
      type: 'op',
      active: true,
      connectionId: id,
      client: remote,
      ...(appName === undefined ? {} : { appName }),
      ns: `${running.db}.$cmd`,
      command: { [running.name]: 1 },
      microsecs_running: Math.round((performance.now() - running.since) * 1000),
    })
  }
  return { inprog }
}

/** The parameters that may be read, with their values. */
function parameters({ server }: CommandContext): Doc {
  return {
    featureCompatibilityVersion: { version: VERSION.slice(0, 3) },
    enableTestCommands: true,
    cursorTimeoutMillis: server.cursors.timeout,
    ttlMonitorSleepSecs: server.ttl.seconds,
  }
}

function getParameter(context: CommandContext): Doc {
  const all = parameters(context)
  const { command } = context
  if (command.getParameter === '*') return all
  const found = Object.fromEntries(Object.entries(all).filter(([name]) => name in command))
  if (Object.keys(found).length === 0) throw new CommandError('InvalidOptions', 'no option found to get')
  return found
}

function setParameter(context: CommandContext): Doc {
  const { command, server } = context
  const timeout = countField(command, 'cursorTimeoutMillis')
  const seconds = countField(command, 'ttlMonitorSleepSecs')
  if (timeout === undefined && !seconds) throw new CommandError('InvalidOptions', 'no option found to set')
  const was = parameters(context)
  if (timeout !== undefined) server.cursors.timeout = timeout
  if (seconds) server.ttl.setInterval(seconds)
  return { was: timeout === undefined ? was.ttlMonitorSleepSecs : was.cursorTimeoutMillis }
}

function configureFailPoint({ server, db, command }: CommandContext): Doc {
  if (db !== 'admin') {
    throw new CommandError('Unauthorized', 'configureFailPoint may only be run against the admin database.')
  }
  server.failPoints.configure(command)
  return {}
}

/** The commands that tell about the server, or set what tests need. */
export const diagnosticCommands: Record<string, Handler> = {
  serverStatus,
  collStats,
  dbStats,
  currentOp,
  getParameter,
  setParameter,
  configureFailPoint,
}
