import { tableInMarkdown } from './markdown.ts'
import type { Run, SectionRun } from './run.ts'
import type { GoalResult } from './section.ts'
import { inRounds, percent, whole } from './show.ts'
import { CONFIDENCE } from './spread.ts'

/** The whole run, in Markdown. */
export function report(run: Run): string {
  const goals = run.sections.flatMap(({ result }) => result?.goals ?? [])
  return [
    `# Benchmark of ${run.at.slice(0, 10)}\n`,
    `${setting(run)}\n`,
    ...run.sections.map(sectionInMarkdown),
    ...(goals.length > 0 ? [`## Goals\n`, `${ABOUT_GOALS}\n`, tableInMarkdown(goalTable(goals))] : []),
  ].join('\n')
}

/** The machine, and how it was used; without that figures say nothing. */
export function setting({ machine, settings, loadAverage, seconds }: Run): string {
  const { cores, processor, node, workerd, postgres, mongo, redis, loadGenerator } = machine
  const { rounds, connections, quick } = settings
  return (
    `${quick ? '**A quick run: it shows that everything works, and no more.** ' : ''}` +
    `Medians (least–most) of ${inRounds(rounds)}, interleaved, ${connections} clients in a closed loop ` +
    `(${loadGenerator}), unless a table says otherwise. workerd ${workerd}, Node ${node}, Postgres ${postgres}, ` +
    `MongoDB: ${mongo}, Redis: ${redis}; on loopback without TLS. ` +
    `${cores} cores (${processor}) shared by load, Workers and databases, which brings ratios nearer to 1. ` +
    `Load average ${loadAverage.before.toFixed(2)} before and ${loadAverage.after.toFixed(2)} after; ` +
    `${whole(seconds)} s in all.`
  )
}

/** How to read the table of goals. */
export const ABOUT_GOALS =
  `In parentheses is where the true median lies with ${percent(CONFIDENCE)} confidence, where there were rounds enough to ` +
  'say. A goal whose bound is in there is open: another run may say the opposite.'

export function goalTable(goals: readonly GoalResult[]) {
  return {
    columns: ['goal', 'seen', '', 'the bare tutorial'],
    rows: goals.map((result) => [result.goal, result.seen, verdict(result), result.tutorial ?? '']),
  }
}

function verdict({ met, isOpen }: GoalResult): string {
  if (met === undefined) return ''
  return `${met ? 'met' : '**not met**'}${isOpen ? ', open' : ''}`
}

function sectionInMarkdown({ id, title, question, seconds, result, failures }: SectionRun): string {
  return [
    `## ${title}\n`,
    `${question} (\`${id}\`, ${whole(seconds)} s)\n`,
    ...(result?.tables ?? []).map(tableInMarkdown),
    ...failures.map((failure) => `**Failed:** ${failure}\n`),
    `${(result?.notes ?? []).map((note) => `- ${note}\n`).join('')}`,
  ].join('\n')
}
