import uPlot from 'uplot'
import type { HistorySample } from '../contract.ts'
import { element, part, setText } from './dom.ts'
import { clockTime, count } from './format.ts'
import { chartSentence, columns, MEASURES, WINDOW_MS } from './samples.ts'

const HEIGHT = 200

/** Told apart without colour too. */
const DASHES = { used: [], free: [6, 4], waiting: [2, 3] }

/** Used, free and waiting connections over the last 15 minutes. */
export class Chart {
  readonly #place = part('chart', HTMLElement)
  readonly #sentence = part('chart-sentence', HTMLElement)
  readonly #choice = part('chart-cluster', HTMLSelectElement)
  #samples: readonly HistorySample[] = []
  /** Epoch ms at the right edge. */
  #now = Date.now()
  #plot = this.#draw()

  constructor() {
    this.#choice.addEventListener('change', () => this.#redraw())
    new ResizeObserver(() => {
      this.#plot.setSize({ width: this.#place.clientWidth, height: HEIGHT })
    }).observe(this.#place)
    // A canvas keeps the colours that it was drawn with.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#plot.destroy()
      this.#plot = this.#draw()
      this.#redraw()
    })
  }

  /** @param now the right edge, epoch ms by the server's clock */
  update(samples: readonly HistorySample[], now: number): void {
    this.#samples = samples
    this.#now = now
    for (const cluster of Object.keys(samples.at(-1)?.clusters ?? {})) {
      if ([...this.#choice.options].some(({ value }) => value === cluster)) continue
      this.#choice.append(element('option', { value: cluster }, cluster))
    }
    this.#redraw()
  }

  #redraw(): void {
    const data = columns(this.#samples, this.#choice.value || null)
    this.#plot.setData(data, false)
    this.#plot.setScale('x', { min: (this.#now - WINDOW_MS) / 1000, max: this.#now / 1000 })
    setText(this.#sentence, chartSentence(data))
    this.#readAt(this.#plot.cursor.idx ?? null)
  }

  /** The figures under the pointer, or with `null` the latest. */
  #readAt(index: number | null): void {
    const [times, ...values] = this.#plot.data
    const at = index ?? times.length - 1
    const time = index === null ? undefined : times[index]
    setText(part('legend-time', HTMLElement), time === undefined ? 'Now' : clockTime(time * 1000))
    MEASURES.forEach((measure, order) => {
      setText(part(`at-${measure}`, HTMLElement), count(values[order]?.[at] ?? null))
    })
  }

  #draw(): uPlot {
    const style = getComputedStyle(this.#place)
    const grid = { stroke: style.borderTopColor, width: 1 }
    const axis = { stroke: style.color, font: `12px ${style.fontFamily}`, grid, ticks: { show: false } }
    const options: uPlot.Options = {
      width: this.#place.clientWidth || 600,
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { time: true },
        // Never flat, and with air above the highest value.
        y: { range: (_plot, _min, max) => [0, Math.max(4, Math.ceil((max ?? 0) * 1.15))] },
      },
      axes: [
        {
          ...axis,
          space: 70,
          size: 26,
          values: (_plot, times) => times.map((time) => clockTime(time * 1000).slice(0, 5)),
        },
        { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] },
      ],
      hooks: { setCursor: [(plot) => this.#readAt(plot.cursor.idx ?? null)] },
      series: [{}, ...MEASURES.map((measure) => this.#series(measure))],
    }
    return new uPlot(options, columns(this.#samples, null), this.#place)
  }

  #series(measure: (typeof MEASURES)[number]): uPlot.Series {
    const swatch = document.querySelector(`.swatch[data-measure=${measure}]`)
    const stroke = swatch ? getComputedStyle(swatch).color : 'currentcolor'
    return {
      label: measure,
      stroke,
      width: 2,
      dash: DASHES[measure],
      points: { show: false },
      // A state holds until the next one is reported.
      ...(uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
    }
  }
}
