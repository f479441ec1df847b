import { CommandError, codeName } from '../errors.ts'
import type { Failure } from '../failpoints.ts'
import { checkDatabaseName } from '../store/names.ts'
import { type Doc, isDoc } from '../values/codec.ts'
import { isNumeric, toNumeric } from '../values/compare.ts'
import type { Request } from '../wire/message.ts'
import { OP_QUERY } from '../wire/message.ts'
import { aggregateCommands } from './aggregate.ts'
import { authenticationCommands, checkAuthenticated } from './authentication.ts'
import { bulkWriteCommands } from './bulk-write.ts'
import { catalogCommands } from './catalog.ts'
import type { ClientState, CommandContext, Handler, Opcounter, ServerState } from './context.ts'
import { diagnosticCommands } from './diagnostics.ts'
import { findCommands } from './find.ts'
import { findAndModifyCommands } from './find-and-modify.ts'
import { handshakeCommands } from './handshake.ts'
import { indexCommands } from './indexes.ts'
import { writeCommands } from './write.ts'

const COMMANDS = new Map<string, Handler>(
  Object.entries({
    ...handshakeCommands,
    ...authenticationCommands,
    ...findCommands,
    ...aggregateCommands,
    ...writeCommands,
    ...findAndModifyCommands,
    ...bulkWriteCommands,
    ...indexCommands,
    ...catalogCommands,
    ...diagnosticCommands,
  }),
)
/** What old drivers send as OP_QUERY before they know the server. */
const LEGACY = ['isMaster', 'ismaster', 'hello', 'saslStart', 'saslContinue']
const COUNTERS: Readonly<Record<string, Opcounter>> = { find: 'query', getMore: 'getmore' }
/** Counted by their statements. */
const WRITES = ['insert', 'update', 'delete']

/** The answer to a command, or that the connection is to be closed instead. */
export type Answer = Doc | Uint8Array | 'close'

/** Runs one command. At once where it can: only a log to be written or a failpoint makes it wait. */
export function runCommand(
  request: Request,
  client: ClientState,
  server: ServerState,
): Answer | Promise<Answer> {
  const name = Object.keys(request.body)[0] ?? ''
  const { $db } = request.body
  const context = {
    server,
    client,
    db: typeof $db === 'string' ? $db : '',
    name,
    command: request.body,
    sequences: request.sequences,
  }
  client.running = { name, db: context.db, since: performance.now() }
  const failure = name === 'configureFailPoint' ? undefined : server.failPoints.hit(name, client.appName)
  return failure ? runFailing(context, request, failure) : run(context, request)
}

function run(context: CommandContext, request: Request): Answer | Promise<Answer> {
  let answer: Doc | Uint8Array
  try {
    answer = handlerFor(context, request)(context)
    count(context)
  } catch (error) {
    answer = errorAnswer(error, context.server)
  }
  const flushed = context.server.store.flushed()
  const ok = answer instanceof Uint8Array ? answer : 'ok' in answer ? answer : { ...answer, ok: 1 }
  return flushed
    ? flushed.then(
        () => ok,
        (error) => errorAnswer(error, context.server),
      )
    : ok
}

function handlerFor(context: CommandContext, request: Request): Handler {
  const { name, command, db } = context
  if (request.opCode === OP_QUERY && !LEGACY.includes(name)) {
    throw new CommandError(
      'UnsupportedOpQueryCommand',
      `Unsupported OP_QUERY command: ${name}. The client driver may require an upgrade.`,
    )
  }
  checkDatabaseName(db)
  const handler = COMMANDS.get(name)
  if (!handler) throw new CommandError('CommandNotFound', `no such command: '${name}'`)
  checkAuthenticated(context)
  if ('txnNumber' in command || 'startTransaction' in command || 'autocommit' in command) {
    throw new CommandError(
      'IllegalOperation',
      'Transaction numbers are only allowed on a replica set member or mongos',
    )
  }
  if (isDoc(command.writeConcern)) checkWriteConcern(command.writeConcern)
  return handler
}

function checkWriteConcern({ w }: Doc): void {
  if (isNumeric(w) && toNumeric(w) > 1) {
    throw new CommandError('BadValue', "cannot use 'w' > 1 when a host is not replicated")
  }
}

function count({ server, name }: CommandContext): void {
  if (!WRITES.includes(name)) server.opcounters[COUNTERS[name] ?? 'command']++
}

async function runFailing(context: CommandContext, request: Request, failure: Failure): Promise<Answer> {
  if (failure.blockTime > 0) {
    const { maxTimeMS } = context.command
    const limit = (isNumeric(maxTimeMS) && Number(toNumeric(maxTimeMS))) || Number.POSITIVE_INFINITY
    await pause(Math.min(failure.blockTime, limit), context.client)
    if (limit <= failure.blockTime) {
      return errorAnswer(
        new CommandError('MaxTimeMSExpired', 'operation exceeded time limit'),
        context.server,
      )
    }
  }
  if (failure.closeConnection) return 'close'
  const labels = failure.errorLabels ? { errorLabels: failure.errorLabels } : {}
  if (failure.errorCode !== undefined && failure.errorCode !== 0) {
    const { errorCode: code } = failure
    return {
      ok: 0,
      errmsg: "Failing command via 'failCommand' failpoint",
      code,
      codeName: codeName(code),
      ...labels,
    }
  }
  const answer = await run(context, request)
  if (!failure.writeConcernError || answer === 'close' || answer instanceof Uint8Array) return answer
  return { ...answer, writeConcernError: failure.writeConcernError, ...labels }
}

/** Waits, but no longer than the client is there. */
function pause(milliseconds: number, client: ClientState): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      client.closing.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    client.closing.addEventListener('abort', done)
  })
}

export function errorAnswer(error: unknown, server: ServerState): Doc {
  if (error instanceof CommandError) {
    const { code, codeName: name, message, details } = error
    return { ok: 0, errmsg: message, code, codeName: name, ...details }
  }
  // A fault of the stand-in: the client learns of it, the connection and the server go on.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  server.log(`the stand-in server failed: ${text}`)
  return { ok: 0, errmsg: `the stand-in server failed: ${String(error)}`, code: 1, codeName: 'InternalError' }
}
