import { expect, test } from 'vitest'
import { chartInSvg } from '../../../dev/bench/chart-svg.ts'

const bar = (label: string, value: number, ours = false) => ({ label, value, text: `${value}`, ours })

function widths(svg: string): number[] {
  return [...svg.matchAll(/<rect[^>]* width="(\d+)"/g)].map(([, width]) => Number(width))
}

test('bars are to one scale that begins at zero', () => {
  const [small = 0, large = 0] = widths(
    chartInSvg({ name: 'a', title: 'A', bars: [bar('x', 100), bar('y', 400)] }),
  )
  expect(large / small).toBeCloseTo(4, 1)
})

test('ours is told from the others', () => {
  const svg = chartInSvg({ name: 'a', title: 'A', bars: [bar('theirs', 1), bar('ours', 2, true)] })
  expect(svg.match(/class="bar ours"/g)).toHaveLength(1)
  expect(svg.indexOf('class="bar ours"')).toBeGreaterThan(svg.indexOf('>theirs<'))
})

test('words are text and never markup', () => {
  const svg = chartInSvg({ name: 'a', title: 'a < b & c', bars: [bar('<script>', 1)] })
  expect(svg).toContain('a &lt; b &amp; c')
  expect(svg).not.toContain('<script>')
})

test('it can be read on dark pages, and aloud', () => {
  const svg = chartInSvg({ name: 'a', title: 'A', bars: [bar('x', 7)] })
  expect(svg).toContain('prefers-color-scheme: dark')
  expect(svg).toMatch(/<desc[^>]*>x: 7</)
})

test('bars of nothing are drawn all the same', () => {
  expect(widths(chartInSvg({ name: 'a', title: 'A', bars: [bar('x', 0)] }))).toEqual([1])
})
