import { tableInMarkdown } from './markdown.ts'
import { ABOUT_GOALS, goalTable, setting } from './report.ts'
import type { Run } from './run.ts'

const [BEGIN, END] = ['<!-- bench: begin, written by `npm run bench -- --readme` -->', '<!-- bench: end -->']

/** What the README shows of a run: what every section says is its essence, and all goals. */
export function readmePart(run: Run): string {
  const goals = run.sections.flatMap(({ result }) => result?.goals ?? [])
  const parts = run.sections.flatMap(({ question, result }) => [
    ...(result?.headline ? [`${question}\n\n${tableInMarkdown(result.headline)}`] : []),
    ...(result?.charts ?? []).map(({ name, title }) => `![${title}](docs/bench/${name}.svg)\n`),
  ])
  return [
    ...parts,
    `Goals, those that were missed included, and beside them what the bare tutorial came to. ${ABOUT_GOALS}\n\n${tableInMarkdown(goalTable(goals))}`,
    `Measured on ${run.at.slice(0, 10)}. ${setting(run)}\n`,
  ].join('\n')
}

/**
 * Puts the part between its markers.
 * @throws {Error} where the markers are missing
 */
export function withPart(readme: string, part: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`no "${BEGIN}" with "${END}" after it`)
  return `${readme.slice(0, begin + BEGIN.length)}\n${part}${readme.slice(end)}`
}
