import { parseConfig } from '../src/config.ts'
import { Variables } from '../src/variables.ts'

/**
 * The variables of a local run: the stack's, and over them whatever of Rockpool's variables the environment sets.
 * @throws {Error} that names every variable that cannot be used, as the Worker itself would log it
 */
export function localVariables(stack: Readonly<Record<string, string>>): Record<string, string> {
  const variables = { ...stack }
  // The stack's replica follows the stack's primary, and nobody else's.
  if (process.env.DB_PRIMARY_DB_URL !== undefined) {
    variables.DB_REPLICA_DB_URL = ''
    variables.NEON_WS_PROXY = variables.NEON_WS_PROXY?.split(',')[0] ?? ''
  }
  for (const name of Object.keys(Variables.shape)) {
    const value = process.env[name]
    // MONGODB_URI has already decided what the stack stands in front of.
    if (value !== undefined && name !== 'MONGODB_URI') variables[name] = value
  }
  const result = parseConfig(variables)
  if (!result.ok) {
    const list = result.faults.map(({ variable, reason }) => `  ${variable}: ${reason}`)
    throw new Error(`This configuration cannot be used:\n${list.join('\n')}`)
  }
  return variables
}
