import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { progress } from '../progress.ts'
import { untilStopped } from '../until-stopped.ts'
import { DIR, Lab } from './lab.ts'
import { describeMachine } from './machine.ts'
import { writeCharts, writeReadme } from './publish.ts'
import { report } from './report.ts'
import { type Run, runSections } from './run.ts'
import type { Section } from './section.ts'
import { SECTIONS } from './sections.ts'
import { FULL, QUICK } from './settings.ts'

/**
 * `npm run bench`: everything in one run, on workerd itself against the local stack. Markdown goes to standard output,
 * every figure to dist/bench/bench.json. `--quick` shows that it works, and no more; `--only=a,b` runs sections by
 * their ids; `--charts` draws docs/bench, which a full run of everything does by itself, and `--readme` writes the
 * tables of a full run into the README. Fails where something could not be measured or answered wrongly, never because of a goal.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    charts: { type: 'boolean', default: false },
    readme: { type: 'boolean', default: false },
  },
})

function chosen(only: string | undefined): readonly Section[] {
  if (only === undefined) return SECTIONS
  return only.split(',').map((id) => {
    const section = SECTIONS.find((one) => one.id === id)
    if (!section) throw new Error(`no section ${id}; there are ${SECTIONS.map((one) => one.id).join(', ')}`)
    return section
  })
}

async function bench(closers: AsyncDisposableStack, log: (line: string) => void): Promise<Run> {
  const sections = chosen(values.only)
  const whole = !values.quick && sections === SECTIONS
  // The README is no place for half a run, or one that shows nothing.
  if (values.readme && !whole) throw new Error('--readme is for a full run of everything')
  const lab = await Lab.open(values.quick ? QUICK : FULL, closers, log)
  const run = await runSections(sections, lab, await describeMachine(lab), new Date())
  const file = join(DIR, 'bench.json')
  await writeFile(file, `${JSON.stringify(run, null, 2)}\n`)
  if (whole || values.charts) await writeCharts(run)
  if (values.readme) await writeReadme(run)
  log(`Every figure: ${relative(process.cwd(), file)}`)
  return run
}

const closers = new AsyncDisposableStack()
try {
  const outcome = await Promise.race([bench(closers, progress()), untilStopped()])
  if (typeof outcome === 'string') {
    process.exitCode = 130
  } else {
    process.stdout.write(report(outcome))
    process.exitCode = outcome.sections.some(({ failures }) => failures.length > 0) ? 1 : 0
  }
} catch (error) {
  process.stderr.write(`\nThe benchmark failed: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
await closers.disposeAsync()
process.exit()
