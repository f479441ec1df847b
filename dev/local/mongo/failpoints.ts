import { CommandError } from './errors.ts'
import { type Doc, isDoc } from './values/codec.ts'
import { isNumeric, toNumeric } from './values/compare.ts'

/** What a failpoint does to one command. */
export interface Failure {
  closeConnection: boolean
  errorCode: number | undefined
  errorLabels: string[] | undefined
  writeConcernError: Doc | undefined
  /** Milliseconds that the command waits first. */
  blockTime: number
}

interface FailPoint {
  /** Commands left to pass unharmed. */
  skip: number
  /** Commands left to fail. */
  times: number
  commands: Set<string>
  appName: string | undefined
  failure: Failure
}

/**
 * `configureFailPoint: 'failCommand'` as mongod has it for tests:
 * https://github.com/mongodb/mongo/wiki/The-%22failCommand%22-fail-point
 */
export class FailPoints {
  #point: FailPoint | undefined

  configure(command: Doc): void {
    if (command.configureFailPoint !== 'failCommand') {
      throw new CommandError('BadValue', `no such failpoint: ${String(command.configureFailPoint)}`)
    }
    const { mode } = command
    if (mode === 'off') {
      this.#point = undefined
      return
    }
    const counts = isDoc(mode) ? mode : {}
    if (mode !== 'alwaysOn' && numberOf(counts.times) === undefined && numberOf(counts.skip) === undefined) {
      throw new CommandError('BadValue', `unknown mode of a failpoint: ${JSON.stringify(mode)}`)
    }
    const data = isDoc(command.data) ? command.data : {}
    if (!Array.isArray(data.failCommands)) {
      throw new CommandError('BadValue', 'failCommand needs data.failCommands')
    }
    this.#point = {
      skip: numberOf(counts.skip) ?? 0,
      times: numberOf(counts.times) ?? Number.POSITIVE_INFINITY,
      commands: new Set(data.failCommands.map(String)),
      appName: typeof data.appName === 'string' ? data.appName : undefined,
      failure: {
        closeConnection: data.closeConnection === true,
        errorCode: numberOf(data.errorCode),
        errorLabels: Array.isArray(data.errorLabels) ? data.errorLabels.map(String) : undefined,
        writeConcernError: isDoc(data.writeConcernError) ? data.writeConcernError : undefined,
        blockTime: data.blockConnection === true ? (numberOf(data.blockTimeMS) ?? 0) : 0,
      },
    }
  }

  /** What happens to this command, if anything; counts it. */
  hit(command: string, appName: string | undefined): Failure | undefined {
    const point = this.#point
    if (!point?.commands.has(command) || (point.appName !== undefined && point.appName !== appName))
      return undefined
    if (point.skip > 0) {
      point.skip--
      return undefined
    }
    if (point.times <= 0) return undefined
    point.times--
    return point.failure
  }
}

function numberOf(value: unknown): number | undefined {
  return isNumeric(value) ? Number(toNumeric(value)) : undefined
}
