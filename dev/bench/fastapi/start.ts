import { fileURLToPath } from 'node:url'
import { type GuardedServer, startGuarded } from '../guarded-server.ts'
import type { Lab } from '../lab.ts'
import type { Python } from './python.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))

/**
 * The server with two processes, one for each core of a small machine.
 * @param connections of each of its clients
 */
export function startFastApi({ stack }: Lab, python: Python, connections: number): Promise<GuardedServer> {
  const command = (port: number) => [
    python.command,
    ...['-B', '-m', 'uvicorn', 'app:app', '--app-dir', FOLDER],
    ...['--port', `${port}`, '--workers', '2', '--log-level', 'warning', '--no-access-log'],
  ]
  // Workers of uvicorn are processes of their own that import the app by themselves.
  return startGuarded(command, {
    CONNECTIONS: `${connections}`,
    MONGODB_URI: stack.variables.MONGODB_URI ?? '',
    PYTHONDONTWRITEBYTECODE: '1',
  })
}
