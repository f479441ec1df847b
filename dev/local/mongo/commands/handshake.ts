import { CommandError } from '../errors.ts'
import { type Doc, isDoc, MAX_DOCUMENT_BYTES } from '../values/codec.ts'
import { MAX_MESSAGE_BYTES } from '../wire/frames.ts'
import { helloAuthentication } from './authentication.ts'
import type { CommandContext, Handler } from './context.ts'

/** The server version this stand-in speaks for, and its wire version. */
export const VERSION = '8.0.0'
const MAX_WIRE_VERSION = 25

/** `hello` of a standalone server, and `isMaster` of old clients. */
function hello(context: CommandContext): Doc {
  const { command, client, name } = context
  const metadata = command.client
  if (isDoc(metadata) && isDoc(metadata.application)) client.appName ??= String(metadata.application.name)
  return {
    ...(command.helloOk === true ? { helloOk: true } : {}),
    [name === 'hello' ? 'isWritablePrimary' : 'ismaster']: true,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: client.id,
    minWireVersion: 0,
    maxWireVersion: MAX_WIRE_VERSION,
    readOnly: false,
    ...helloAuthentication(context),
  }
}

const buildInfo: Handler = () => ({
  version: VERSION,
  gitVersion: 'none',
  modules: ['rockpool-stand-in'],
  allocator: 'v8',
  javascriptEngine: 'none',
  sysInfo: 'deprecated',
  versionArray: [...VERSION.split('.').map(Number), 0],
  bits: 64,
  debug: false,
  maxBsonObjectSize: MAX_DOCUMENT_BYTES,
  storageEngines: ['rockpool-stand-in'],
})

const nothing: Handler = () => ({})

const noTransaction: Handler = () => {
  throw new CommandError(
    'IllegalOperation',
    'Transaction numbers are only allowed on a replica set member or mongos',
  )
}

/** The commands by which a client gets to know the server, and keeps its sessions. */
export const handshakeCommands: Record<string, Handler> = {
  hello,
  isMaster: hello,
  ismaster: hello,
  buildInfo,
  buildinfo: buildInfo,
  ping: nothing,
  endSessions: nothing,
  refreshSessions: nothing,
  killSessions: nothing,
  commitTransaction: noTransaction,
  abortTransaction: noTransaction,
}
