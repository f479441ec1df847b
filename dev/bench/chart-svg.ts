import type { Bar, Chart } from './chart.ts'

const WIDTH = 760
const [TOP, ROW, BAR] = [44, 26, 16]
/** Where bars begin and how long the longest one is; what is left is for the text behind it. */
const [LEFT, LONGEST] = [390, 280]

/** A drawing for light and dark pages, which an `<img>` of the README follows by itself. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .bar { fill: #8c959f }
  .ours { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .bar { fill: #6e7681 }
    .ours { fill: #58a6ff }
  }`

/** Horizontal bars, from zero, to one scale. */
export function chartInSvg({ title, bars }: Chart): string {
  const height = TOP + bars.length * ROW + 8
  const most = Math.max(...bars.map(({ value }) => value))
  const description = bars.map(({ label, text }) => `${label}: ${text}`).join('; ')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title description">
<title id="title">${escaped(title)}</title>
<desc id="description">${escaped(description)}</desc>
<style>${STYLE}
</style>
<text class="title" x="8" y="22">${escaped(title)}</text>
${bars.map((bar, index) => barInSvg(bar, TOP + index * ROW, most)).join('\n')}
</svg>
`
}

function barInSvg({ label, value, text, ours }: Bar, y: number, most: number): string {
  const width = most > 0 ? Math.max(1, Math.round((value / most) * LONGEST)) : 1
  const line = y + BAR - 3
  return [
    `<text x="${LEFT - 8}" y="${line}" text-anchor="end">${escaped(label)}</text>`,
    `<rect class="bar${ours ? ' ours' : ''}" x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2"/>`,
    `<text x="${LEFT + width + 6}" y="${line}">${escaped(text)}</text>`,
  ].join('')
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
  return text.replace(/[&<>]/g, (character) => entities[character] ?? character)
}
