import { Problem, type ProblemCode, type ProblemOptions, toProblem } from '../problem.ts'
import { logUnexpected } from '../telemetry/log.ts'

/** A problem as data, because what is thrown across an object's boundary loses its code. */
export interface ProblemData {
  readonly code: ProblemCode
  readonly options: ProblemOptions
}

/** What crosses a host's boundary in place of an error. */
export interface Outcome<T = void> {
  /** What it came to; absent when there is a problem. */
  readonly value?: T
  /** Absent when all went well. */
  readonly problem?: ProblemData
}

/** How `work` ended. Never throws; what is no `Problem` is logged under `requestId`. */
export async function outcomeOf<T>(requestId: string, work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    logUnexpected(error, { request_id: requestId })
    return { problem: problemData(toProblem(error)) }
  }
}

/** The value of an outcome; throws its problem. */
export function resultOf<T>({ value, problem }: Outcome<T>): T {
  if (problem) throw new Problem(problem.code, problem.options)
  return value as T
}

export function problemData({ code, detail, fault, field, retryAfter }: Problem): ProblemData {
  const options = {
    ...(detail !== undefined && { detail }),
    ...(field !== undefined && { field }),
    ...(fault !== undefined && { fault }),
    ...(retryAfter !== undefined && { retryAfter }),
  }
  return { code, options }
}
