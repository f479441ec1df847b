import type { Chart } from './chart.ts'
import type { Lab } from './lab.ts'

/** One question that the benchmark answers. `npm run bench -- --only=<id>` answers it alone. */
export interface Section {
  readonly id: string
  readonly title: string
  readonly question: string
  run(lab: Lab): Promise<SectionResult>
}

export interface SectionResult {
  readonly tables: readonly Table[]
  /** What the figures do not show, and what else one has to know to read them; one sentence or two each. */
  readonly notes: readonly string[]
  readonly goals: readonly GoalResult[]
  /** Every single figure, for the file of the run. */
  readonly figures: unknown
  /** What could not be measured, or gave wrong answers: the run goes on, and ends with an error. */
  readonly failures?: readonly string[]
  /** What the README shows of it. */
  readonly headline?: Table
  /** What is drawn of it. */
  readonly charts?: readonly Chart[]
}

/** Cells are Markdown. */
export interface Table {
  readonly caption?: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A goal, and whether this run met it: reported, never a reason to fail. */
export interface GoalResult {
  readonly goal: string
  readonly seen: string
  /** What a bare tutorial came to, where that says how much of the goal a Worker and its driver allow. */
  readonly tutorial?: string
  /** By the median. `undefined`: this run could not tell. */
  readonly met: boolean | undefined
  /** The bound is within what the true median may be: another run may say the opposite. */
  readonly isOpen: boolean
}
