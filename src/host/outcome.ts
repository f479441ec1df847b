import { type Problem, type ProblemCode, type ProblemOptions, toProblem } from '../problem.ts'

/** A problem as data, because what is thrown across an object's boundary loses its code. */
export interface ProblemData {
  readonly code: ProblemCode
  readonly options: ProblemOptions
}

/** What crosses a host's boundary in place of an error. */
export interface Outcome {
  /** Absent when all went well. */
  readonly problem?: ProblemData
}

/** How `work` ended. Never throws. */
export async function outcomeOf(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    await work()
    return {}
  } catch (error) {
    return { problem: problemData(toProblem(error)) }
  }
}

export function problemData({ code, detail, retryAfter }: Problem): ProblemData {
  const options = {
    ...(detail !== undefined && { detail }),
    ...(retryAfter !== undefined && { retryAfter }),
  }
  return { code, options }
}
