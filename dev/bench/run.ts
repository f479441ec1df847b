import type { Lab } from './lab.ts'
import { loadAverage, type Machine } from './machine.ts'
import type { Section, SectionResult } from './section.ts'
import type { Settings } from './settings.ts'

/** All that one run found out. */
export interface Run {
  readonly at: string
  readonly machine: Machine
  readonly settings: Settings
  readonly loadAverage: { readonly before: number; readonly after: number }
  readonly seconds: number
  readonly sections: readonly SectionRun[]
}

/** What came of one section. */
export interface SectionRun {
  readonly id: string
  readonly title: string
  readonly question: string
  readonly seconds: number
  /** Absent where the section failed. */
  readonly result?: SectionResult
  /** What went wrong, in words. */
  readonly failures: readonly string[]
}

/** Runs the sections one after the other: what is measured has the machine to itself. One that fails stops no other. */
export async function runSections(
  sections: readonly Section[],
  lab: Lab,
  machine: Machine,
  at: Date,
): Promise<Run> {
  const started = performance.now()
  const before = loadAverage()
  const runs: SectionRun[] = []
  for (const section of sections) runs.push(await runSection(section, lab))
  return {
    at: at.toISOString(),
    machine,
    settings: lab.settings,
    loadAverage: { before, after: loadAverage() },
    seconds: secondsSince(started),
    sections: runs,
  }
}

async function runSection({ id, title, question, run }: Section, lab: Lab): Promise<SectionRun> {
  const started = performance.now()
  lab.log(title)
  const told = { id, title, question }
  try {
    const result = await run(lab)
    return { ...told, seconds: secondsSince(started), result, failures: result.failures ?? [] }
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error)
    lab.log(`${title} failed: ${failure}`)
    return { ...told, seconds: secondsSince(started), failures: [failure] }
  } finally {
    await lab.delayDatabases(0)
  }
}

const secondsSince = (started: number) => (performance.now() - started) / 1_000
