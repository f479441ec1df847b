import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../local/worker/bundle.ts'
import { chartInSvg } from './chart-svg.ts'
import { readmePart, withPart } from './readme.ts'
import type { Run } from './run.ts'

/** Draws the charts of a run into the docs. */
export async function writeCharts(run: Run): Promise<void> {
  const dir = join(ROOT, 'docs/bench')
  await mkdir(dir, { recursive: true })
  for (const chart of run.sections.flatMap(({ result }) => result?.charts ?? [])) {
    await writeFile(join(dir, `${chart.name}.svg`), chartInSvg(chart))
  }
}

/** Writes the tables of a run into the README. */
export async function writeReadme(run: Run): Promise<void> {
  const file = join(ROOT, 'README.md')
  await writeFile(file, withPart(await readFile(file, 'utf8'), readmePart(run)))
}
