import { ObjectId } from 'bson'
import { CommandError } from '../errors.ts'
import { isDoc } from '../values/codec.ts'

/** The limits: https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions */
export function checkDatabaseName(name: unknown): asserts name is string {
  if (
    typeof name !== 'string' ||
    name.length === 0 ||
    Buffer.byteLength(name) > 63 ||
    /[/\\. "$*<>:|?\0]/.test(name)
  ) {
    throw new CommandError('InvalidNamespace', `Invalid database name: '${String(name)}'`)
  }
}

/** Refuses what cannot be the name of a collection. */
export function checkCollectionName(db: string, name: unknown): asserts name is string {
  if (typeof name !== 'string') {
    throw new CommandError('BadValue', `collection name has invalid type ${typeof name}`)
  }
  const isRefused =
    name === '' ||
    /[$\0]/.test(name) ||
    name.startsWith('.') ||
    name.endsWith('.') ||
    name.startsWith('system.')
  if (isRefused || Buffer.byteLength(`${db}.${name}`) > 255) {
    throw new CommandError('InvalidNamespace', `Invalid namespace specified '${db}.${name}'`)
  }
}

/** A value as MongoDB prints it in the message of a duplicate key. */
export function showKey(value: unknown): string {
  if (value instanceof ObjectId) return `ObjectId('${value.toHexString()}')`
  if (value instanceof Date) return `new Date(${value.getTime()})`
  if (Array.isArray(value)) return `[ ${value.map(showKey).join(', ')} ]`
  if (isDoc(value)) {
    return `{ ${Object.entries(value)
      .map(([name, field]) => `${name}: ${showKey(field)}`)
      .join(', ')} }`
  }
  if (typeof value === 'string') return JSON.stringify(value)
  return value === null || typeof value !== 'object' ? String(value) : value.toString()
}
