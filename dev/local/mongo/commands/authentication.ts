import { Binary } from 'bson'
import { AUTHENTICATION_DATABASE } from '../access-control.ts'
import { CommandError } from '../errors.ts'
import { type ScramConversation, ScramError } from '../scram.ts'
import type { Doc } from '../values/codec.ts'
import { docField, numberField, wrongType } from './arguments.ts'
import type { ClientState, CommandContext, Handler } from './context.ts'

/** The mechanism that a client can authenticate with. */
const MECHANISM = 'SCRAM-SHA-256'

/** mongod speaks this one too, but the user has no credentials for it. */
const MECHANISM_WITHOUT_CREDENTIALS = 'SCRAM-SHA-1'

/** One authentication at a time is under way on a connection. */
const CONVERSATION_ID = 1

/**
 * Those whose `requiresAuth` is false in mongod 8.0 (mongodb/mongo, src/mongo/db/commands and db/auth/sasl_commands.cpp).
 * `logout` and `endSessions` are not of them.
 */
const OPEN_COMMANDS = new Set([
  'hello',
  'isMaster',
  'ismaster',
  'buildInfo',
  'buildinfo',
  'ping',
  'connectionStatus',
  'saslStart',
  'saslContinue',
  'authenticate',
])

/** Throws Unauthorized if the command is not for a client that has not authenticated. */
export function checkAuthenticated({ server, client, name }: CommandContext): void {
  if (server.access && client.user === undefined && !OPEN_COMMANDS.has(name)) {
    throw new CommandError('Unauthorized', `Command ${name} requires authentication`)
  }
}

/**
 * What `hello` answers to a client that wants to authenticate: its mechanisms, and the first step where it sent one. A
 * first step that fails is left out (mongodb/specifications, auth.md, "Speculative Authentication").
 */
export function helloAuthentication({ server, client, command }: CommandContext): Doc {
  if (!server.access) return {}
  const answer: Doc = {}
  // Told of everybody: mongod leaves it out for a user that it does not know.
  if (typeof command.saslSupportedMechs === 'string') answer.saslSupportedMechs = [MECHANISM]
  const start = docField(command, 'speculativeAuthenticate')
  if (typeof start.db === 'string') {
    try {
      answer.speculativeAuthenticate = begin(server, client, start.db, start)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
    }
  }
  return answer
}

function saslStart({ server, client, db, command }: CommandContext): Doc {
  return begin(server, client, db, command)
}

function begin({ access }: CommandContext['server'], client: ClientState, db: string, command: Doc): Doc {
  client.authentication = undefined
  const { mechanism } = command
  if (typeof mechanism !== 'string') throw wrongType('mechanism', mechanism, 'string')
  if (!access || mechanism === MECHANISM_WITHOUT_CREDENTIALS) throw refused()
  if (mechanism !== MECHANISM) {
    throw new CommandError(
      'MechanismUnavailable',
      `Received authentication for mechanism ${mechanism} which is not enabled`,
    )
  }
  const { skipEmptyExchange } = docField(command, 'options')
  return step(client, access.converse(db, skipEmptyExchange === true), command)
}

function saslContinue({ client, command }: CommandContext): Doc {
  const { authentication } = client
  // One that fails or is done is over.
  client.authentication = undefined
  if (!authentication) throw new CommandError('ProtocolError', 'No SASL session state found')
  if (numberField(command, 'conversationId') !== CONVERSATION_ID) {
    throw new CommandError('ProtocolError', 'sasl: Mismatched conversation id')
  }
  return step(client, authentication, command)
}

function step(client: ClientState, conversation: ScramConversation, { payload }: Doc): Doc {
  if (!(payload instanceof Binary)) throw wrongType('payload', payload, 'binData')
  try {
    const answer = conversation.next(Buffer.from(payload.value()).toString())
    if (conversation.isDone) client.user = conversation.user
    else client.authentication = conversation
    return {
      conversationId: CONVERSATION_ID,
      done: conversation.isDone,
      payload: new Binary(Buffer.from(answer)),
    }
  } catch (error) {
    // What was wrong is not for somebody who has not shown who it is.
    throw error instanceof ScramError ? refused() : error
  }
}

function refused(): CommandError {
  return new CommandError('AuthenticationFailed', 'Authentication failed.')
}

function connectionStatus({ client: { user } }: CommandContext): Doc {
  const db = AUTHENTICATION_DATABASE
  return {
    authInfo: {
      authenticatedUsers: user === undefined ? [] : [{ user, db }],
      authenticatedUserRoles: user === undefined ? [] : [{ role: 'root', db }],
    },
  }
}

function logout({ client, db }: CommandContext): Doc {
  if (db === AUTHENTICATION_DATABASE) client.user = undefined
  return {}
}

/** The commands by which a client shows who it is. */
export const authenticationCommands: Record<string, Handler> = {
  saslStart,
  saslContinue,
  authenticate: ({ command }) => {
    throw new CommandError('BadValue', `Unsupported mechanism: ${String(command.mechanism)}`)
  },
  connectionStatus,
  logout,
}
