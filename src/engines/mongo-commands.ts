import type { Db } from 'mongodb'
import type { ReadCommand } from './mongo-read.ts'

/** What was asked of a database, by reference: nothing of it is copied. */
export type Asked = DriverCall | ReadCommand

/** A call of the driver. */
export interface DriverCall {
  readonly method: string
  /** Absent for what is asked of the database itself. */
  readonly collection?: string
  readonly args: readonly unknown[]
}

/**
 * `db`, whose calls are noted in `calls`. The driver would tell of its commands by itself (`monitorCommands`), but then
 * reads every reply twice, the second time for the event, and does not say which operation a command is of.
 */
export function recorded(db: Db, calls: Asked[]): Db {
  return noting(db, (method, args, result) => {
    if (method !== 'collection') {
      calls.push({ method, args })
      return result
    }
    const collection = String(args[0])
    return noting(result as object, (inner, innerArgs, value) => {
      calls.push({ method: inner, collection, args: innerArgs })
      return value
    })
  })
}

/** `target`, whose methods' calls `note` hears of; what it returns is what the caller gets. */
function noting<T extends object>(
  target: T,
  note: (method: string, args: readonly unknown[], result: unknown) => unknown,
): T {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => note(String(name), args, Reflect.apply(member, target, args))
    },
  })
}
