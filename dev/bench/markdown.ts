import type { Table } from './section.ts'

export function tableInMarkdown({ caption, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  const head = caption === undefined ? '' : `${caption}\n\n`
  return head + line(columns) + line(columns.map(() => '---')) + rows.map(line).join('')
}
